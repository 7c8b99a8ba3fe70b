/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Packet capture: tap any pipeline into a pcapng file, and read such files.
 *
 * <p>Here: {@link io.github.nettytap.codec.capture.Capture} and its {@link
 * io.github.nettytap.codec.capture.CaptureHandler}, the {@link io.github.nettytap.codec.capture.PcapngWriter} below them,
 * and {@link io.github.nettytap.codec.capture.CaptureReader} for files of any writer, pcapng or classic pcap. Not here:
 * the printing of frames, and the compiling of filter expressions.
 *
 * <p>Threads: handlers run on their event loops and copy into a bounded ring; one thread for each capture writes. Writer
 * and reader block and are for one thread each. Buffers: a handler passes each message on and keeps nothing; frames that
 * a reader returns are heap memory without a count.
 */
package io.github.nettytap.codec.capture;
