/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.pcap.CaptureFormat;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CaptureReader;
import io.github.nettytap.codec.pcap.CaptureSection;
import io.github.nettytap.codec.pcap.CaptureWriter;
import io.github.nettytap.codec.pcap.CapturedFrame;
import io.github.nettytap.codec.pcap.MetadataBlock;
import io.github.nettytap.codec.pcap.PcapWriter;
import io.github.nettytap.codec.pcap.PcapngWriter;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writes selected frames to another file, with what the first one says about them: sections, interfaces, comments, name
 * resolution and decryption secrets, and counts what the other format has no place for. For one thread.
 */
public final class FrameCopy implements AutoCloseable {

    private final WritableByteChannel channel;
    private final CaptureFormat format;
    private final int snapLength;
    private final boolean isFlushed;
    private final Map<String, Long> lost = new TreeMap<>();
    private CaptureWriter writer;
    private CaptureSection section;
    private int firstInterface;
    private int interfaces;

    /**
     * Prepares a copy.
     *
     * @param channel where to; closed with this copy
     * @param format the format to write
     * @param snapLength how many bytes to keep of each frame
     * @param isFlushed whether each frame is to be handed on at once
     */
    public FrameCopy(WritableByteChannel channel, CaptureFormat format, int snapLength, boolean isFlushed) {
        this.channel = channel;
        this.format = format;
        this.snapLength = snapLength;
        this.isFlushed = isFlushed;
    }

    /**
     * Copies frames up to the last.
     *
     * @throws IOException if writing failed; what is wrong with the source is a {@code CommandException}
     */
    public void run(FrameSelection frames) throws IOException {
        CaptureReader reader = frames.reader();
        reader.metadata(block -> copy(block, reader));
        for (CapturedFrame frame = frames.next(); frame != null; frame = frames.next()) {
            enter(reader);
            writer.writeFrame(firstInterface + frame.interfaceId(), frame, snapLength);
            if (isFlushed) {
                writer.flush();
            }
        }
        enter(reader);
    }

    private void copy(MetadataBlock block, CaptureReader reader) throws IOException {
        enter(reader);
        if (writer instanceof PcapngWriter && block.body() != null) {
            ((PcapngWriter) writer).writeMetadata(block);
        } else {
            lost.merge(block.name(), 1L, Long::sum);
        }
    }

    /** Goes where the reader is: into its section, with its interfaces. */
    private void enter(CaptureReader reader) throws IOException {
        if (section != reader.section()) {
            section = reader.section();
            CaptureSection said =
                    section.application() == null ? CaptureSection.ofThisMachine("netty-tap capture") : section;
            if (writer == null) {
                writer = format.newWriter(channel, said);
            } else if (writer instanceof PcapngWriter) {
                ((PcapngWriter) writer).beginSection(said);
            }
            firstInterface = writer.interfaceCount();
            interfaces = 0;
        }
        while (interfaces < reader.interfaces().size()) {
            writer.addInterface(snapped(reader.interfaces().get(interfaces++)));
        }
    }

    private CaptureInterface snapped(CaptureInterface source) {
        int before = source.snapLength();
        return snapLength >= (before == 0 ? PcapngWriter.MAX_SNAP_LENGTH : before)
                ? source
                : source.withSnapLength(snapLength);
    }

    /** What the copy does not say though the source did, in words; empty if there is nothing. */
    public String losses() {
        Map<String, Long> all = new TreeMap<>(lost);
        if (writer instanceof PcapWriter) {
            all.put("comment", ((PcapWriter) writer).commentsLost());
            all.put("note of offload state", ((PcapWriter) writer).notesLost());
        }
        return all.entrySet().stream()
                .filter(entry -> entry.getValue() > 0)
                .map(entry -> entry.getKey() + ": " + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    @Override
    public void close() throws IOException {
        if (writer == null) {
            channel.close();
        } else {
            writer.close();
        }
    }
}
