/**
 * The virtio-net header as a typed message and the handler that splits it from the frame and puts it back.
 *
 * <p>{@link io.github.nettytap.codec.virtio.VirtioNetCodec} turns the header into a {@link
 * io.github.nettytap.codec.virtio.VirtioNetFrame} and validates it against its frame. GSO frames are segmented, and
 * partial checksums completed, by {@code codec.offload}.
 *
 * <p>Handlers run on the event loop of their channel; their counters may be read by any thread. A frame has one owner:
 * the handler that got it passes it on or releases it. Sharing a frame means {@code retainedDuplicate()}, never handing
 * out the same object twice.
 */
package io.github.nettytap.codec.virtio;
