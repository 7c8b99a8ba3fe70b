/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.nio.channels.WritableByteChannel;

/** A file that is best written in units of a size, as with {@code O_DIRECT}. */
public interface AlignedChannel extends WritableByteChannel {

    /**
     * The size and the alignment, in file and memory, of what is best written. Bytes of the source of a write are to
     * lie as far from a multiple of it as they will in the file.
     *
     * @return a power of two, at most 65536; 1 where any bytes do
     */
    int alignment();
}
