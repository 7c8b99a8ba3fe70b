/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import io.github.nettytap.net.routing.dns.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryEncoder;
import io.netty.handler.codec.dns.DatagramDnsResponseDecoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsSection;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** DNS messages, made and read with Netty's codec. */
final class DnsQueries {

    private static final InetSocketAddress NOBODY = new InetSocketAddress("192.0.2.1", 53);

    private DnsQueries() {}

    static ByteBuf query(int id, String name, DnsRecordType type) {
        EmbeddedChannel encoder = new EmbeddedChannel(new DatagramDnsQueryEncoder());
        DatagramDnsQuery query = new DatagramDnsQuery(NOBODY, NOBODY, id);
        query.setRecursionDesired(true).addRecord(DnsSection.QUESTION, new DefaultDnsQuestion(name, type));
        encoder.writeOutbound(query);
        DatagramPacket packet = encoder.readOutbound();
        encoder.finishAndReleaseAll();
        return packet.content();
    }

    /** The same with an OPT record that offers to take so many bytes. */
    static ByteBuf withOpt(ByteBuf query, int bytes) {
        ByteBuf more = Unpooled.buffer(query.readableBytes() + 11).writeBytes(query);
        query.release();
        more.setShort(10, 1);
        return more.writeByte(0).writeShort(41).writeShort(bytes).writeInt(0).writeShort(0);
    }

    /** Owns the message. */
    static DnsResponse read(ByteBuf message) {
        EmbeddedChannel decoder = new EmbeddedChannel(new DatagramDnsResponseDecoder());
        decoder.writeInbound(new DatagramPacket(message, NOBODY, NOBODY));
        DnsResponse response = decoder.readInbound();
        decoder.finish();
        return response;
    }

    /** Name servers that answer when the test says so. */
    static final class Servers implements Upstream {

        final List<Asked> asked = new ArrayList<>();
        int ended;

        /** A query that has come to a server. */
        record Asked(ByteBuf query, InetSocketAddress server, Consumer<ByteBuf> replies) {

            int id() {
                return query.getUnsignedShort(0);
            }

            /** The query as an answer, with these bytes behind its question and so many records. */
            ByteBuf answer(int answers, byte... records) {
                ByteBuf answer = Unpooled.buffer().writeBytes(query, 0, query.readableBytes());
                answer.setShort(2, 0x8180).setShort(6, answers).setShort(10, 0);
                return answer.writeBytes(records);
            }
        }

        @Override
        public Exchange ask(ByteBuf query, InetSocketAddress server, Consumer<ByteBuf> replies) {
            asked.add(new Asked(Unpooled.copiedBuffer(query), server, replies));
            return () -> ended++;
        }

        Asked last() {
            return asked.get(asked.size() - 1);
        }
    }
}
