/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.print;

import io.github.nettytap.codec.wire.ArpHeader;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;

/**
 * Describes a frame in one line, in the words of {@code tcpdump -n}: addresses as numbers, sequence numbers absolute.
 *
 * <pre>
 * IP 10.0.0.1.40000 &gt; 10.0.0.2.80: Flags [P.], seq 1000:1100, ack 77, win 500, length 100
 * ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28
 * IP6 fe80::1 &gt; ff02::1:ff00:2: ICMP6, neighbor solicitation, who has fe80::2, length 32
 * </pre>
 *
 * <p>Unlike tcpdump it always tells VLAN tags, and describes the inner frame of VXLAN on the same line. What is missing
 * or wrong in a frame is said in brackets, {@code [|tcp]}; no input makes it throw or read outside the frame. For
 * people: it makes garbage. Immutable, for any thread.
 */
public final class FramePrinter {

    /** The network layer first, as {@code tcpdump -n}. */
    public static final FramePrinter PLAIN = new FramePrinter(false);

    /** The Ethernet header first, as {@code tcpdump -n -e}. */
    public static final FramePrinter LINK_LEVEL = new FramePrinter(true);

    /** Frames within frames within frames are not followed further than this. */
    private static final int MAX_NESTING = 3;

    private static final int TYPE_LLDP = 0x88cc;
    private static final int TYPE_EAPOL = 0x888e;
    private static final int NANOS_PER_MICRO = 1_000;

    private final boolean linkLevel;

    private FramePrinter(boolean linkLevel) {
        this.linkLevel = linkLevel;
    }

    /**
     * Describes the readable bytes of a buffer.
     *
     * @param frame an Ethernet frame; its indices stay
     * @return one line without a line end
     */
    public String print(ByteBuf frame) {
        StringBuilder line = new StringBuilder();
        print(line, frame, frame.readerIndex(), frame.readableBytes(), frame.readableBytes());
        return line.toString();
    }

    /**
     * Describes a frame of which only the start may be there.
     *
     * @param line what to append to
     * @param buffer holds the frame
     * @param index the index of its Ethernet header
     * @param length how much of it is there, not beyond the writer index
     * @param originalLength how long it was
     */
    public void print(StringBuilder line, ByteBuf buffer, int index, int length, int originalLength) {
        print(line, buffer, index, length, originalLength, 0);
    }

    void print(StringBuilder line, ByteBuf buffer, int index, int length, int originalLength, int nesting) {
        int limit = index + length;
        if (length < EthernetHeader.LENGTH) {
            line.append("[|ether]");
            return;
        }
        int type = EthernetHeader.type(buffer, index);
        if (linkLevel) {
            appendAddresses(line, buffer, index);
            line.append(", ");
            appendType(line, type);
            line.append(", length ").append(originalLength).append(": ");
        }
        int network = index + EthernetHeader.LENGTH;
        for (int tags = 0; EthernetHeader.isTag(type); tags++) {
            if (limit - network < EthernetHeader.TAG_LENGTH) {
                line.append("[|vlan]");
                return;
            }
            if (tags == EthernetHeader.MAX_TAGS) {
                line.append("[more tags]");
                return;
            }
            appendTag(line, buffer.getUnsignedShort(network));
            type = buffer.getUnsignedShort(network + 2);
            network += EthernetHeader.TAG_LENGTH;
            if (linkLevel) {
                appendType(line, type);
                line.append(", ");
            }
        }
        int missing = Math.max(0, originalLength - length);
        appendNetwork(line, new Packet(buffer, index, network, limit, missing, nesting), type);
    }

    /** What the parts of the printer hand on: where a packet starts, and where what is there of it ends. */
    static final class Packet {
        final ByteBuf buffer;
        final int frame;
        final int index;
        final int limit;
        /** How many bytes of the frame are not there. */
        final int missing;

        final int nesting;

        Packet(ByteBuf buffer, int frame, int index, int limit, int missing, int nesting) {
            this.buffer = buffer;
            this.frame = frame;
            this.index = index;
            this.limit = limit;
            this.missing = missing;
            this.nesting = nesting;
        }

        int available() {
            return limit - index;
        }
    }

    private void appendNetwork(StringBuilder line, Packet packet, int type) {
        switch (type) {
            case EthernetHeader.TYPE_IPV4:
                IpPrinter.printV4(this, line.append(linkLevel ? "" : "IP "), packet);
                break;
            case EthernetHeader.TYPE_IPV6:
                IpPrinter.printV6(this, line.append(linkLevel ? "" : "IP6 "), packet);
                break;
            case EthernetHeader.TYPE_ARP:
                appendArp(line.append(linkLevel ? "" : "ARP, "), packet);
                break;
            default:
                if (!linkLevel) {
                    appendAddresses(line, packet.buffer, packet.frame);
                    line.append(", ");
                    appendType(line, type);
                    line.append(", ");
                }
                line.append("length ").append(packet.available() + packet.missing);
        }
    }

