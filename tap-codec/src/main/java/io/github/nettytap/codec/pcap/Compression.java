/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

/** Compressed files, which are known by their first bytes, and the command that unpacks them to standard output. */
enum Compression {
    GZIP("gzip", "zcat", 0x0000_8b1f, 0x0000_ffff),
    ZSTANDARD("Zstandard", "zstdcat", 0xfd2f_b528, 0xffff_ffff),
    LZ4("LZ4", "lz4cat", 0x184d_2204, 0xffff_ffff),
    XZ("xz", "xzcat", 0x587a_37fd, 0xffff_ffff),
    BZIP2("bzip2", "bzcat", 0x0068_5a42, 0x00ff_ffff);

    private final String label;
    private final String command;
    private final int magic;
    private final int mask;

    Compression(String label, String command, int magic, int mask) {
        this.label = label;
        this.command = command;
        this.magic = magic;
        this.mask = mask;
    }

    /** Finds the kind by the first four bytes of a file, read as little-endian; null if it is none. */
    static Compression of(int magic) {
        for (Compression compression : values()) {
            if ((magic & compression.mask) == compression.magic) {
                return compression;
            }
        }
        return null;
    }

    String label() {
        return label;
    }

    String command() {
        return command;
    }
}
