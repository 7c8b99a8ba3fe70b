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
import io.netty.channel.ChannelHandlerContext;

import java.util.function.Function;

/**
 * The forwarding path of a port whose policy asks nothing of frames that come in.
 *
 * <p>It owns a frame until it has passed it on or released it. Nothing is allocated for a frame, and the frame is not
 * parsed beyond its two addresses.
 */
final class TransparentPortHandler extends PortHandler {

    TransparentPortHandler(EthernetSwitch lan, Function<Channel, SwitchPort> attach) {
        super(lan, attach);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf frame = (ByteBuf) message;
        int header = frame.readerIndex();
        int start = header + port.vnetHeaderSize();
        if (frame.writerIndex() - start < ETHERNET_HEADER) {
            port.countMalformed();
            frame.release();
            return;
        }
        // Destination and source are six bytes each; eight bytes from 0 and from 4 hold one of them each.
        long destination = frame.getLong(start) >>> 16;
        long source = frame.getLong(start + 4) & MAC_MASK;
        Fdb table = lan.table();
        long now = loop.now();
        if (table.learn(source, port.index(), now) == LearnResult.HELD) {
            port.countDropped(PolicyDrop.HELD);
            frame.release();
            return;
        }
        int required = port.vnetHeaderSize() == 0 ? 0 : RequiredOffloads.of(frame, header);
        if (MacAddress.isGroup(destination)) {
            if (isReserved(destination)) {
                port.countFiltered();
                frame.release();
            } else {
                flood(frame, required);
            }
            return;
        }
        // Without a VLAN only stations of transparent ports are found.
        SwitchPort to = lan.topology().port(table.find(destination, now));
        if (to == null) {
            flood(frame, required);
        } else if (to == port) {
            port.countFiltered();
            frame.release();
        } else {
            loop.send(frame, required, port, to);
        }
    }

    private void flood(ByteBuf frame, int required) {
        for (SwitchPort to : lan.topology().transparent()) {
            if (to != port) {
                // A duplicate, since an NIO view of a buffer must not be used by two loops at a time.
                loop.send(frame.retainedDuplicate(), required, port, to);
            }
        }
        frame.release();
    }
}
