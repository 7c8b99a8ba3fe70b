/**
 * Link settings over rtnetlink, without a command-line tool: links, addresses and their kin, as the kernel holds them.
 *
 * <p>{@link io.github.nettytap.transport.netlink.Rtnetlink} is one socket in one network namespace; the rest are the
 * values that it delivers. TAP descriptors and namespaces are in {@code transport.device}.
 *
 * <p>Every call is a round trip to the kernel on the calling thread: microseconds, but it may wait for the kernel's one
 * lock over all network configuration (RTNL), so none belongs on an event loop. Objects are thread-safe unless they say
 * otherwise; values are immutable. Nothing here holds a buffer of Netty.
 */
package io.github.nettytap.transport.netlink;
