/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.packet;

import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.SockaddrLl;
import io.github.nettytap.transport.linux.Sockets;
import io.github.nettytap.transport.linux.Structs;
import io.netty.buffer.ByteBuf;

import java.nio.ByteBuffer;

/**
 * What {@code recvmsg} needs for frames of a packet socket (packet(7)), made once and used again for each frame: the
 * message header, the place of the frame, the address it came from, and what the kernel keeps beside it.
 *
 * <pre>
 * msghdr:           0 name    8 name length u32   16 iovecs   24 count u64   32 control   40 control length u64
 *                  48 flags i32
 * iovec:            0 base    8 length u64
 * cmsghdr:          0 length u64    8 level i32   12 type i32   16 tpacket_auxdata
 * tpacket_auxdata:  0 status u32    4 length u32    8 captured u32   12 mac u16   14 net u16   16 VLAN TCI u16
 *                  18 VLAN TPID u16
 * </pre>
 */
public final class PacketMessages {

    // linux/if_packet.h
    private static final int TP_STATUS_VLAN_VALID = 1 << 4;
    private static final int TP_STATUS_VLAN_TPID_VALID = 1 << 6;
    private static final int ETH_P_8021Q = 0x8100;

    private static final int IOVECS = 56;
    private static final int IOVEC_SIZE = 16;
    private static final int NAME = IOVECS + 2 * IOVEC_SIZE;
    private static final int CONTROL = NAME + 24;
    private static final int AUXDATA = CONTROL + 16;
    private static final int AUXDATA_SIZE = 20;
    private static final int CONTROL_SIZE = 40;
    private static final int SIZE = CONTROL + CONTROL_SIZE;

    private final ByteBuffer memory;
    private final long address;

    /** For so many frames at once. */
    public PacketMessages(LibC libc, int count) {
        memory = Structs.allocate(count * SIZE);
        address = libc.addressOf(memory);
        for (int i = 0; i < count; i++) {
            int at = i * SIZE;
            memory.putLong(at, address + at + NAME)
                    .putLong(at + 16, address + at + IOVECS)
                    .putLong(at + 32, address + at + CONTROL);
        }
    }

    /**
     * Makes a message ready for one frame, in two parts.
     *
     * @param message which one
     * @param first where the first bytes of the frame go
     * @param firstLength how many, 0 for a frame in one part
     * @param rest where those after them go
     * @param restLength the room there
     */
    public void prepare(int message, long first, int firstLength, long rest, int restLength) {
        int at = message * SIZE;
        int iovec = at + IOVECS;
        int parts = 1;
        if (firstLength > 0) {
            memory.putLong(iovec, first).putLong(iovec + 8, firstLength);
            iovec += IOVEC_SIZE;
            parts = 2;
        }
        memory.putLong(iovec, rest).putLong(iovec + 8, restLength);
        // The kernel has written what it used.
        memory.putInt(at + 8, SockaddrLl.SIZE).putLong(at + 24, parts).putLong(at + 40, CONTROL_SIZE);
        memory.putLong(at + CONTROL, 0);
    }

    /** The address of a msghdr. */
    public long address(int message) {
        return address + message * SIZE;
    }

    /** Whether the frame was longer than its place. */
    public boolean isTruncated(int message) {
        return (memory.getInt(message * SIZE + 48) & Sockets.MSG_TRUNC) != 0;
    }

    /**
     * The VLAN tag that the kernel took out of the frame, or that a sender kept beside it: TPID and TCI as the four
     * bytes of the tag; 0 if there is none.
     */
    public int vlanTag(int message) {
        int at = message * SIZE;
        boolean present = memory.getLong(at + 40) >= AUXDATA_SIZE
                && memory.getLong(at + CONTROL) >= 16 + AUXDATA_SIZE
                && memory.getInt(at + CONTROL + 8) == Sockets.SOL_PACKET
                && memory.getInt(at + CONTROL + 12) == Sockets.PACKET_AUXDATA;
        int status = present ? memory.getInt(at + AUXDATA) : 0;
        if ((status & TP_STATUS_VLAN_VALID) == 0) {
            return 0;
        }
        boolean hasProtocol = (status & TP_STATUS_VLAN_TPID_VALID) != 0;
        int protocol = hasProtocol ? memory.getShort(at + AUXDATA + 18) & 0xffff : ETH_P_8021Q;
        return protocol << 16 | memory.getShort(at + AUXDATA + 16) & 0xffff;
    }

    /** Writes the address that a frame came from, as the kernel has it, to an index of a buffer. */
    public void copyAddress(int message, ByteBuf buffer, int index) {
        int name = message * SIZE + NAME;
        for (int i = 0; i < SockaddrLl.SIZE; i += Integer.BYTES) {
            buffer.setIntLE(index + i, memory.getInt(name + i));
        }
    }
}
