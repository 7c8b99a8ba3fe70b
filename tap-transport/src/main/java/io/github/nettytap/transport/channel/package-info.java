/**
 * The data plane: queues of TAP devices as Netty channels.
 *
 * <p>{@link io.github.nettytap.transport.channel.TapChannel} is the channel, with its address, options and counters;
 * {@link io.github.nettytap.transport.channel.TapEventLoopGroup} makes event loops for it. Each registration of a
 * channel with a loop gets a {@code TapIo} for that kind of loop, which reads into buffers that the channels of the
 * loop share ({@code LoopResources}) and writes what is flushed. A channel closes in one way ({@code Closing}), and
 * {@code DescriptorOwnership} says which thread may touch its descriptor meanwhile.
 *
 * <p>Everything that touches a frame runs on the channel's event loop, waits for nothing and allocates nothing for a
 * frame. What has to wait for the kernel runs elsewhere ({@code BlockingTasks}), but for {@code bind}, which opens the
 * device. An inbound buffer belongs to the handler that gets it, an outbound buffer to the channel once it is written.
 */
package io.github.nettytap.transport.channel;