    /** Describes the frame in a tunnel. */
    void printInner(StringBuilder line, Packet outer, int index) {
        if (outer.nesting >= MAX_NESTING) {
            line.append("...");
        } else {
            int length = outer.limit - index;
            print(line, outer.buffer, index, length, length + outer.missing, outer.nesting + 1);
        }
    }

    private static void appendArp(StringBuilder line, Packet packet) {
        ByteBuf buffer = packet.buffer;
        int index = packet.index;
        if (ArpHeader.check(buffer, index, packet.limit) == Wire.MALFORMED) {
            line.append("[|arp]");
            return;
        }
        int operation = ArpHeader.operation(buffer, index);
        int sender = ArpHeader.senderIpv4(buffer, index);
        int target = ArpHeader.targetIpv4(buffer, index);
        if (operation == ArpHeader.REQUEST) {
            IpPrinter.appendIpv4(line.append("Request who-has "), target);
            if (ArpHeader.targetMac(buffer, index) != 0) {
                line.append(" (")
                        .append(MacAddress.of(ArpHeader.targetMac(buffer, index)))
                        .append(')');
            }
            IpPrinter.appendIpv4(line.append(" tell "), sender);
        } else if (operation == ArpHeader.REPLY) {
            IpPrinter.appendIpv4(line.append("Reply "), sender);
            line.append(" is-at ").append(MacAddress.of(ArpHeader.senderMac(buffer, index)));
        } else {
            line.append("operation ").append(operation);
        }
        line.append(", length ").append(packet.available() + packet.missing);
    }

    private static void appendAddresses(StringBuilder line, ByteBuf buffer, int index) {
        line.append(MacAddress.of(EthernetHeader.source(buffer, index)))
                .append(" > ")
                .append(MacAddress.of(EthernetHeader.destination(buffer, index)));
    }

    private static void appendTag(StringBuilder line, int control) {
        line.append("vlan ").append(control & 0xfff).append(", p ").append(control >>> 13);
        if ((control & 0x1000) != 0) {
            line.append(", DEI");
        }
        line.append(", ");
    }

    private static void appendType(StringBuilder line, int type) {
        if (EthernetHeader.isLength(type)) {
            line.append("802.3");
            return;
        }
        line.append("ethertype ").append(name(type)).append(" (0x");
        String digits = Integer.toHexString(type);
        line.append("0".repeat(4 - digits.length())).append(digits).append(')');
    }

    private static String name(int type) {
        switch (type) {
            case EthernetHeader.TYPE_IPV4:
                return "IPv4";
            case EthernetHeader.TYPE_IPV6:
                return "IPv6";
            case EthernetHeader.TYPE_ARP:
                return "ARP";
            case EthernetHeader.TYPE_VLAN:
                return "802.1Q";
            case EthernetHeader.TYPE_QINQ:
                return "802.1Q-QinQ";
            case TYPE_LLDP:
                return "LLDP";
            case TYPE_EAPOL:
                return "EAPOL";
            default:
                return "Unknown";
        }
    }

    /**
     * Appends the time of day as tcpdump does: {@code 13:48:00.454233}.
     *
     * @param line what to append to
     * @param epochNanos nanoseconds since 1970
     * @param zone where the user is
     */
    public static void appendTime(StringBuilder line, long epochNanos, ZoneId zone) {
        ZonedDateTime time = Instant.ofEpochSecond(0, epochNanos).atZone(zone);
        appendPadded(line, time.getHour(), 2);
        appendPadded(line.append(':'), time.getMinute(), 2);
        appendPadded(line.append(':'), time.getSecond(), 2);
        appendPadded(line.append('.'), time.getNano() / NANOS_PER_MICRO, 6);
    }

    /**
     * Finds where the network layer of a frame begins, which is where tcpdump begins a dump unless asked for all.
     *
     * @param buffer holds the frame
     * @param index the index of its Ethernet header
     * @param length how much of it is there
     * @return the offset behind the Ethernet header and its VLAN tags, at most {@code length}
     */
    public static int networkOffset(ByteBuf buffer, int index, int length) {
        int offset = EthernetHeader.LENGTH;
        for (int tags = 0; tags < EthernetHeader.MAX_TAGS && offset <= length; tags++) {
            if (!EthernetHeader.isTag(buffer.getUnsignedShort(index + offset - 2))) {
                break;
            }
            offset += EthernetHeader.TAG_LENGTH;
        }
        return Math.min(offset, length);
    }

    private static void appendPadded(StringBuilder line, int value, int digits) {
        String text = Integer.toString(value);
        line.append("0".repeat(digits - text.length())).append(text);
    }
}
