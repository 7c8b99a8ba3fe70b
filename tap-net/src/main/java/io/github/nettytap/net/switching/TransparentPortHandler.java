/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.port.RequiredOffloads;
import io.github.nettytap.net.switching.fdb.Fdb;
import io.github.nettytap.net.switching.fdb.Fdb.LearnResult;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;

import java.util.function.Function;

/**
 * The forwarding path of a port whose policy asks nothing of frames that come in.
 *
 * <p>Nothing is allocated for a frame, and the frame is not parsed beyond its two addresses.
 */
final class TransparentPortHandler extends PortHandler {

    TransparentPortHandler(EthernetSwitch lan, Function<Channel, SwitchPort> attach) {
        super(lan, attach);
    }

    TransparentPortHandler(PortHandler before) {
        super(before);
    }

    @Override
    void forward(ByteBuf frame) {
        ByteBuf owned = frame;
        try {
            int header = frame.readerIndex();
            int start = header + port.vnetHeaderSize();
            if (frame.writerIndex() - start < ETHERNET_HEADER) {
                port.countMalformed();
                return;
            }
            // Destination and source are six bytes each; eight bytes from 0 and from 4 hold one of them each.
            long destination = frame.getLong(start) >>> 16;
            long source = frame.getLong(start + 4) & MAC_MASK;
            Fdb fdb = lan.fdb();
            long now = loop.now();
            LearnResult learned = fdb.learn(source, port.index(), now);
            if (learned != LearnResult.KNOWN && !mayPass(learned, source, now)) {
                return;
            }
            int required = port.vnetHeaderSize() == 0 ? 0 : RequiredOffloads.of(frame, header);
            if (MacAddress.isGroup(destination)) {
                if (lan.filters(destination)) {
                    port.countFiltered();
                } else {
                    flood(frame, required);
                }
                return;
            }
            // Without a VLAN only addresses of transparent ports are found.
            SwitchPort to = lan.topology().port(fdb.find(destination, port.index(), now));
            if (to == null) {
                flood(frame, required);
            } else if (to == port) {
                port.countFiltered();
            } else {
                owned = null;
                if (!loop.send(frame, required, port, to)) {
                    port.countMalformed();
                }
            }
        } finally {
            if (owned != null) {
                owned.release();
            }
        }
    }

    private boolean mayPass(LearnResult learned, long source, long now) {
        switch (learned) {
            case HELD -> port.countDropped(PolicyDrop.HELD);
            case INVALID -> port.countDropped(PolicyDrop.INVALID_SOURCE);
            case MOVED -> addressMoved(source, now);
            default -> {}
        }
        return learned != LearnResult.HELD && learned != LearnResult.INVALID;
    }

    private void flood(ByteBuf frame, int required) {
        boolean wellFormed = true;
        for (SwitchPort to : lan.topology().transparent()) {
            if (to != port) {
                // A duplicate, since an NIO view of a buffer must not be used by two loops at a time.
                wellFormed &= loop.send(frame.retainedDuplicate(), required, port, to);
            }
        }
        if (!wellFormed) {
            port.countMalformed();
        }
    }
}
