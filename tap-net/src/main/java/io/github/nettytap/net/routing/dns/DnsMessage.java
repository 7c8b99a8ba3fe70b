/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

import io.netty.buffer.ByteBuf;

import java.util.Arrays;

/**
 * The layout of DNS messages, network byte order: RFC 1035, section 4, and EDNS, RFC 6891. Indices are absolute.
 *
 * <pre>
 *  0    2       4         6         8         10        12
 * +----+-------+---------+---------+---------+---------+----------+---------
 * | id | flags | QDCOUNT | ANCOUNT | NSCOUNT | ARCOUNT | question | records
 * +----+-------+---------+---------+---------+---------+----------+---------
 * </pre>
 */
final class DnsMessage {

    static final int HEADER = 12;

    /** RFC 1035, section 4.2.1: what every client takes by UDP. */
    static final int LEAST_UDP = 512;

    /** What passes every path of IPv6 in one packet; the largest that is sent, and asked for, by UDP. */
    static final int MOST_UDP = 1232;

    static final int TYPE_A = 1;
    static final int TYPE_PTR = 12;
    static final int TYPE_AAAA = 28;
    static final int TYPE_OPT = 41;
    static final int TYPE_IXFR = 251;
    static final int TYPE_AXFR = 252;
    static final int TYPE_ANY = 255;
    static final int CLASS_IN = 1;

    static final int NO_ERROR = 0;
    static final int SERVER_FAILURE = 2;
    static final int NAME_ERROR = 3;
    static final int NOT_IMPLEMENTED = 4;
    static final int REFUSED = 5;

    /** RFC 6891, section 6.1.3: the upper bits are in the OPT record. */
    static final int BAD_VERSION = 16;

    static final int OPT_LENGTH = 11;

    private static final String REVERSE = ".in-addr.arpa";
    private static final int FLAGS = 2;
    private static final int QUESTIONS = 4;
    private static final int ANSWERS = 6;
    private static final int AUTHORITIES = 8;
    private static final int ADDITIONALS = 10;
    private static final int FLAG_RESPONSE = 0x8000;
    private static final int FLAG_AUTHORITATIVE = 0x0400;
    private static final int FLAG_TRUNCATED = 0x0200;
    private static final int FLAG_RECURSION_AVAILABLE = 0x0080;

    /** The operation and that recursion is desired, which an answer repeats. */
    private static final int MASK_COPIED = 0x7900;

    private static final int OPCODE_SHIFT = 11;
    private static final int OPCODE_MASK = 0xf;
    private static final int MAX_NAME = 255;
    private static final int MAX_LABEL = 63;
    private static final int POINTER = 0xc0;
    private static final int MALFORMED = -1;

    /** A query has an OPT record, a signature, and nothing that anybody knows of besides. */
    private static final int MAX_ADDITIONALS = 4;

    private DnsMessage() {}

    /**
     * What a query asks.
     *
     * @param end the index behind the question
     * @param type of the records asked for
     * @param dnsClass of these
     * @param name in lower case, without the last dot; null if it has other octets than letters, digits, hyphens and
     *     underscores
     * @param opt the index of the OPT record behind its name, or -1
     */
    record Question(int end, int type, int dnsClass, String name, int opt) {

        boolean hasOpt() {
            return opt >= 0;
        }

        boolean isOneLabel() {
            return name != null && !name.isEmpty() && name.indexOf('.') < 0;
        }

        /** How long an answer by UDP may be. */
        int mostByUdp(ByteBuf query) {
            return hasOpt() ? Math.max(LEAST_UDP, Math.min(MOST_UDP, query.getUnsignedShort(opt + 2))) : LEAST_UDP;
        }
    }

    static int id(ByteBuf message) {
        return message.getUnsignedShort(message.readerIndex());
    }

    static void id(ByteBuf message, int id) {
        message.setShort(message.readerIndex(), id);
    }

    static boolean isResponse(ByteBuf message) {
        return (message.getUnsignedShort(message.readerIndex() + FLAGS) & FLAG_RESPONSE) != 0;
    }

