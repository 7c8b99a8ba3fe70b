/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.net.routing.dns.DnsCounter;
import io.github.nettytap.net.routing.dns.DnsSettings;
import io.github.nettytap.net.routing.nat.NatSettings;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DnsPtrRecord;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Queries of hosts to the router by UDP, with name servers in memory. */
class DnsTest {

    private static final int UDP = EthernetHeader.LENGTH + Ipv4Header.MIN_LENGTH;
    private static final String HOST = "10.0.0.2";

    private final DnsQueries.Servers servers = new DnsQueries.Servers();
    private final MemoryRouter router = new MemoryRouter(0, NatSettings.DEFAULT, servers);

    @BeforeEach
    void serve() {
        List<Cidr> networks = List.of(Cidr.parse("10.0.0.1/24"), Cidr.parse("2001:db8::1/64"));
        DnsSettings dns = DnsSettings.answering(List.of(address("192.0.2.53"), address("10.0.0.1"), address("::1")));
        router.port(1500, PortSettings.of(networks).withDns(dns.withDomain("Lab.Example", List.of())));
        router.port(1500, "10.0.1.1/24");
    }

    @AfterEach
    void close() {
        router.router.end();
        router.close();
        servers.asked.forEach(asked -> asked.query().release());
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private long count(DnsCounter counter) {
        return router.router.dnsCounters().get(counter);
    }

    /** Owns the message. */
    private void ask(String source, ByteBuf message) {
        ask(0, source, "10.0.0.1", 1000, message);
    }

    private void ask(int port, String source, String destination, int socket, ByteBuf message) {
        ByteBuf frame = MemoryRouter.udp(port, source, destination, 64, 0, message.readableBytes());
        UdpHeader.sourcePort(frame, UDP, socket);
        UdpHeader.destinationPort(frame, UDP, 53);
        frame.setBytes(UDP + UdpHeader.LENGTH, message);
        message.release();
        router.receive(port, frame);
    }

    /** The message that the router has sent to a host, or null. */
    private ByteBuf answer() {
        ByteBuf frame = router.take(0);
        if (frame == null) {
            return null;
        }
        if (EthernetHeader.type(frame, 0) == EthernetHeader.TYPE_ARP) {
            // Where the host is that is to be answered.
            frame.release();
            router.arpReply(0, HOST);
            return answer();
        }
        assertThat(UdpHeader.sourcePort(frame, UDP)).isEqualTo(53);
        assertThat(UdpHeader.destinationPort(frame, UDP)).isEqualTo(1000);
        ByteBuf message = frame.copy(UDP + UdpHeader.LENGTH, UdpHeader.length(frame, UDP) - UdpHeader.LENGTH);
        frame.release();
        return message;
    }

    private DnsResponse local(String name, DnsRecordType type) {
        ask(HOST, DnsQueries.query(7, name, type));
        DnsResponse response = DnsQueries.read(answer());
        assertThat(response.id()).isEqualTo(7);
        assertThat(response.isAuthoritativeAnswer()).isTrue();
        assertThat(servers.asked).isEmpty();
        return response;
    }

    private static String onlyAnswer(DnsResponse response) {
        assertThat(response.code()).isEqualTo(DnsResponseCode.NOERROR);
        assertThat(response.count(DnsSection.ANSWER)).isEqualTo(1);
        Object record = response.recordAt(DnsSection.ANSWER);
        return record instanceof DnsPtrRecord pointer
                ? pointer.hostname()
                : ByteBufUtil.hexDump(((DnsRawRecord) record).content());
    }

    @Test
    void theRouterHasANameAndItsAddressesTheirs() {
        DnsResponse response = local("rOuTer.lab.EXAMPLE", DnsRecordType.A);
        assertThat(onlyAnswer(response)).isEqualTo("0a000001");
        assertThat(response.recordAt(DnsSection.QUESTION).name())
                .as("in the case of the query")
                .isEqualTo("rOuTer.lab.EXAMPLE.");
        response.release();
        for (String name : List.of("router", "router.lab.example")) {
            DnsResponse ipv6 = local(name, DnsRecordType.AAAA);
            assertThat(onlyAnswer(ipv6)).isEqualTo("20010db8000000000000000000000001");
            ipv6.release();
        }
        DnsResponse pointer = local("1.0.0.10.in-addr.arpa", DnsRecordType.PTR);
        assertThat(onlyAnswer(pointer)).isEqualTo("router.lab.example.");
        pointer.release();
    }

    @Test
    void whatIsOursAndIsNotThereDoesNotExist() {
        for (String name : List.of("nobody", "nobody.lab.example", "a.b.local", "x.onion", "localhost")) {
            DnsResponse response = local(name, DnsRecordType.A);
            assertThat(response.code()).as(name).isEqualTo(DnsResponseCode.NXDOMAIN);
            response.release();
        }
        DnsResponse reverse = local("77.0.0.10.in-addr.arpa", DnsRecordType.PTR);
        assertThat(reverse.code()).isEqualTo(DnsResponseCode.NXDOMAIN);
        reverse.release();
        DnsResponse domain = local("lab.example", DnsRecordType.A);
        assertThat(domain.code()).as("names are below it").isEqualTo(DnsResponseCode.NOERROR);
        assertThat(domain.count(DnsSection.ANSWER)).isZero();
        domain.release();
        DnsResponse other = local("router.lab.example", DnsRecordType.MX);
        assertThat(other.code()).isEqualTo(DnsResponseCode.NOERROR);
        assertThat(other.count(DnsSection.ANSWER)).isZero();
        other.release();
    }

    /** An MX record whose name is compressed, which a codec that decodes it would break. */
    @Test
    void answersOfServersPassAsTheyAre() {
        ask(HOST, DnsQueries.withOpt(DnsQueries.query(0x1234, "ExAmPlE.org", DnsRecordType.MX), 4096));
        DnsQueries.Servers.Asked asked = servers.last();
        assertThat(asked.server().getAddress()).isEqualTo(address("192.0.2.53"));
        assertThat(asked.query().getUnsignedShort(asked.query().writerIndex() - 8))
                .as("what is asked for by UDP")
                .isEqualTo(1232);
        ByteBuf reply = asked.answer(1, ByteBufUtil.decodeHexDump("c00c000f00010000000100090005046d61696cc00c"));
        // Without the OPT record of the query.
        ByteBuf expected = reply.copy().setShort(0, 0x1234);
        asked.replies().accept(reply);
        ByteBuf answer = answer();
        assertThat(answer).isEqualTo(expected);
        expected.release();
        answer.release();
        assertThat(count(DnsCounter.ANSWERED)).isEqualTo(1);
        assertThat(servers.ended).isEqualTo(1);
    }

    @Test
    void onlyTheAnswerToTheQuestionWithItsIdIsTaken() {
        ask(HOST, DnsQueries.query(1, "example.org", DnsRecordType.A));
        DnsQueries.Servers.Asked asked = servers.last();
        ByteBuf otherId = asked.answer(0).setShort(0, asked.id() + 1);
        ByteBuf otherName = asked.answer(0).setByte(13, 'f');
        ByteBuf otherType = asked.answer(0).setShort(asked.query().readableBytes() - 4, 28);
        ByteBuf noAnswer = asked.answer(0).setShort(2, 0x0100);
        ByteBuf noQuestion = asked.answer(0).setShort(4, 0);
        ByteBuf empty = asked.answer(0).writerIndex(2);
        List<ByteBuf> forged = List.of(otherId, otherName, otherType, noAnswer, noQuestion, empty);
        for (ByteBuf reply : forged) {
            asked.replies().accept(reply);
            assertThat(answer()).isNull();
            assertThat(reply.refCnt()).isZero();
        }
        assertThat(count(DnsCounter.UNEXPECTED)).isEqualTo(forged.size());
        asked.replies().accept(asked.answer(0));
        answer().release();
        ByteBuf late = asked.answer(0);
        asked.replies().accept(late);
        assertThat(answer()).as("once").isNull();
        assertThat(late.refCnt()).isZero();
    }

    @Test
    void idsAreDrawnForEachQuery() {
        for (int i = 0; i < 60; i++) {
            ask(0, HOST, "10.0.0.1", 2000 + i, DnsQueries.query(1, "example.org", DnsRecordType.A));
        }
        long distinct = servers.asked.stream()
                .mapToInt(DnsQueries.Servers.Asked::id)
                .distinct()
                .count();
        assertThat(servers.asked).hasSize(60);
        assertThat(distinct).isGreaterThan(50);
    }

    @Test
    void silentAndUnreachableServersAreFollowedByOthersAndTheRouterItselfIsNeverAsked() {
        ask(HOST, DnsQueries.query(9, "example.org", DnsRecordType.A));
        DnsQueries.Servers.Asked first = servers.last();
        first.replies().accept(null);
        assertThat(servers.asked).hasSize(2);
        assertThat(servers.last().server().getAddress()).isEqualTo(address("::1"));
        ByteBuf late = first.answer(0);
        first.replies().accept(late);
        assertThat(late.refCnt()).isZero();
        for (int i = 0; i < 10; i++) {
            router.passMillis(500);
        }
        assertThat(servers.asked).hasSize(3);
        DnsResponse response = DnsQueries.read(answer());
        assertThat(response.code()).isEqualTo(DnsResponseCode.SERVFAIL);
        assertThat(response.id()).isEqualTo(9);
        response.release();
        assertThat(count(DnsCounter.FAILED)).isEqualTo(1);
        assertThat(servers.ended).isEqualTo(3);
        assertThat(answer()).isNull();
    }

    @Test
    void whatIsTooLongForUdpSaysSo() {
        ask(HOST, DnsQueries.query(1, "example.org", DnsRecordType.TXT));
        servers.last().replies().accept(servers.last().answer(1, new byte[600]));
        DnsResponse response = DnsQueries.read(answer());
        assertThat(response.isTruncated()).isTrue();
        assertThat(response.count(DnsSection.ANSWER)).isZero();
        response.release();
        ask(HOST, DnsQueries.withOpt(DnsQueries.query(2, "example.org", DnsRecordType.TXT), 4096));
        servers.last().replies().accept(servers.last().answer(0, new byte[1000]));
        ByteBuf whole = answer();
        assertThat(whole.readableBytes()).isGreaterThan(1000);
        whole.release();
        ask(HOST, DnsQueries.withOpt(DnsQueries.query(3, "example.org", DnsRecordType.TXT), 4096));
        servers.last().replies().accept(servers.last().answer(1, new byte[1300]));
        DnsResponse cut = DnsQueries.read(answer());
        assertThat(cut.isTruncated()).isTrue();
        assertThat(cut.count(DnsSection.ADDITIONAL)).as("its OPT record").isEqualTo(1);
        cut.release();
        assertThat(count(DnsCounter.TRUNCATED)).isEqualTo(2);
    }

    @Test
    void aHostHasABudgetAndRepeatsNothing() {
        for (int i = 0; i < 100; i++) {
            ask(0, HOST, "10.0.0.1", 3000 + i, DnsQueries.query(1, "example.org", DnsRecordType.A));
        }
        assertThat(servers.asked).hasSize(64);
        assertThat(count(DnsCounter.LIMITED)).isEqualTo(36);
        ask(0, HOST, "10.0.0.1", 3000, DnsQueries.query(1, "example.org", DnsRecordType.A));
        assertThat(count(DnsCounter.REPEATED)).isEqualTo(1);
        ask("10.0.0.3", DnsQueries.query(1, "example.org", DnsRecordType.A));
        assertThat(servers.asked).as("another host").hasSize(65);
        for (int i = 0; i < 600; i++) {
            ask(0, HOST, "10.0.0.1", 4000 + i, DnsQueries.query(1, "router", DnsRecordType.A));
        }
        assertThat(count(DnsCounter.LOCAL)).as("400 at once").isLessThan(400);
    }

    @Test
    void malformedQueriesAndThoseOfOthersAreDropped() {
        ByteBuf query = DnsQueries.query(1, "example.org", DnsRecordType.A);
        String good = ByteBufUtil.hexDump(query);
        query.release();
        List<String> wrong = List.of(
                "",
                "0001",
                good.substring(0, good.length() - 2),
                // An answer, two questions, an answer in it, a label of 64, a pointer, an OPT record cut off.
                good.substring(0, 4) + "8100" + good.substring(8),
                good.substring(0, 8) + "0002" + good.substring(12),
                good.substring(0, 12) + "0001" + good.substring(16),
                good.substring(0, 24) + "40" + good.substring(26),
                good.substring(0, 24) + "c00c00010001",
                good.substring(0, 20) + "0001" + good.substring(24) + "000029");
        for (String bytes : wrong) {
            ask(HOST, Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(bytes)));
            assertThat(answer()).as(bytes).isNull();
        }
        assertThat(count(DnsCounter.MALFORMED)).isEqualTo(wrong.size());
        ask("203.0.113.7", DnsQueries.query(1, "router", DnsRecordType.A));
        assertThat(router.at(0).count(RouterCounter.MARTIAN))
                .as("nobody who is not behind the port is answered")
                .isEqualTo(1);
        assertThat(servers.asked).isEmpty();
        assertThat(answer()).isNull();
        ask(1, "10.0.1.2", "10.0.1.1", 1000, DnsQueries.query(1, "router", DnsRecordType.A));
        router.sent(1);
        router.arpReply(1, "10.0.1.2");
        assertThat(router.sent(1))
                .as("a port without DNS")
                .singleElement()
                .asString()
                .contains("unreachable");
    }

