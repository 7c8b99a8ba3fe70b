/**
 * The virtio-net header as a typed message and the handler that splits it from the frame and puts it back.
 *
 * <p>Here: {@link io.github.nettytap.codec.virtio.VirtioNetFrame}, the validation of a header against its frame, and
 * {@link io.github.nettytap.codec.virtio.VirtioNetCodec}. Not here: what to do with a frame that is segmented late or
 * has a partial checksum; that is {@code codec.offload}.
 *
 * <p>Handlers run on the event loop of their channel; their counters may be read by any thread. A frame has one owner:
 * the handler that got it passes it on or releases it. Sharing a frame means {@code retainedDuplicate()}, never handing
 * out the same object twice.
 */
package io.github.nettytap.codec.virtio;