    static int opcode(ByteBuf message) {
        return message.getUnsignedShort(message.readerIndex() + FLAGS) >>> OPCODE_SHIFT & OPCODE_MASK;
    }

    /**
     * Reads a query: one question, nothing but additional records behind it, and not longer than a packet.
     *
     * @return null if it is malformed
     */
    static Question parse(ByteBuf message) {
        int start = message.readerIndex();
        int limit = message.writerIndex();
        if (limit - start < HEADER
                || limit - start > MOST_UDP
                || isResponse(message)
                || message.getUnsignedShort(start + QUESTIONS) != 1
                || message.getUnsignedShort(start + ANSWERS) != 0
                || message.getUnsignedShort(start + AUTHORITIES) != 0
                || message.getUnsignedShort(start + ADDITIONALS) > MAX_ADDITIONALS) {
            return null;
        }
        int end = skipName(message, start + HEADER, limit, false);
        if (end == MALFORMED || limit - end < 4) {
            return null;
        }
        int opt = -1;
        int at = end + 4;
        for (int left = message.getUnsignedShort(start + ADDITIONALS); left > 0; left--) {
            int behindName = skipName(message, at, limit, true);
            if (behindName == MALFORMED || limit - behindName < OPT_LENGTH - 1) {
                return null;
            }
            int next = behindName + 10 + message.getUnsignedShort(behindName + 8);
            if (next > limit) {
                return null;
            }
            if (message.getUnsignedShort(behindName) == TYPE_OPT) {
                if (opt >= 0 || behindName != at + 1) {
                    return null; // RFC 6891, section 6.1.1: one, of the root.
                }
                opt = behindName;
            }
            at = next;
        }
        String name = name(message, start + HEADER);
        return new Question(end + 4, message.getUnsignedShort(end), message.getUnsignedShort(end + 2), name, opt);
    }

    /** The index behind a name. */
    private static int skipName(ByteBuf message, int index, int limit, boolean mayBeCompressed) {
        int at = index;
        while (at < limit && at - index < MAX_NAME) {
            int length = message.getUnsignedByte(at);
            if (length == 0) {
                return at + 1;
            }
            if (length >= POINTER && mayBeCompressed) {
                return limit - at < 2 ? MALFORMED : at + 2;
            }
            if (length > MAX_LABEL) {
                return MALFORMED;
            }
            at += 1 + length;
        }
        return MALFORMED;
    }

    /** A name that has been skipped before. */
    private static String name(ByteBuf message, int index) {
        StringBuilder name = new StringBuilder();
        int at = index;
        for (int length = message.getUnsignedByte(at); length > 0; length = message.getUnsignedByte(at)) {
            if (at > index) {
                name.append('.');
            }
            for (int i = 1; i <= length; i++) {
                int octet = lower(message.getUnsignedByte(at + i));
                boolean isPlain = octet >= 'a' && octet <= 'z' || octet >= '0' && octet <= '9';
                if (!isPlain && octet != '-' && octet != '_') {
                    return null;
                }
                name.append((char) octet);
            }
            at += 1 + length;
        }
        return name.toString();
    }

    private static int lower(int octet) {
        return octet >= 'A' && octet <= 'Z' ? octet + ('a' - 'A') : octet;
    }

    /** Whether a message answers a query that was sent with this id: the same question, in whatever case. */
    static boolean answers(ByteBuf answer, int id, ByteBuf query, Question question) {
        int start = answer.readerIndex();
        int from = query.readerIndex();
        int length = question.end - from;
        if (answer.readableBytes() < length
                || !isResponse(answer)
                || id(answer) != id
                || opcode(answer) != opcode(query)
                || answer.getUnsignedShort(start + QUESTIONS) != 1) {
            return false;
        }
        for (int i = HEADER; i < length; i++) {
            int a = answer.getUnsignedByte(start + i);
            int b = query.getUnsignedByte(from + i);
            boolean isOfName = i < length - 4; // Where lengths of labels are below all letters.
            if (isOfName ? lower(a) != lower(b) : a != b) {
                return false;
            }
        }
        return true;
    }

