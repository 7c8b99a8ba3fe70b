/**
 * TAP devices: how to make, attach to, set up and hand over the Linux interfaces whose other end is this process.
 *
 * <p>Here: {@link io.github.nettytap.transport.device.TapDevice} with its builder and queues, the offloads, the network
 * namespaces, and errors that say what to do. Not here: reading and writing frames in a pipeline, which is
 * {@code transport.channel}'s; this package knows no {@code Channel}.
 *
 * <p>Everything here may block on the kernel's network configuration lock, so call it from your own threads, not from an
 * event loop; closing is the exception. All classes are thread-safe except the builder. Nothing here holds a buffer of
 * Netty.
 */
package io.github.nettytap.transport.device;
