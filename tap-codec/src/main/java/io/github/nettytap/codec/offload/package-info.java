/**
 * What a network card would have done: checksums, segmentation of GSO frames (GSO) and coalescing of frames (GRO).
 *
 * <p>{@link io.github.nettytap.codec.offload.Checksums}, {@link io.github.nettytap.codec.offload.Segmentation} and
 * {@link io.github.nettytap.codec.offload.Coalescer} work without a pipeline. There is a handler for each; two for the
 * coalescer, of what is read and of what is written. What a port did not negotiate must never leave through it, which
 * is for the application to see to.
 *
 * <p>The static functions have no state and may run on any thread. A coalescer and the handlers belong to one channel
 * and run on its event loop. Functions that take a {@link io.netty.buffer.ByteBuf} leave it to the caller, and what
 * they hand out belongs to the receiver; those that take a {@link io.github.nettytap.codec.virtio.VirtioNetFrame} say
 * so if they consume it.
 */
package io.github.nettytap.codec.offload;