    /**
     * Begins an answer that repeats the question, octet by octet, since its case may be the resolver's secret.
     *
     * @param answer empty, and long enough
     * @param answers how many records the caller writes behind it
     */
    static void writeHead(
            ByteBuf answer, ByteBuf query, Question question, boolean authoritative, int code, int answers) {
        int start = query.readerIndex();
        int flags = query.getUnsignedShort(start + FLAGS) & MASK_COPIED
                | FLAG_RESPONSE
                | FLAG_RECURSION_AVAILABLE
                | (authoritative ? FLAG_AUTHORITATIVE : 0)
                | code & 0xf;
        answer.writeShort(id(query)).writeShort(flags).writeShort(1).writeShort(answers);
        answer.writeShort(0).writeShort(question.hasOpt() ? 1 : 0);
        answer.writeBytes(query, start + HEADER, question.end - start - HEADER);
    }

    /** Begins a record whose owner is the name of the question. */
    static void writeRecord(ByteBuf answer, int type, int seconds, int length) {
        answer.writeShort(POINTER << Byte.SIZE | HEADER).writeShort(type).writeShort(CLASS_IN);
        answer.writeInt(seconds).writeShort(length);
    }

    /** The end of an answer, if the query has such a record. */
    static void writeOpt(ByteBuf answer, Question question, int code) {
        if (question.hasOpt()) {
            answer.writeByte(0).writeShort(TYPE_OPT).writeShort(MOST_UDP);
            answer.writeByte(code >>> 4).writeByte(0).writeShort(0).writeShort(0);
        }
    }

    /** The version of EDNS that the query speaks; 0 is the only one there is. */
    static int ednsVersion(ByteBuf query, Question question) {
        return question.hasOpt() ? query.getUnsignedByte(question.opt + 5) : 0;
    }

    /** Asks for no more by UDP than is passed on. */
    static void limitUdp(ByteBuf query, Question question) {
        if (question.hasOpt() && query.getUnsignedShort(question.opt + 2) > MOST_UDP) {
            query.setShort(question.opt + 2, MOST_UDP);
        }
    }

    /** Makes an answer say that it is too long for UDP: its head alone, without records but its own OPT. */
    static void truncate(ByteBuf answer, ByteBuf query, Question question) {
        int start = answer.readerIndex();
        answer.setShort(start + FLAGS, answer.getUnsignedShort(start + FLAGS) | FLAG_TRUNCATED);
        answer.setShort(start + ANSWERS, 0).setShort(start + AUTHORITIES, 0);
        answer.setShort(start + ADDITIONALS, question.hasOpt() ? 1 : 0);
        answer.writerIndex(start + question.end - query.readerIndex());
        writeOpt(answer, question, NO_ERROR);
    }

    /** The name of an address in the tree of addresses, such as {@code 1.0.0.10.in-addr.arpa}. */
    static String reverseName(int address) {
        return (address & 0xff) + "." + (address >>> 8 & 0xff) + "." + (address >>> 16 & 0xff) + "." + (address >>> 24)
                + REVERSE;
    }

    /** The address of such a name, or null if it is none. */
    static Integer addressOf(String reverseName) {
        if (!reverseName.endsWith(REVERSE)) {
            return null;
        }
        String[] octets = reverseName
                .substring(0, reverseName.length() - REVERSE.length())
                .split("\\.", -1);
        if (octets.length != Integer.BYTES || !Arrays.stream(octets).allMatch(DnsMessage::isOctet)) {
            return null;
        }
        int address = 0;
        for (int i = Integer.BYTES - 1; i >= 0; i--) {
            address = address << Byte.SIZE | Integer.parseInt(octets[i]);
        }
        return address;
    }

    private static boolean isOctet(String text) {
        return text.matches("0|[1-9][0-9]{0,2}") && Integer.parseInt(text) <= 0xff;
    }
}
