/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.capture.FrameRecorder;
import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.codec.pcap.CaptureInterface;
import io.github.nettytap.codec.wire.FrameDirection;
import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.Port;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.PacketSocket;
import io.github.nettytap.transport.device.PacketSocketBuilder;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.netlink.Rtnetlink;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * A link of the kernel, or all of them, by a packet socket: both directions, beside whoever uses the link.
 *
 * <p>Frames are as the kernel has them at that place, as with tcpdump: those of this machine may be GSO frames with
 * partial checksums, which the file notes, and those that come in may have been coalesced. VLAN tags are put back. A
 * frame of the loopback interface, which the kernel shows on its way out and on its way in, is captured once.
 *
 * <p>Of all links, each is an interface of the file with a name and frames as on its wire, where tcpdump has one
 * interface with a pseudo header (LINUX_SLL2) in place of the Ethernet header: so a filter means the same, and nothing
 * of a frame is lost. Links without Ethernet headers have no place in that, and are counted.
 */
public final class LinkSource implements LiveSource {

    /** Stands for all links, as in tcpdump. */
    static final String ALL = "any";

    /** Holds what comes at 20,000 frames a second while the program does something else for most of a second. */
    private static final int RECEIVE_BUFFER_BYTES = 64 << 20;

    private final PacketSocket socket;
    private final FrameDirection only;
    private TapChannel channel;
    private Recorder recorder;

    private LinkSource(PacketSocket socket, FrameDirection only) {
        this.socket = socket;
        this.only = only;
    }

    /** Whether a name stands for all links. */
    public static boolean isAll(String name) {
        return name.equals(ALL);
    }

    /**
     * Whether a name is one of these: {@code any}, {@code if:} in front of any link, or the name of a link that is there
     * and no TAP. Of a TAP the program is the other end.
     */
    public static boolean isOne(String name) throws IOException {
        if (isAll(name) || name.startsWith(Port.LINK_PREFIX)) {
            return true;
        }
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            return rtnetlink
                    .links()
                    .named(name)
                    .filter(link -> !CaptureLink.isTap(link))
                    .isPresent();
        }
    }

    /**
     * Opens a link.
     *
     * @param name as it was typed, {@link #isOne}
     * @param only the direction, or null for both
     * @param promiscuous whether a single link is to take in frames for others
     */
    public static LinkSource open(String name, FrameDirection only, boolean promiscuous) throws TapException {
        String link = name.startsWith(Port.LINK_PREFIX) ? name.substring(Port.LINK_PREFIX.length()) : name;
        PacketSocketBuilder builder = isAll(name) ? PacketSocket.builder() : PacketSocket.builder(link);
        return new LinkSource(
                builder.vnetHeader(VnetHeader.V1)
                        .outgoing(only != FrameDirection.INBOUND)
                        .addresses(true)
                        .promiscuous(promiscuous)
                        .receiveBuffer(RECEIVE_BUFFER_BYTES)
                        .open(),
                only);
    }

    @Override
    public TapChannel start(EventLoopGroup loops, Capture capture, FrameFilter filter) throws Exception {
        recorder = new Recorder(socket, capture, filter, only);
        channel = new TapChannel(socket);
        new Bootstrap()
                .group(loops)
                .channelFactory(() -> channel)
                .handler(recorder)
                .register()
                .sync();
        return channel;
    }

    /** With frames that no virtio-net header describes or that no buffer of the channel holds, which are passed over. */
    @Override
    public long end() {
        return socket.kernelDrops()
                + channel.counters().receiveErrors()
                + channel.counters().framesTruncated();
    }

    @Override
    public String leftOut() {
        return recorder == null || recorder.others == 0
                ? ""
                : recorder.others + " frames without an Ethernet header left out, of "
                        + String.join(", ", recorder.names);
    }

    @Override
    public void close() {
        if (channel == null || !channel.isRegistered()) {
            socket.close();
        }
    }

    @Override
    public String toString() {
        return "link " + socket.name();
    }

    /** Where frames end. On the event loop. */
    private static final class Recorder extends ChannelInboundHandlerAdapter {

        private final PacketSocket socket;
        private final Capture capture;
        private final FrameFilter filter;
        private final FrameDirection only;
        private final Map<Integer, FrameRecorder> links = new HashMap<>();
        private final TreeSet<String> names = new TreeSet<>();
        private volatile long others;

        Recorder(PacketSocket socket, Capture capture, FrameFilter filter, FrameDirection only) throws TapException {
            this.socket = socket;
            this.capture = capture;
            this.filter = filter;
            this.only = only;
            if (!socket.isForAllLinks()) {
                // At once, so that a file without frames has its interface.
                CaptureInterface described = CaptureInterface.ethernet(socket.name());
                links.put(
                        socket.ifindex(),
                        recorder(socket.link().mac().map(described::withMac).orElse(described)));
            }
        }

        private FrameRecorder recorder(CaptureInterface described) {
            return new FrameRecorder(capture, described, socket.vnetHeader(), filter);
        }

        /** A link that came later, or is gone already. */
        private FrameRecorder recorder(int ifindex) {
            return recorder(CaptureInterface.ethernet(name(ifindex)));
        }

        private String name(int ifindex) {
            String name = socket.nameOf(ifindex);
            return name == null ? "ifindex " + ifindex : name;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf frame = (ByteBuf) message;
            try {
                record(frame);
            } finally {
                frame.release();
            }
        }

        private void record(ByteBuf frame) {
            int address = frame.readerIndex();
            int ifindex = PacketSocket.ifindex(frame, address);
            if (!PacketSocket.isEthernet(PacketSocket.hardwareType(frame, address))) {
                others++;
                if (names.size() < 10) {
                    names.add(name(ifindex));
                }
                return;
            }
            FrameDirection direction = PacketSocket.packetType(frame, address) == PacketSocket.PACKET_OUTGOING
                    ? FrameDirection.OUTBOUND
                    : FrameDirection.INBOUND;
            if (PacketSocket.isLoopedBack(frame, address) || only != null && only != direction) {
                return;
            }
            frame.skipBytes(PacketSocket.ADDRESS_LENGTH);
            links.computeIfAbsent(ifindex, this::recorder).record(frame, direction);
        }

        /** A link that is gone closes the channel, and who waits for that tells it: it is no news of the pipeline. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof TapException) {
                context.close();
            } else {
                context.fireExceptionCaught(cause);
            }
        }
    }
}
