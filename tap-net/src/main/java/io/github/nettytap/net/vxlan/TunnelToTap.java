/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.vxlan;

import io.github.nettytap.codec.offload.Coalescer;
import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;

import java.util.ArrayList;
import java.util.List;

/**
 * The last handler of the tunnel: what another endpoint sends goes to the port of its network, the frames of a flow
 * that came in one batch as one GSO frame.
 */
final class TunnelToTap extends ChannelInboundHandlerAdapter {

    private final IntObjectMap<Tap> taps = new IntObjectHashMap<>();
    private final List<Tap> touched = new ArrayList<>();
    private final SocketCounters counters;

    /** A port, and what is joined for it: networks know nothing of each other's flows. */
    private static final class Tap {
        private final Channel channel;
        private final Coalescer coalescer;
        private boolean touched;

        Tap(Channel channel, Coalescer coalescer) {
            this.channel = channel;
            this.coalescer = coalescer;
        }

        void write(VxlanFrame frame) {
            if (coalescer == null) {
                // The content has no owner but the frame, which is left.
                channel.write(frame.content());
            } else {
                coalescer.add(VirtioNetFrame.complete(frame.content(), ChecksumState.NONE), channel.alloc());
            }
        }

        /** The channel takes over what waits; one that is closed meanwhile releases it. */
        void flush() {
            touched = false;
            if (coalescer != null && coalescer.size() > 0) {
                coalescer.flush(channel::write);
            }
            channel.flush();
        }

        void discard() {
            if (coalescer != null) {
                coalescer.discard();
            }
        }
    }

    TunnelToTap(SocketCounters counters) {
        this.counters = counters;
    }

    /**
     * Adds a port. On the event loop.
     *
     * @param joins whether frames are joined for it
     */
    void add(int vni, Channel channel, boolean joins) {
        taps.put(vni, new Tap(channel, joins ? Coalescer.tcpOnly() : null));
    }

    /** Removes a port that is gone: frames of its network end here, those of others do not. On the event loop. */
    void remove(int vni, Channel channel) {
        Tap tap = taps.get(vni);
        if (tap != null && tap.channel == channel) {
            taps.remove(vni);
            touched.remove(tap);
            tap.discard();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        VxlanFrame frame = (VxlanFrame) message;
        Tap tap = taps.get(frame.vni());
        if (tap == null || !tap.channel.isWritable()) {
            counters.countCongested();
            frame.release();
            return;
        }
        if (!tap.touched) {
            tap.touched = true;
            touched.add(tap);
        }
        try {
            tap.write(frame);
        } catch (RuntimeException | OutOfMemoryError e) {
            counters.countErrors();
            ReferenceCountUtil.safeRelease(frame);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        for (int i = 0; i < touched.size(); i++) {
            try {
                touched.get(i).flush();
            } catch (RuntimeException | OutOfMemoryError e) {
                counters.countErrors();
            }
        }
        touched.clear();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        taps.values().forEach(Tap::discard);
    }
}
