/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.routing.dns.HostNames;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.packet.Ipv4Packets;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterPort;
import io.github.nettytap.transport.device.TapOffload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The server by its messages: RFC 2131, section 4.3. */
class DhcpServerTest {

    private static final int DISCOVER = 1;
    private static final int OFFER = 2;
    private static final int REQUEST = 3;
    private static final int ACK = 5;
    private static final int DECLINE = 4;
    private static final int NAK = 6;
    private static final int RELEASE = 7;
    private static final int INFORM = 8;

    private static final int MESSAGE = EthernetHeader.LENGTH + Ipv4Header.MIN_LENGTH + UdpHeader.LENGTH;
    private static final int YOUR_ADDRESS = MESSAGE + 16;
    private static final int OWN = ipv4("10.0.0.1");
    private static final int FIRST = ipv4("10.0.0.10");
    private static final long ONE = 0x02_00_00_00_00_01L;
    private static final long TWO = 0x02_00_00_00_00_02L;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Output output = new Output(VnetHeader.NONE);
    private final RouterPort port = new RouterPort(
            channel,
            VnetHeader.NONE,
            TapOffload.NONE,
            0,
            0x02_00_00_00_00_10L,
            1500,
            List.of(Cidr.parse("10.0.0.1/24")),
            false,
            false);
    private final DhcpPool pool = new DhcpPool(address("10.0.0.10"), address("10.0.0.11"), List.of());
    private long millis = 1_000_000;
    private Runnable toProbe = () -> {};
    private boolean toAll;
    private DhcpServer server = new DhcpServer(port, pool, Cidr.parse("10.0.0.1/24"), output, () -> millis, null);

    @AfterEach
    void close() {
        server.close();
        channel.finishAndReleaseAll();
    }