    @Test
    void zoneTransfersOtherOperationsAndVersionsAreRefused() {
        ask(HOST, DnsQueries.query(1, "example.org", DnsRecordType.AXFR));
        refused(DnsResponseCode.REFUSED);
        ByteBuf update = DnsQueries.query(1, "example.org", DnsRecordType.A);
        ask(HOST, update.setShort(2, 5 << 11));
        refused(DnsResponseCode.NOTIMP);
        ByteBuf chaos = DnsQueries.query(1, "version.bind", DnsRecordType.TXT);
        ask(HOST, chaos.setShort(chaos.writerIndex() - 2, 3));
        refused(DnsResponseCode.REFUSED);
        ByteBuf version = DnsQueries.withOpt(DnsQueries.query(1, "example.org", DnsRecordType.A), 512);
        ask(HOST, version.setByte(version.writerIndex() - 5, 1));
        DnsResponse response = DnsQueries.read(answer());
        assertThat(response.count(DnsSection.ADDITIONAL)).isEqualTo(1);
        response.release();
        assertThat(servers.asked).isEmpty();
        assertThat(count(DnsCounter.REFUSED)).isEqualTo(4);
    }

    private void refused(DnsResponseCode code) {
        DnsResponse response = DnsQueries.read(answer());
        assertThat(response.code()).isEqualTo(code);
        response.release();
    }

    @Test
    void aPortThatGoesTakesItsQueriesWithIt() {
        ask(HOST, DnsQueries.query(1, "example.org", DnsRecordType.A));
        router.close(0);
        router.router.removePort(router.at(0)).run();
        assertThat(servers.ended).isEqualTo(1);
        ByteBuf late = servers.last().answer(0);
        servers.last().replies().accept(late);
        assertThat(late.refCnt()).isZero();
    }

    @Test
    void queriesFromOutsideAreNoBusinessOfTheRouter() {
        PortSettings outside = new PortSettings(List.of(Cidr.parse("192.0.2.1/24")), false, true, null);
        assertThatThrownBy(() -> outside.withDns(DnsSettings.answering(List.of())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no NAT on a port where DNS queries are answered");
    }
}
