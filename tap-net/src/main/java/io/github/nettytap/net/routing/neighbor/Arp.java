/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.neighbor;

import io.github.nettytap.codec.wire.ArpHeader;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.VirtioNetHeader;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.net.routing.packet.IpAddress;
import io.github.nettytap.net.routing.port.Output;
import io.github.nettytap.net.routing.port.RouterCounter;
import io.github.nettytap.net.routing.port.RouterPort;
import io.netty.buffer.ByteBuf;

/** The Address Resolution Protocol, both ways: answers for the own addresses, and asks for those of others. RFC 826. */
public final class Arp {

    private final Output output;
    private final NextHops nextHops;
    private final Listener listener;

    /** Hears who has which address, whether that was asked for or not. */
    public interface Listener {
        /** A host of the link has said that it has an address. */
        void heard(RouterPort port, int address, long mac);

        /** A host of the link has said that it has an address of the router's. */
        void claimed(RouterPort port, int address, long mac);
    }

    public Arp(Output output, NextHops nextHops, Listener listener) {
        this.output = output;
        this.nextHops = nextHops;
        this.listener = listener;
    }

    /** Takes a frame of type ARP. Owns the frame. */
    public void receive(ByteBuf frame, RouterPort port) {
        int arp = output.ipIndex(frame);
        if (ArpHeader.check(frame, arp, frame.writerIndex()) == Wire.MALFORMED) {
            port.increment(RouterCounter.MALFORMED);
            frame.release();
            return;
        }
        port.increment(RouterCounter.LOCAL);
        int sender = ArpHeader.senderIpv4(frame, arp);
        long senderMac = ArpHeader.senderMac(frame, arp);
        int target = ArpHeader.targetIpv4(frame, arp);
        int operation = ArpHeader.operation(frame, arp);
        if (sender != 0) {
            listener.heard(port, sender, senderMac);
        }
        if (port.addresses().isOwn(sender)) {
            listener.claimed(port, sender, senderMac);
        }
        boolean isForUs = port.addresses().isOwn(target);
        boolean isQuestion = operation == ArpHeader.REQUEST && isForUs;
        // A probe for a free address (RFC 5227) has no sender yet. Others may speak only for their own network.
        if (port.addresses().isOnLink(sender) && !port.addresses().isOwn(sender) && !MacAddress.isGroup(senderMac)) {
            if (isQuestion) {
                nextHops.asked(port, 0, IpAddress.mapped(sender), senderMac);
            } else {
                // RFC 826 and RFC 5227, section 3: whatever a host says of itself takes the place of what was known.
                boolean isAnswer = operation == ArpHeader.REPLY && isForUs;
                nextHops.advertised(port, 0, IpAddress.mapped(sender), senderMac, isAnswer, true);
            }
        }
        if (isQuestion) {
            ArpHeader.write(frame, arp, ArpHeader.REPLY, port.mac(), target, senderMac, sender);
            frame.writerIndex(arp + ArpHeader.LENGTH);
            // What the sender has left to its card to do is no longer to be done.
            VirtioNetHeader.clear(frame, frame.readerIndex(), output.vnetHeaderSize());
            output.send(frame, port, senderMac);
        } else {
            frame.release();
        }
    }

    /** Asks for a MAC address: the host that had it before, or all. */
    public void solicit(Neighbor neighbor) {
        RouterPort port = neighbor.port;
        if (!port.addresses().hasIpv4()) {
            return;
        }
        int target = (int) neighbor.low();
        ByteBuf frame = output.newFrame(port, EthernetHeader.TYPE_ARP, ArpHeader.LENGTH);
        int arp = output.ipIndex(frame);
        ArpHeader.write(
                frame, arp, ArpHeader.REQUEST, port.mac(), port.addresses().source(target), 0, target);
        output.send(frame, port, neighbor.isResolved() ? neighbor.mac : MacAddress.BROADCAST.value());
    }

    /**
     * Says which MAC address an own address has, or asks whether somebody else has it: RFC 5227, sections 2.1.1 and
     * 2.3.
     *
     * @param isProbe whether it asks
     */
    void announce(RouterPort port, int address, boolean isProbe) {
        ByteBuf frame = output.newFrame(port, EthernetHeader.TYPE_ARP, ArpHeader.LENGTH);
        ArpHeader.write(frame, output.ipIndex(frame), ArpHeader.REQUEST, port.mac(), isProbe ? 0 : address, 0, address);
        output.send(frame, port, MacAddress.BROADCAST.value());
    }
}