    private static Inet4Address address(String text) {
        try {
            return (Inet4Address) InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static int ipv4(String text) {
        return (int) IpAddress.low(address(text));
    }

    /** Sends a message and returns the answer, or null. */
    private ByteBuf ask(long client, int type, int current, String options) {
        receive(client, type, current, options);
        ByteBuf answer = channel.readOutbound();
        if (answer != null && EthernetHeader.type(answer, 0) == EthernetHeader.TYPE_ARP) {
            // The address is asked for first; nobody has it, unless the test says so.
            Runnable claim = toProbe;
            toProbe = () -> {};
            claim.run();
            output.endBatch();
            for (;
                    answer != null && EthernetHeader.type(answer, 0) == EthernetHeader.TYPE_ARP;
                    answer = channel.readOutbound()) {
                answer.release();
            }
            millis += 500;
            server.tick();
            output.endBatch();
            answer = answer == null ? channel.readOutbound() : answer;
        }
        return answer;
    }

    private void receive(long client, int type, int current, String options) {
        byte[] more = ByteBufUtil.decodeHexDump(options);
        int length = MESSAGE + DhcpMessage.OPTIONS + 3 + more.length + 1;
        ByteBuf frame = Unpooled.directBuffer(length).writeZero(length);
        Ipv4Packets.write(
                frame,
                EthernetHeader.LENGTH,
                length - EthernetHeader.LENGTH,
                Ipv4Header.PROTOCOL_UDP,
                current,
                current == 0 || toAll ? -1 : OWN);
        int udp = MESSAGE - UdpHeader.LENGTH;
        UdpHeader.sourcePort(frame, udp, 68);
        UdpHeader.destinationPort(frame, udp, 67);
        UdpHeader.length(frame, udp, length - udp);
        frame.setInt(MESSAGE, 0x0101_0600).setInt(MESSAGE + 4, 0x1234_5678);
        frame.setInt(MESSAGE + DhcpMessage.CLIENT_ADDRESS, current);
        MacAddress.write(frame, MESSAGE + DhcpMessage.CLIENT_MAC, client);
        frame.setInt(MESSAGE + 236, 0x6382_5363);
        int option = MESSAGE + DhcpMessage.OPTIONS;
        frame.setByte(option, DhcpMessage.OPTION_TYPE).setByte(option + 1, 1).setByte(option + 2, type);
        frame.setBytes(option + 3, more);
        frame.setByte(length - 1, DhcpMessage.OPTION_END);
        server.receive(frame, EthernetHeader.LENGTH);
        frame.release();
        output.endBatch();
    }

    private static String requested(int address) {
        return String.format("3204%08x", address);
    }

    private static String server(int address) {
        return String.format("3604%08x", address);
    }

    private static void assertAnswer(ByteBuf answer, int type, int address) {
        assertThat(answer).isNotNull();
        assertThat(answer.getUnsignedByte(MESSAGE + DhcpMessage.OPTIONS + 2)).isEqualTo((short) type);
        assertThat(answer.getInt(YOUR_ADDRESS)).isEqualTo(address);
        assertThat(answer.getInt(MESSAGE + 4)).isEqualTo(0x1234_5678);
        answer.release();
    }

    private void lease(long client, int address) {
        assertAnswer(ask(client, DISCOVER, 0, requested(address)), OFFER, address);
        assertAnswer(ask(client, REQUEST, 0, requested(address) + server(OWN)), ACK, address);
    }

    @Test
    void leaseIsRenewedBeforeItEnds() {
        lease(ONE, FIRST);
        lease(TWO, FIRST + 1);
        millis += 1_800_000;
        // It asks from its address, names no server and wishes nothing.
        ByteBuf answer = ask(ONE, REQUEST, FIRST, "");
        assertThat(Ipv4Header.destination(answer, EthernetHeader.LENGTH)).isEqualTo(FIRST);
        assertThat(EthernetHeader.destination(answer, 0)).isEqualTo(ONE);
        assertAnswer(answer, ACK, FIRST);
        millis += 3_599_999;
        // The other one's lease is over, this one's is not.
        assertAnswer(ask(3, DISCOVER, 0, requested(FIRST)), OFFER, FIRST + 1);
    }

    @Test
    void renewalOfAnAddressThatSomebodyElseHasIsRefusedToAll() {
        lease(ONE, FIRST);
        millis += 3_600_000;
        lease(TWO, FIRST);
        ByteBuf refusal = ask(ONE, REQUEST, FIRST, "");
        assertThat(Ipv4Header.destination(refusal, EthernetHeader.LENGTH)).isEqualTo(-1);
        assertThat(refusal.getInt(MESSAGE + DhcpMessage.CLIENT_ADDRESS)).isZero();
        assertAnswer(refusal, NAK, 0);
    }

    @Test
    void hostThatComesFromAnotherNetworkIsRefused() {
        assertAnswer(ask(ONE, REQUEST, 0, requested(ipv4("192.168.1.7"))), NAK, 0);
    }

    @Test
    void offerOfAnotherServerIsNoneOfOurs() {
        assertAnswer(ask(ONE, DISCOVER, 0, ""), OFFER, FIRST);
        assertThat(ask(ONE, REQUEST, 0, requested(FIRST) + server(ipv4("10.0.0.2"))))
                .isNull();
        // What was set aside is free at once.
        lease(TWO, FIRST);
    }

    @Test
    void addressOfAnotherIsNotReleased() {
        lease(ONE, FIRST);
        assertThat(ask(TWO, RELEASE, FIRST, server(OWN))).isNull();
        lease(TWO, FIRST + 1);
        assertAnswer(ask(TWO, REQUEST, 0, requested(FIRST)), NAK, 0);
    }

    @Test
    void hostWithAnAddressIsInformedWithoutALease() {
        ByteBuf answer = ask(ONE, INFORM, ipv4("10.0.0.200"), "");
        assertThat(Ipv4Header.destination(answer, EthernetHeader.LENGTH)).isEqualTo(ipv4("10.0.0.200"));
        assertThat(ByteBufUtil.hexDump(answer)).doesNotContain("330400000e10");
        assertAnswer(answer, ACK, 0);
        assertThat(ask(ONE, INFORM, 0, "")).isNull();
    }

    @Test
    void whoNamesItselfIsAnsweredByThatName() {
        String identifier = "3d07" + "01020000000001";
        ByteBuf answer = ask(ONE, DISCOVER, 0, identifier);
        assertThat(ByteBufUtil.hexDump(answer)).contains(identifier + "ff");
        assertAnswer(answer, OFFER, FIRST);
    }

    @Test
    void clientsOfOtherServersHearNothing() {
        lease(ONE, FIRST);
        // It has just started, and another server of this network has given it what it asks for.
        assertThat(ask(TWO, REQUEST, 0, requested(ipv4("10.0.0.99")))).isNull();
        assertThat(ask(TWO, REQUEST, 0, requested(FIRST))).isNull();
        // Its server is gone, and it asks all.
        assertThat(askAll(TWO, REQUEST, ipv4("10.0.0.99"))).isNull();
        assertThat(ask(ONE, DECLINE, 0, requested(FIRST) + server(ipv4("10.0.0.2"))))
                .isNull();
        assertThat(ask(ONE, RELEASE, FIRST, server(ipv4("10.0.0.2")))).isNull();
        assertAnswer(ask(ONE, REQUEST, FIRST, ""), ACK, FIRST);
    }

    @Test
    void clientThatWasOfferedAnAddressAndTookAnothersIsNotRefusedThatOne() {
        int others = ipv4("10.0.0.99");
        assertAnswer(ask(ONE, DISCOVER, 0, ""), OFFER, FIRST);
        assertThat(ask(ONE, REQUEST, 0, requested(others) + server(ipv4("10.0.0.2"))))
                .isNull();
        assertThat(ask(ONE, REQUEST, 0, requested(others))).isNull();
        assertThat(askAll(ONE, REQUEST, others)).isNull();

        lease(TWO, FIRST);
        assertThat(ask(TWO, RELEASE, FIRST, server(OWN))).isNull();
        assertThat(ask(TWO, REQUEST, 0, requested(others))).isNull();
        assertAnswer(ask(TWO, REQUEST, 0, requested(FIRST)), ACK, FIRST);
    }

    @Test
    void clientThatTakesAnOfferOfAnotherWhileItsAddressIsAskedForGetsNoneOfOurs() {
        toProbe = () -> receive(ONE, REQUEST, 0, requested(ipv4("10.0.0.99")) + server(ipv4("10.0.0.2")));
        assertThat(ask(ONE, DISCOVER, 0, "")).isNull();
    }

    private ByteBuf askAll(long client, int type, int current) {
        toAll = true;
        try {
            return ask(client, type, current, "");
        } finally {
            toAll = false;
        }
    }

    @Test
    void clientIsKnownByItsIdentifierThoughItsMacAddressChanges() {
        String identifier = "3d05ff01020304";
        assertAnswer(ask(ONE, DISCOVER, 0, identifier + requested(FIRST)), OFFER, FIRST);
        assertAnswer(ask(ONE, REQUEST, 0, identifier + requested(FIRST) + server(OWN)), ACK, FIRST);
        assertAnswer(ask(TWO, DISCOVER, 0, identifier), OFFER, FIRST);
        // The same MAC address with another name, or none, is another client.
        assertAnswer(ask(ONE, DISCOVER, 0, "3d05ff01020305"), OFFER, FIRST + 1);
    }

    @Test
    void addressThatSomebodyHasIsNotOffered() {
        toProbe = () -> server.heard(FIRST, 0x02_00_00_00_77_77L);
        assertAnswer(ask(ONE, DISCOVER, 0, requested(FIRST)), OFFER, FIRST + 1);
        toProbe = () -> server.heard(FIRST + 1, ONE);
        assertAnswer(ask(ONE, DISCOVER, 0, ""), OFFER, FIRST + 1);
    }

    @Test
    void floodOfClientsIsAnsweredWithoutAFloodOfQuestions() {
        int questions = 0;
        for (int i = 0; i < 1_000; i++) {
            receive(0x02_00_00_01_00_00L + i, DISCOVER, 0, "");
        }
        for (ByteBuf frame = channel.readOutbound(); frame != null; frame = channel.readOutbound()) {
            questions += EthernetHeader.type(frame, 0) == EthernetHeader.TYPE_ARP ? 1 : 0;
            frame.release();
        }
        assertThat(questions).isBetween(1, 64);
    }

    @Test
    void domainAndSearchListAreSaid() {
        server.close();
        server = new DhcpServer(
                port,
                pool.withDomain("lab.example", List.of("lab.example", "example.org")),
                Cidr.parse("10.0.0.1/24"),
                output,
                () -> millis,
                null);
        ByteBuf answer = ask(ONE, DISCOVER, 0, "");
        assertThat(ByteBufUtil.hexDump(answer))
                .contains("0f0b6c61622e6578616d706c65")
                .contains("771a036c6162076578616d706c6500076578616d706c65036f726700");
        assertAnswer(answer, OFFER, FIRST);
    }

    @Test
    void aClientHasTheNameThatItGivesOverARestartUntilItReleasesItsLease(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("leases");
        HostNames first = restart(file);
        ask(ONE, DISCOVER, 0, "").release();
        // With a zero behind it, as some clients have it.
        String alpha = "0c06" + "416c70686100";
        assertAnswer(ask(ONE, REQUEST, 0, server(OWN) + requested(FIRST) + alpha), ACK, FIRST);
        assertThat(first.find("alpha.lab.example").address()).isEqualTo(FIRST);
        HostNames second = restart(file);
        assertThat(second.find("alpha.lab.example").address()).isEqualTo(FIRST);
        assertThat(ask(ONE, RELEASE, FIRST, server(OWN))).isNull();
        assertThat(second.find("alpha.lab.example")).isNull();
    }

    private HostNames restart(Path file) throws Exception {
        server.close();
        HostNames names = new HostNames(() -> millis);
        server = new DhcpServer(
                port,
                pool.withDomain("lab.example", List.of()),
                Cidr.parse("10.0.0.1/24"),
                output,
                () -> millis,
                DhcpLeaseFile.open(file),
                names);
        return names;
    }

    @Test
    void clientThatIsConfiguredAlwaysGetsItsAddressAndNobodyElseDoes() {
        server.close();
        server = new DhcpServer(
                port,
                pool.withFixed(MacAddress.of(TWO), address("10.0.0.10"))
                        .withFixed(MacAddress.of(3), address("10.0.0.200")),
                Cidr.parse("10.0.0.1/24"),
                output,
                () -> millis,
                null);
        assertAnswer(ask(ONE, DISCOVER, 0, requested(FIRST)), OFFER, FIRST + 1);
        assertAnswer(ask(TWO, DISCOVER, 0, ""), OFFER, FIRST);
        assertAnswer(ask(TWO, REQUEST, 0, requested(FIRST) + server(OWN)), ACK, FIRST);
        assertAnswer(ask(3, DISCOVER, 0, ""), OFFER, ipv4("10.0.0.200"));
        assertAnswer(ask(3, REQUEST, 0, requested(FIRST) + server(OWN)), NAK, 0);
        assertAnswer(ask(ONE, REQUEST, 0, requested(FIRST) + server(OWN)), NAK, 0);
    }

    @Test
    void leasesAreKeptOverARestart(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("leases");
        DhcpPool kept = pool.withLeaseFile(file);
        for (int run = 0; run < 2; run++) {
            server.close();
            server = new DhcpServer(
                    port, kept, Cidr.parse("10.0.0.1/24"), output, () -> millis, DhcpLeaseFile.open(file));
            if (run == 0) {
                lease(ONE, FIRST + 1);
                lease(TWO, FIRST);
                assertThat(ask(TWO, RELEASE, FIRST, server(OWN))).isNull();
            }
        }
        // The clock of the new run has nothing to do with that of the old one.
        assertAnswer(ask(ONE, REQUEST, 0, requested(FIRST + 1)), ACK, FIRST + 1);
        assertAnswer(ask(3, DISCOVER, 0, ""), OFFER, FIRST);
        server.close();
        // A crash has cut a line off, and somebody has written into the file.
        Files.writeString(file, Files.readString(file) + "10.0.0.10 17000000000 01020000\nhello\n10.0.0.11 1");
        server = new DhcpServer(port, kept, Cidr.parse("10.0.0.1/24"), output, () -> millis, DhcpLeaseFile.open(file));
        assertAnswer(ask(ONE, REQUEST, 0, requested(FIRST + 1)), ACK, FIRST + 1);
    }
}
