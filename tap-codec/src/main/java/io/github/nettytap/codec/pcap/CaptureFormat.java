/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.nio.channels.WritableByteChannel;

/** The formats of capture files that can be written; a {@link CaptureReader} reads both and finds out by itself. */
public enum CaptureFormat {

    /** Holds all that is known about a frame; what {@code tshark}, Wireshark and {@code tcpdump -r} read. */
    PCAPNG {
        @Override
        public CaptureWriter newWriter(WritableByteChannel channel, CaptureSection section) {
            return new PcapngWriter(channel, section);
        }
    },

    /** The classic format of libpcap, for programs that read no other: frames and their times, and nothing else. */
    PCAP {
        @Override
        public CaptureWriter newWriter(WritableByteChannel channel, CaptureSection section) {
            return new PcapWriter(channel);
        }
    };

    /**
     * Begins a file.
     *
     * @param channel where to write; closed with the writer
     * @param section what to say about the origin, if the format has a place for it
     * @return a writer without interfaces
     */
    public abstract CaptureWriter newWriter(WritableByteChannel channel, CaptureSection section);
}
