/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.forwarding;

import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.Ipv4Header;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

import java.util.function.Consumer;

/** Cuts an IPv4 packet into fragments, as RFC 791, section 3.2, has it. */
final class Ipv4Fragments {

    /** Offsets are counted in units of 8 bytes. */
    private static final int UNIT = 8;

    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    private static final int OPTION_COPIED = 0x80;

    private final Output output;

    Ipv4Fragments(Output output) {
        this.output = output;
    }

    /**
     * Cuts a packet with whole checksums.
     *
     * @param frame still the caller's
     * @param to the port whose MTU the fragments have at most
     * @param fragments takes each, in order, and owns it
     */
    void cut(ByteBuf frame, RouterPort to, Consumer<ByteBuf> fragments) {
        int ip = output.ipIndex(frame);
        int headerLength = Ipv4Header.headerLength(frame, ip);
        int payload = Ipv4Header.totalLength(frame, ip) - headerLength;
        int field = Ipv4Header.fragment(frame, ip);
        int firstOffset = field & Ipv4Header.FRAGMENT_OFFSET_MASK;
        boolean moreBehind = (field & Ipv4Header.MORE_FRAGMENTS) != 0;
        // Room for the longest header in each keeps the arithmetic simple; only packets with options lose by it.
        int room = (to.mtu() - headerLength) / UNIT * UNIT;
        for (int done = 0; done < payload; done += room) {
            int length = Math.min(room, payload - done);
            boolean more = moreBehind || done + length < payload;
            boolean isFirst = done == 0;
            int header = isFirst ? headerLength : copiedLength(frame, ip, headerLength);
            ByteBuf fragment = output.newFrame(to, EthernetHeader.TYPE_IPV4, header + length);
            int at = output.ipIndex(fragment);
            fragment.setBytes(at, frame, ip, Ipv4Header.MIN_LENGTH);
            if (isFirst) {
                fragment.setBytes(at, frame, ip, headerLength);
            } else {
                copyOptions(frame, ip, headerLength, fragment, at, header);
            }
            fragment.setBytes(at + header, frame, ip + headerLength + done, length);
            Ipv4Header.totalLength(fragment, at, header + length);
            int offset = firstOffset + done / UNIT;
            Ipv4Header.fragment(fragment, at, more ? offset | Ipv4Header.MORE_FRAGMENTS : offset);
            Ipv4Header.updateChecksum(fragment, at);
            fragments.accept(fragment);
        }
    }

    private static int copiedLength(ByteBuf frame, int ip, int headerLength) {
        int length = Ipv4Header.MIN_LENGTH;
        for (int option = Ipv4Header.MIN_LENGTH; option < headerLength; ) {
            int size = optionLength(frame, ip + option, headerLength - option);
            length += isCopied(frame, ip + option) ? size : 0;
            option += size;
        }
        return length + 3 & ~3;
    }

    /** The header's length goes into its first octet; what the options leave free is filled with ends of list. */
    private static void copyOptions(ByteBuf frame, int ip, int headerLength, ByteBuf fragment, int at, int header) {
        fragment.setByte(at, 4 << 4 | header >>> 2);
        fragment.setZero(at + Ipv4Header.MIN_LENGTH, header - Ipv4Header.MIN_LENGTH);
        int end = at + Ipv4Header.MIN_LENGTH;
        for (int option = Ipv4Header.MIN_LENGTH; option < headerLength; ) {
            int size = optionLength(frame, ip + option, headerLength - option);
            if (isCopied(frame, ip + option)) {
                fragment.setBytes(end, frame, ip + option, size);
                end += size;
            }
            option += size;
        }
    }

    /** All the rest for the end of the list, and for an option that does not fit. */
    private static int optionLength(ByteBuf frame, int option, int rest) {
        int type = frame.getUnsignedByte(option);
        if (type == OPTION_NOP) {
            return 1;
        }
        int length = type == OPTION_END || rest < 2 ? 0 : frame.getUnsignedByte(option + 1);
        return length < 2 || length > rest ? rest : length;
    }

    private static boolean isCopied(ByteBuf frame, int option) {
        return (frame.getUnsignedByte(option) & OPTION_COPIED) != 0;
    }
}
