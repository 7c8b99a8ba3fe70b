/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.print;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.pcap.CaptureSection;
import io.github.nettytap.codec.pcap.PcapngWriter;
import io.github.nettytap.codec.testing.Tool;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.testkit.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

class FramePrinterTest {

    private static final String MACS = "525400000001525400000002";
    private static final String PORT_UNREACHABLE_QUOTE =
            "4500001c00000000401100000a0000020a000001" + "27109c4000080000";

    @TempDir
    Path directory;

    private final List<ByteBuf> frames = new ArrayList<>();

    @AfterEach
    void release() {
        frames.forEach(ByteBuf::release);
    }

    private ByteBuf add(ByteBuf frame) {
        frames.add(frame);
        return frame;
    }

    private ByteBuf add(Frames frame) {
        frame.destinationPort = 9_999;
        return add(frame.frame());
    }

    private ByteBuf add(String hex) {
        return add(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex.replace(" ", ""))));
    }

    /** An IPv4 frame around what is given. */
    private ByteBuf ipv4(int protocol, String payload) {
        int length = payload.length() / 2;
        return add(MACS + "0800" + String.format("4500%04x0000400040%02x0000", 20 + length, protocol)
                + "0a0000010a000002" + payload);
    }

    private ByteBuf ipv6(int next, String payload) {
        return add(MACS + "86dd" + "60000000" + String.format("%04x%02xff", payload.length() / 2, next)
                + "fe800000000000000000000000000001" + "ff0200000000000000000001ff000002" + payload);
    }

    private static String print(ByteBuf frame) {
        return FramePrinter.PLAIN.print(frame);
    }

    private List<String> tcpdump(String... options) throws Exception {
        Path file = directory.resolve("frames.pcapng");
        try (PcapngWriter writer = new PcapngWriter(
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE),
                new CaptureSection(null, null, null))) {
            writer.addInterface(CaptureInterface.ethernet("a"));
            for (ByteBuf frame : frames) {
                int length = frame.readableBytes();
                writer.writeFrame(0, 0, FrameDirection.UNKNOWN, length, frame, 0, length, null);
            }
        }
        List<Object> arguments = new ArrayList<>(List.of("-n", "-t", "-S"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("-r", file));
        return Tool.run("tcpdump", arguments.toArray())
                .lines()
                .filter(line -> !line.startsWith("reading from file"))
                .collect(Collectors.toList());
    }

    private void addTcpAndUdp() {
        for (int flags = 0; flags < 256; flags++) {
            Frames frame = (flags & 1) == 0 ? Frames.tcp4() : Frames.tcp6();
            frame.tcpFlags = flags;
            frame.payload = flags % 3 * 50;
            add(frame);
        }
        for (String options : List.of(
                "020405b40402080a00000001000000020103030a",
                "0101080affffffff80000000",
                "0101050a0000000a00000014",
                "010105120000000a000000140000001e00000028",
                "00000000",
                "fd06123456780101",
                "01010101")) {
            Frames frame = Frames.tcp4();
            frame.tcpOptions = ByteBufUtil.decodeHexDump(options);
            frame.tcpFlags = TcpHeader.FLAG_SYN;
            frame.payload = 0;
            frame.sequence = -2;
            add(frame);
        }
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            Frames frame = i % 2 == 0 ? Frames.udp4() : Frames.udp6();
            frame.payload = random.nextInt(1_400);
            frame.sourcePort = 10_000 + random.nextInt(30_000);
            frame.lastAddressByte = random.nextInt(256);
            add(frame);
        }
    }

    private void addControl() {
        add(MACS + "0806" + "0001080006040001" + "5254000000010a000001" + "0000000000000a000002");
        add(MACS + "0806" + "0001080006040001" + "5254000000010a000001" + "5254000000020a000002" + "00".repeat(18));
        add(MACS + "0806" + "0001080006040002" + "5254000000010a000001" + "5254000000020a000002");
        ipv4(1, "0800f7fd00010002" + "00".repeat(56));
        ipv4(1, "0000f7fd00010002" + "00".repeat(56));
        for (String code : List.of("00", "01", "02", "03", "04", "0d")) {
            ipv4(1, "03" + code + "0000" + "00000578" + PORT_UNREACHABLE_QUOTE);
        }
        ipv4(1, "0b00000000000000" + PORT_UNREACHABLE_QUOTE);
        ipv6(58, "8000000000010002" + "00".repeat(56));
        ipv6(58, "8100000000010002" + "00".repeat(56));
        ipv6(58, "8500000000000000" + "0101525400000001");
        ipv6(58, "8600000040000708" + "0000000000000000" + "0101525400000001");
        ipv6(58, "8700000000000000" + "fe800000000000000000000000000002" + "0101525400000001");
        ipv6(58, "8800000060000000" + "fe800000000000000000000000000002" + "0201525400000001");
        ipv6(58, "02000000" + "00000500" + "60000000000811ff" + "00".repeat(32) + "27109c4000080000");
        ipv6(0, "3a00050200000100" + "8f00000000000001" + "04000000" + "ff0200000000000000000001ff000002");
        ipv4(253, "0011223344556677");
    }

    @Test
    void framesArePrintedAsTcpdumpPrintsThem() throws Exception {
        addTcpAndUdp();
        addControl();

        List<String> ours = frames.stream().map(FramePrinterTest::print).collect(Collectors.toList());
        assertThat(ours).isEqualTo(tcpdump());
    }

    @Test
    void linkLevelHeadersArePrintedAsTcpdumpPrintsThem() throws Exception {
        addTcpAndUdp();
        addControl();
        for (int[] tags : new int[][] {{5}, {0x6fff}, {100, 200}, {0x1001}}) {
            Frames frame = Frames.tcp4();
            frame.tags = tags;
            add(frame);
        }
        List<String> ours = frames.stream().map(FramePrinter.LINK_LEVEL::print).collect(Collectors.toList());
        assertThat(ours).isEqualTo(tcpdump("-e"));
    }

    @Test
    void tagsAreToldWithoutTheLinkLevelToo() {
        Frames frame = Frames.udp4();
        frame.tags = new int[] {0x2005, 7};

        assertThat(print(add(frame)))
                .isEqualTo("vlan 5, p 1, vlan 7, p 0, IP 10.77.0.1.40000 > 10.77.0.2.9999: UDP, length 100");
    }

    @Test
    void tagsAreNotFollowedForever() {
        assertThat(print(add(MACS + "81000001".repeat(9) + "0800")))
                .isEqualTo("vlan 1, p 0, ".repeat(8) + "[more tags]");
    }

    @Test
    void theFrameInATunnelIsToldOnTheSameLine() {
        ByteBuf inner = Frames.udp6().frame();
        ipv4(
                17,
                "9c4012b5" + String.format("%04x", 16 + inner.readableBytes()) + "0000" + "0800000000000500"
                        + ByteBufUtil.hexDump(inner));
        inner.release();

        assertThat(print(frames.get(0)))
                .isEqualTo("IP 10.0.0.1.40000 > 10.0.0.2.4789: VXLAN, flags [I] (0x08), vni 5: IP6 fd77::1.40000 >"
                        + " fd77::2.80: UDP, length 100");
    }

    @Test
    void tunnelsInTunnelsAreNotFollowedForever() {
        String hex = MACS + "0800" + "00";
        for (int i = 0; i < 6; i++) {
            int length = hex.length() / 2 + 16;
            hex = MACS + "0800" + String.format("4500%04x0000000040110000", 20 + length) + "0a0000010a000002"
                    + "9c4012b5" + String.format("%04x", length) + "0000" + "0800000000000500" + hex;
        }
        assertThat(print(add(hex))).endsWith("vni 5: ...");
    }

    @Test
    void otherTypesAreToldByTheirNumber() {
        assertThat(print(add(MACS + "88cc" + "0207")))
                .isEqualTo("52:54:00:00:00:02 > 52:54:00:00:00:01, ethertype LLDP (0x88cc), length 2");
        assertThat(print(add(MACS + "0026" + "424203")))
                .isEqualTo("52:54:00:00:00:02 > 52:54:00:00:00:01, 802.3, length 3");
    }

    @Test
    void whatIsMissingIsSaid() {
        assertThat(print(add("5254"))).isEqualTo("[|ether]");
        assertThat(print(add(MACS + "8100" + "00"))).isEqualTo("[|vlan]");
        assertThat(print(add(MACS + "0806" + "0001"))).isEqualTo("ARP, [|arp]");
        assertThat(print(add(MACS + "0800" + "45"))).isEqualTo("IP [|ip]");
        assertThat(print(add(MACS + "86dd" + "60"))).isEqualTo("IP6 [|ip6]");
        assertThat(print(ipv4(6, "0001"))).isEqualTo("IP 10.0.0.1 > 10.0.0.2: [|tcp]");
        assertThat(print(ipv4(17, "0001"))).isEqualTo("IP 10.0.0.1 > 10.0.0.2: [|udp]");
        assertThat(print(ipv4(1, "0800"))).isEqualTo("IP 10.0.0.1 > 10.0.0.2: ICMP [|icmp]");
        assertThat(print(ipv6(58, "8000"))).isEqualTo("IP6 fe80::1 > ff02::1:ff00:2: ICMP6, [|icmp6]");
        assertThat(print(ipv6(0, "3a00"))).isEqualTo("IP6 fe80::1 > ff02::1:ff00:2: [|HBH]");
    }

    @Test
    void whatIsWrongIsSaid() {
        assertThat(print(add(MACS + "0800" + "5500001400000000401100000a0000010a000002")))
                .isEqualTo("IP [bad header, version 5, header length 20]");
        assertThat(print(add(MACS + "0800" + "4500001300000000401100000a0000010a000002")))
                .isEqualTo("IP [bad total length 19]");
        assertThat(print(add(MACS + "0800" + "4500001d00000000401100000a0000010a000002" + "27109c4000080000")))
                .isEqualTo("IP truncated-ip - 1 bytes missing! 10.0.0.1.10000 > 10.0.0.2.40000: UDP, length 0");
        assertThat(print(ipv4(17, "27109c4000070000")))
                .isEqualTo("IP 10.0.0.1.10000 > 10.0.0.2.40000: [bad udp length 7]");
        assertThat(print(ipv4(17, "27109c4000090000")))
                .isEqualTo("IP 10.0.0.1.10000 > 10.0.0.2.40000: truncated-udplength 9");
        assertThat(print(ipv4(6, "27109c40" + "00".repeat(8) + "40000000" + "00000000")))
                .isEqualTo("IP 10.0.0.1.10000 > 10.0.0.2.40000: tcp 4 [bad hdr length 16 - too short]");
    }

    @Test
    void aLaterFragmentHasNoPorts() {
        assertThat(print(add(MACS + "0800" + "4500001c00000001401100000a0000010a000002" + "27109c4000080000")))
                .isEqualTo("IP 10.0.0.1 > 10.0.0.2: ip-proto-17");
    }

    @Test
    void aSnappedFrameIsPrintedByWhatIsThere() {
        ByteBuf frame = add(Frames.tcp4());
        StringBuilder line = new StringBuilder();
        FramePrinter.PLAIN.print(line, frame, 0, 60, frame.readableBytes());

        assertThat(line)
                .hasToString("IP 10.77.0.1.40000 > 10.77.0.2.9999: Flags [.], seq 1000:1100, ack 77, win 500,"
                        + " length 100");
    }

    @Test
    void nothingIsReadBehindAFrameThatIsCutAnywhere() {
        addTcpAndUdp();
        addControl();
        for (ByteBuf frame : frames) {
            for (int length = 0; length < Math.min(120, frame.readableBytes()); length++) {
                // A buffer of exactly this length throws when anything behind it is read.
                ByteBuf cut = Unpooled.copiedBuffer(frame.slice(0, length));
                assertThat(print(cut)).isNotEmpty();
                StringBuilder line = new StringBuilder();
                FramePrinter.LINK_LEVEL.print(line, cut, 0, length, frame.readableBytes());
                assertThat(line).isNotEmpty();
                cut.release();
            }
        }
    }

    @Test
    void noiseIsPrintedOnOneLine() {
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[14 + random.nextInt(100)];
            random.nextBytes(noise);
            noise[12] = (byte) (i % 2 == 0 ? 0x08 : 0x86);
            noise[13] = (byte) (i % 2 == 0 ? 0 : 0xdd);
            if (noise.length > 24) {
                noise[14] = (byte) (i % 2 == 0 ? 0x45 : 0x60);
                noise[i % 2 == 0 ? 23 : 20] = new byte[] {0, 1, 6, 17, 43, 44, 58, 60}[i % 8];
            }
            assertThat(print(Unpooled.wrappedBuffer(noise))).isNotEmpty().doesNotContain("\n");
        }
    }

    @Test
    void timesHaveMicroseconds() {
        StringBuilder line = new StringBuilder();
        FramePrinter.appendTime(line, 1_795_352_709_000_012_345L, ZoneId.of("UTC"));

        assertThat(line).hasToString("13:05:09.000012");
    }
}
