/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.print;

import io.github.nettytap.codec.print.FramePrinter.Packet;
import io.github.nettytap.codec.wire.TcpHeader;
import io.github.nettytap.codec.wire.UdpHeader;
import io.github.nettytap.codec.wire.VxlanHeader;
import io.github.nettytap.codec.wire.Wire;
import io.netty.buffer.ByteBuf;

/** The part of the {@link FramePrinter} for TCP and UDP. */
final class TransportPrinter {

    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    private static final int OPTION_MSS = 2;
    private static final int OPTION_WINDOW_SCALE = 3;
    private static final int OPTION_SACK_PERMITTED = 4;
    private static final int OPTION_SACK = 5;
    private static final int OPTION_TIMESTAMPS = 8;

    private TransportPrinter() {}

    /** Who sends to whom. */
    static final class Endpoints {
        private final String source;
        private final String destination;
        private String prefix = "";

        Endpoints(String source, String destination) {
            this.source = source;
            this.destination = destination;
        }

        /** What stands in front of the protocol above: extension headers. */
        void prefix(String text) {
            prefix = text;
        }

        StringBuilder append(StringBuilder line) {
            line.append(source).append(" > ").append(destination).append(':');
            return prefix.isEmpty() ? line : line.append(' ').append(prefix.trim());
        }

        StringBuilder append(StringBuilder line, int sourcePort, int destinationPort) {
            return line.append(prefix)
                    .append(source)
                    .append('.')
                    .append(sourcePort)
                    .append(" > ")
                    .append(destination)
                    .append('.')
                    .append(destinationPort)
                    .append(": ");
        }
    }

    static void printUdp(FramePrinter printer, StringBuilder line, Packet udp, Endpoints endpoints, int length) {
        ByteBuf buffer = udp.buffer;
        int index = udp.index;
        if (udp.available() < UdpHeader.LENGTH) {
            endpoints.append(line).append(" [|udp]");
            return;
        }
        int destinationPort = UdpHeader.destinationPort(buffer, index);
        endpoints.append(line, UdpHeader.sourcePort(buffer, index), destinationPort);
        int udpLength = UdpHeader.length(buffer, index);
        if (udpLength < UdpHeader.LENGTH) {
            line.append("[bad udp length ").append(udpLength).append(']');
            return;
        }
        if (udpLength > length) {
            line.append("truncated-udplength ").append(udpLength);
            return;
        }
        int vxlan = index + UdpHeader.LENGTH;
        if (destinationPort == VxlanHeader.PORT && VxlanHeader.check(buffer, vxlan, udp.limit) != Wire.MALFORMED) {
            line.append("VXLAN, flags [I] (0x08), vni ")
                    .append(VxlanHeader.vni(buffer, vxlan))
                    .append(": ");
            printer.printInner(line, udp, vxlan + VxlanHeader.LENGTH);
            return;
        }
        line.append("UDP, length ").append(udpLength - UdpHeader.LENGTH);
    }

    static void printTcp(StringBuilder line, Packet tcp, Endpoints endpoints, int length) {
        ByteBuf buffer = tcp.buffer;
        int index = tcp.index;
        if (tcp.available() < TcpHeader.MIN_LENGTH) {
            endpoints.append(line).append(" [|tcp]");
            return;
        }
        endpoints.append(line, TcpHeader.sourcePort(buffer, index), TcpHeader.destinationPort(buffer, index));
        int headerLength = TcpHeader.headerLength(buffer, index);
        if (headerLength < TcpHeader.MIN_LENGTH || headerLength > length) {
            line.append("tcp ").append(length - headerLength).append(" [bad hdr length ");
            line.append(headerLength).append(headerLength > length ? " - too long]" : " - too short]");
            return;
        }
        int flags = TcpHeader.flags(buffer, index);
        int payload = length - headerLength;
        line.append("Flags [");
        appendFlags(line, flags);
        line.append(']');
        boolean numbered = (flags & (TcpHeader.FLAG_SYN | TcpHeader.FLAG_FIN | TcpHeader.FLAG_RST)) != 0;
        if (payload > 0 || numbered) {
            long sequence = Integer.toUnsignedLong(TcpHeader.sequence(buffer, index));
            line.append(", seq ").append(sequence);
            if (payload > 0) {
                line.append(':').append(sequence + payload & 0xffff_ffffL);
            }
        }
        if ((flags & TcpHeader.FLAG_ACK) != 0) {
            line.append(", ack ").append(Integer.toUnsignedString(TcpHeader.acknowledgment(buffer, index)));
        }
        line.append(", win ").append(TcpHeader.window(buffer, index));
        if ((flags & TcpHeader.FLAG_URG) != 0) {
            line.append(", urg ").append(TcpHeader.urgentPointer(buffer, index));
        }
        if (headerLength > TcpHeader.MIN_LENGTH) {
            line.append(", options [");
            int end = index + headerLength;
            appendOptions(line, buffer, index + TcpHeader.MIN_LENGTH, Math.min(end, tcp.limit));
            line.append(end > tcp.limit ? "[|tcp]]" : "]");
        }
        line.append(", length ").append(payload);
    }

