/**
 * The data plane: TAP queues as Netty channels.
 *
 * <p>Here: {@link io.github.nettytap.transport.channel.TapChannel}, its address, options and counters, and the event loop
 * group. Below them, not public, what each registration uses: a {@code TapIo} for the kind of event loop, receive buffers
 * that the channels of a loop share, the read and the write loop. Not here: opening, ioctls and link settings, which are
 * the business of {@code transport.device}; what is in a frame, which is {@code codec}'s.
 *
 * <p>Everything that touches a frame runs on the channel's event loop, blocks on nothing and allocates nothing for a
 * frame. An inbound buffer belongs to the handler that gets it, an outbound buffer to the channel once it is written.
 */
package io.github.nettytap.transport.channel;
