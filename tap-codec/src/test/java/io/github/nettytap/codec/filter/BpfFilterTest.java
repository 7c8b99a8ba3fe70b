/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CaptureSection;
import io.github.nettytap.codec.pcap.PcapngWriter;
import io.github.nettytap.codec.print.FramePrinter;
import io.github.nettytap.codec.testing.Tool;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

class BpfFilterTest {

    private static final String ARP =
            "525400000001525400000002" + "0806" + "0001080006040001" + "5254000000010a000001" + "0000000000000a000002";

    @TempDir
    Path directory;

    private static List<ByteBuf> frames() {
        List<ByteBuf> frames = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            Frames frame = new Frames();
            frame.v6 = (i & 1) != 0;
            frame.udp = (i & 2) != 0;
            frame.tags = (i & 4) != 0 ? new int[] {5 + (i & 8)} : new int[0];
            frame.destinationPort = 9_000 + (i >> 4);
            frame.lastAddressByte = i & 15;
            frame.payload = i * 20;
            frame.tcpFlags = i;
            frame.ipOptions = (i & 32) != 0 ? new byte[8] : new byte[0];
            frames.add(frame.frame());
        }
        frames.add(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(ARP)));
        return frames;
    }

    private static BpfFilter compile(String expression) throws Exception {
        String program = Tool.run("tcpdump", "-y", "EN10MB", "-ddd", expression);
        return BpfFilter.parse(
                program.lines().filter(line -> line.matches("[0-9 ]+")).collect(Collectors.joining("\n")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tcp",
                "udp port 9001",
                "not arp and not vlan",
                "vlan 5",
                "vlan and udp",
                "host 10.77.0.3 or ip6 host fd77::4",
                "net 10.77.0.0/29",
                "greater 700",
                "less 100",
                "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
                "ip[0] & 0xf > 5",
                "tcp portrange 9001-9002",
                "ether src 52:54:00:00:00:02 and not ip6",
                "ip[2:2] - ((ip[0]&0xf)<<2) > 300",
                "len % 3 = 1",
                "len * 7 / 5 > 900",
                "arp or (ip and udp[4:2] > 500)",
                "ether multicast"
            })
    void framesAreAcceptedAsTcpdumpAcceptsThem(String expression) throws Exception {
        Path file = directory.resolve("a.pcapng");
        List<ByteBuf> frames = frames();
        try (PcapngWriter writer = new PcapngWriter(
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                new CaptureSection(null, null, null))) {
            writer.addInterface(CaptureInterface.ethernet("a"));
            for (ByteBuf frame : frames) {
                int length = frame.readableBytes();
                writer.writeFrame(0, 0, FrameDirection.UNKNOWN, length, frame, 0, length, null);
            }
        }
        BpfFilter filter = compile(expression);
        List<String> ours = frames.stream()
                .filter(frame -> filter.accept(frame, 0, frame.readableBytes(), FrameDirection.UNKNOWN))
                .map(FramePrinter.LINK_LEVEL::print)
                .collect(Collectors.toList());
        List<String> theirs = Tool.run("tcpdump", "-n", "-t", "-S", "-e", "-r", file, expression)
                .lines()
                .filter(line -> line.startsWith("52:54"))
                .collect(Collectors.toList());

        assertThat(ours).isEqualTo(theirs);
        frames.forEach(ByteBuf::release);
    }

    @ParameterizedTest
    @CsvSource({
        // load k into A, then an operation, then return A
        "0 0 0 10; 4 0 0 5; 22 0 0 0, 15",
        "0 0 0 10; 20 0 0 15; 22 0 0 0, -5",
        "0 0 0 4294967295; 52 0 0 2; 22 0 0 0, 2147483647",
        "0 0 0 10; 132 0 0 0; 22 0 0 0, -10",
        "0 0 0 4294967295; 148 0 0 10; 22 0 0 0, 5",
        "0 0 0 12; 164 0 0 10; 22 0 0 0, 6",
        "0 0 0 1; 100 0 0 31; 22 0 0 0, -2147483648",
        "1 0 0 32; 0 0 0 1; 108 0 0 0; 22 0 0 0, 0",
        "1 0 0 31; 0 0 0 1; 108 0 0 0; 22 0 0 0, -2147483648",
        "0 0 0 4294967295; 116 0 0 28; 22 0 0 0, 15",
        "1 0 0 40; 0 0 0 4294967295; 124 0 0 0; 22 0 0 0, 0",
        // through X, and by memory
        "0 0 0 7; 7 0 0 0; 0 0 0 3; 12 0 0 0; 22 0 0 0, 10",
        "1 0 0 9; 135 0 0 0; 22 0 0 0, 9",
        "0 0 0 7; 2 0 0 15; 0 0 0 0; 96 0 0 15; 22 0 0 0, 7",
        "1 0 0 7; 3 0 0 2; 97 0 0 2; 135 0 0 0; 22 0 0 0, 7",
        "128 0 0 0; 22 0 0 0, 4",
        "129 0 0 0; 135 0 0 0; 22 0 0 0, 4",
        // division by an X of zero refuses
        "0 0 0 7; 60 0 0 0; 6 0 0 9, 0",
        // from the frame 0102ff45
        "32 0 0 0; 22 0 0 0, 16973637",
        "40 0 0 2; 22 0 0 0, 65349",
        "48 0 0 2; 22 0 0 0, 255",
        "1 0 0 1; 80 0 0 1; 22 0 0 0, 255",
        "177 0 0 3; 135 0 0 0; 22 0 0 0, 20",
        // beyond the frame
        "32 0 0 1; 6 0 0 9, 0",
        "40 0 0 3; 6 0 0 9, 0",
        "48 0 0 4; 6 0 0 9, 0",
        "48 0 0 4292870143; 6 0 0 9, 0",
        "1 0 0 4294967295; 80 0 0 4294967295; 6 0 0 9, 0",
        "177 0 0 4; 6 0 0 9, 0",
        // jumps
        "5 0 0 1; 6 0 0 1; 6 0 0 2, 2",
        "0 0 0 4294967295; 37 0 1 1; 6 0 0 1; 6 0 0 2, 1",
        "0 0 0 1; 53 1 0 1; 6 0 0 1; 6 0 0 2, 2",
        "0 0 0 6; 69 0 1 8; 6 0 0 1; 6 0 0 2, 2",
        "6 0 0 4294967295, -1"
    })
    void eachInstructionDoesWhatTheMachineDoes(String program, int result) {
        String[] instructions = program.split("; ");
        BpfFilter filter = BpfFilter.parse(instructions.length + "\n" + String.join("\n", instructions));
        ByteBuf frame = Unpooled.wrappedBuffer(new byte[] {9, 1, 2, (byte) 0xff, 0x45});

        assertThat(filter.run(frame, 1, 4, 4)).isEqualTo(result);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tcp | not a BPF program: number=\"tcp\" (expected: 0..4096, as tcpdump -ddd prints)",
                "0 | not a BPF program: instructions=0, numbers=0 (expected: four for each instruction)",
                "2 6 0 0 1 | not a BPF program: instructions=2, numbers=4 (expected: four for each instruction)",
                "1 6 0 256 1 | not a BPF program: number=\"256\" (expected: 0..255, as tcpdump -ddd prints)",
                "1 0 0 0 1 | BPF program refused: instruction=0 does not return",
                "2 5 0 0 1 6 0 0 1 | BPF program refused: instruction=0 jumps out of the program",
                "2 5 0 0 4294967295 6 0 0 1 | BPF program refused: instruction=0 jumps out of the program",
                "2 21 1 0 1 6 0 0 1 | BPF program refused: instruction=0 jumps out of the program",
                "2 96 0 0 16 6 0 0 1 | BPF program refused: instruction=0 uses memory word 16",
                "2 3 0 0 4294967295 6 0 0 1 | BPF program refused: instruction=0 uses memory word 4294967295",
                "2 52 0 0 0 6 0 0 1 | BPF program refused: instruction=0 divides by zero",
                "2 100 0 0 32 6 0 0 1 | BPF program refused: instruction=0 shifts by 32 bits",
                "2 116 0 0 4294967295 6 0 0 1 | BPF program refused: instruction=0 shifts by 4294967295 bits",
                "2 96 0 0 3 6 0 0 1 | BPF program refused: instruction=0 reads memory word 3, which may not have been written",
                "5 21 0 1 0 2 0 0 3 97 0 0 3 6 0 0 1 6 0 0 1 | BPF program refused: instruction=2 reads memory word 3,"
                        + " which may not have been written",
                "2 48 0 0 4294963248 6 0 0 1 | BPF program refused: instruction=0 reads what is beside the frame:"
                        + " offset=-4048 (expected: a program for frames as they are in a file, `tcpdump -y EN10MB -ddd`)",
                "2 256 0 0 0 6 0 0 1 | BPF program refused: instruction=0 is not known: code=256",
                "2 6 0 0 1 14 0 0 1 | BPF program refused: instruction=1 is not known: code=14",
                "2 33 0 0 0 6 0 0 1 | BPF program refused: instruction=0 is not known: code=33",
                "2 180 0 0 0 6 0 0 1 | BPF program refused: instruction=0 is not known: code=180",
                "2 85 0 0 0 6 0 0 1 | BPF program refused: instruction=0 is not known: code=85"
            })
    void aProgramThatCannotRunIsRefused(String program, String message) {
        assertThatThrownBy(() -> BpfFilter.parse(program))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void lengthOfASnappedFrameIsItsOriginalOne() {
        BpfFilter atLeastThousand = BpfFilter.parse("4\n128 0 0 0\n53 0 1 1000\n6 0 0 1\n6 0 0 0");
        ByteBuf snapped = Unpooled.buffer(60).writeZero(60);
        assertThat(atLeastThousand.accept(snapped, 0, 60, 1000)).isTrue();
        assertThat(atLeastThousand.accept(snapped, 0, 60, 999)).isFalse();
        assertThat(atLeastThousand.accept(snapped, 0, 60, FrameDirection.INBOUND))
                .isFalse();
    }
}
