/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.echo;

import io.github.nettytap.codec.counter.EnumCounters;
import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.codec.wire.ArpHeader;
import io.github.nettytap.codec.wire.EthernetHeader;
import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.codec.wire.Wire;
import io.github.nettytap.transport.device.TapException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

/**
 * Answers for addresses on a TAP, behind a {@link io.github.nettytap.codec.virtio.VirtioNetCodec}.
 *
 * <p>A request is turned round in place: the parties change places and little else changes. So a partial checksum stays
 * as right as it was, since the sum of the pseudo header is the same for both directions, and even a GSO frame of many
 * UDP datagrams goes back as one.
 */
public final class EchoHandler extends ChannelInboundHandlerAdapter {

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(EchoHandler.class);

    private static final int ARP_TARGET = 24;

    private final MacAddress mac;
    private final EchoAddresses addresses;
    private final Ipv4Echo ipv4;
    private final Ipv6Echo ipv6;
    private final EnumCounters<EchoEvent> counts = new EnumCounters<>(EchoEvent.class);

    /**
     * Makes the responder of one channel.
     *
     * @param mac the MAC address to answer from
     * @param addresses the IP addresses to answer for
     * @param udpPort the UDP port that echoes
     */
    public EchoHandler(MacAddress mac, EchoAddresses addresses, int udpPort) {
        this.mac = mac;
        this.addresses = addresses;
        ipv4 = new Ipv4Echo(addresses, udpPort);
        ipv6 = new Ipv6Echo(mac, addresses, udpPort);
    }

    /**
     * How many frames had a given outcome. Any thread may ask.
     *
     * @param event the outcome
     * @return the number since the handler was made
     */
    public long count(EchoEvent event) {
        return counts.get(event);
    }

    /**
     * All that is counted. Any thread may read it.
     *
     * @return the live counters
     */
    public EnumCounters<EchoEvent> counters() {
        return counts;
    }

    /** A device that is gone closes the channel, and who waits for that tells it: it is no news of the pipeline. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof TapException) {
            context.close();
        } else {
            context.fireExceptionCaught(cause);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        VirtioNetFrame request = (VirtioNetFrame) message;
        VirtioNetFrame frame = request.isExclusive() ? request : ownCopy(request);
        EchoEvent event = EchoEvent.IGNORED;
        try {
            if (context.channel().isWritable()) {
                event = answer(context, frame);
            } else {
                event = EchoEvent.CONGESTED;
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            // Whatever a frame does, it does to itself.
            if (count(EchoEvent.FAILED) == 0) {
                LOGGER.warn("a frame could not be handled, more are only counted", e);
            }
            event = EchoEvent.FAILED;
        } finally {
            counts.increment(event);
            boolean isDropped = event == EchoEvent.IGNORED || event == EchoEvent.CONGESTED || event == EchoEvent.FAILED;
            if (isDropped) {
                frame.release();
            }
        }
    }

    private static VirtioNetFrame ownCopy(VirtioNetFrame shared) {
        try {
            return shared.copy();
        } finally {
            shared.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
    }

    /** Writes the answer, which takes over the frame, or tells that there is none. */
    private EchoEvent answer(ChannelHandlerContext context, VirtioNetFrame frame) {
        ByteBuf buffer = frame.content();
        int index = buffer.readerIndex();
        int limit = buffer.writerIndex();
        if (EthernetHeader.check(index, limit) == Wire.MALFORMED || !isForUs(buffer, index)) {
            return EchoEvent.IGNORED;
        }
        int packet = index + EthernetHeader.LENGTH;
        // What came to all hosts would be answered by all of them; only questions for an address do.
        boolean isToGroup = MacAddress.isGroup(EthernetHeader.destination(buffer, index));
        boolean whole = frame.checksum() != ChecksumState.PARTIAL;
        EchoEvent event;
        switch (EthernetHeader.type(buffer, index)) {
            case EthernetHeader.TYPE_ARP:
                event = turnArp(buffer, packet, limit);
                break;
            case EthernetHeader.TYPE_IPV4:
                event = isToGroup ? EchoEvent.IGNORED : ipv4.turn(buffer, packet, limit, whole);
                break;
            case EthernetHeader.TYPE_IPV6:
                if (ipv6.isSolicitation(buffer, packet, limit)) {
                    VirtioNetFrame advertisement = ipv6.advertisement(context.alloc(), buffer, index, packet);
                    frame.release();
                    context.write(advertisement);
                    return EchoEvent.NEIGHBOR;
                }
                event = isToGroup ? EchoEvent.IGNORED : ipv6.turn(buffer, packet, limit, whole);
                break;
            default:
                event = EchoEvent.IGNORED;
        }
        if (event != EchoEvent.IGNORED) {
            EthernetHeader.destination(buffer, index, EthernetHeader.source(buffer, index));
            EthernetHeader.source(buffer, index, mac.value());
            context.write(frame);
        }
        return event;
    }

    private boolean isForUs(ByteBuf buffer, int index) {
        long destination = EthernetHeader.destination(buffer, index);
        boolean fromOne = !MacAddress.isGroup(EthernetHeader.source(buffer, index));
        return fromOne && (destination == mac.value() || MacAddress.isGroup(destination));
    }

    private EchoEvent turnArp(ByteBuf buffer, int arp, int limit) {
        if (ArpHeader.check(buffer, arp, limit) == Wire.MALFORMED
                || ArpHeader.operation(buffer, arp) != ArpHeader.REQUEST) {
            return EchoEvent.IGNORED;
        }
        int wanted = ArpHeader.targetIpv4(buffer, arp);
        int asking = ArpHeader.senderIpv4(buffer, arp);
        // A sender of 0 probes whether the address is free (RFC 5227); it is not.
        if (!addresses.contains(buffer, arp + ARP_TARGET, Integer.BYTES)
                || asking != 0 && !addresses.isHost(asking)
                || MacAddress.isGroup(ArpHeader.senderMac(buffer, arp))) {
            return EchoEvent.IGNORED;
        }
        ArpHeader.write(buffer, arp, ArpHeader.REPLY, mac.value(), wanted, ArpHeader.senderMac(buffer, arp), asking);
        return EchoEvent.ARP;
    }
}
