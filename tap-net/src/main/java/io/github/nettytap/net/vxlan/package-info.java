/**
 * A VXLAN tunnel endpoint: TAPs here and other endpoints over UDP there, such as the kernel's own {@code vxlan} device.
 *
 * <p>Here: the two pipelines and the handlers that lead from one to the other. Not here: the encapsulation and the table of
 * peers, which are the library's ({@code io.github.nettytap.codec.tunnel}), and the opening of devices. All channels of an
 * endpoint are on one event loop, so that a frame passes from one to the other as a method call; its buffer is owned by
 * the handler that got it.
 */
package io.github.nettytap.net.vxlan;