    private static void appendFlags(StringBuilder line, int flags) {
        int start = line.length();
        append(line, flags, TcpHeader.FLAG_FIN, 'F');
        append(line, flags, TcpHeader.FLAG_SYN, 'S');
        append(line, flags, TcpHeader.FLAG_RST, 'R');
        append(line, flags, TcpHeader.FLAG_PSH, 'P');
        append(line, flags, TcpHeader.FLAG_ACK, '.');
        append(line, flags, TcpHeader.FLAG_URG, 'U');
        append(line, flags, TcpHeader.FLAG_ECE, 'E');
        append(line, flags, TcpHeader.FLAG_CWR, 'W');
        if (line.length() == start) {
            line.append("none");
        }
    }

    private static void append(StringBuilder line, int flags, int flag, char letter) {
        if ((flags & flag) != 0) {
            line.append(letter);
        }
    }

    private static void appendOptions(StringBuilder line, ByteBuf buffer, int start, int end) {
        int index = start;
        while (index < end) {
            if (index > start) {
                line.append(',');
            }
            int kind = buffer.getUnsignedByte(index);
            if (kind == OPTION_END) {
                line.append("eol");
                return;
            }
            if (kind == OPTION_NOP) {
                line.append("nop");
                index++;
                continue;
            }
            int length = index + 1 < end ? buffer.getUnsignedByte(index + 1) : 0;
            if (length < 2 || length > end - index) {
                line.append("[bad opt]");
                return;
            }
            appendOption(line, buffer, index, kind, length);
            index += length;
        }
    }

    private static void appendOption(StringBuilder line, ByteBuf buffer, int index, int kind, int length) {
        if (kind == OPTION_MSS && length == 4) {
            line.append("mss ").append(buffer.getUnsignedShort(index + 2));
        } else if (kind == OPTION_WINDOW_SCALE && length == 3) {
            line.append("wscale ").append(buffer.getUnsignedByte(index + 2));
        } else if (kind == OPTION_SACK_PERMITTED && length == 2) {
            line.append("sackOK");
        } else if (kind == OPTION_SACK && length >= 10 && (length - 2) % 8 == 0) {
            line.append("sack ").append((length - 2) / 8).append(' ');
            for (int block = index + 2; block < index + length; block += 8) {
                line.append('{')
                        .append(buffer.getUnsignedInt(block))
                        .append(':')
                        .append(buffer.getUnsignedInt(block + 4))
                        .append('}');
            }
        } else if (kind == OPTION_TIMESTAMPS && length == 10) {
            line.append("TS val ")
                    .append(buffer.getUnsignedInt(index + 2))
                    .append(" ecr ")
                    .append(buffer.getUnsignedInt(index + 6));
        } else {
            line.append("unknown-").append(kind);
            if (length > 2) {
                line.append(" 0x");
                for (int i = index + 2; i < index + length; i++) {
                    int octet = buffer.getUnsignedByte(i);
                    line.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
                }
            }
        }
    }
}
