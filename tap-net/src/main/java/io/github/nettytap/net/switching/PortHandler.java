/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.codec.wire.MacAddress;
import io.github.nettytap.net.switching.fdb.Fdb;
import io.github.nettytap.transport.link.LinkEvent;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * What every port does: be one from when its channel is active until it is not, end batches, forget what was behind a
 * link that went down, and report its failure. A frame whose way ends in an exception is counted, and the next one
 * comes.
 */
abstract class PortHandler extends ChannelInboundHandlerAdapter {

    static final int ETHERNET_HEADER = 14;
    static final long MAC_MASK = 0xffff_ffff_ffffL;

    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PortHandler.class);

    final EthernetSwitch lan;
    SwitchPort port;
    SwitchLoop loop;
    private final Function<Channel, SwitchPort> attach;
    private final LoopDetector loopDetector;
    private List<ChannelHandler> handlersInFront = List.of();
    private boolean failed;

    PortHandler(EthernetSwitch lan, Function<Channel, SwitchPort> attach) {
        this.lan = lan;
        this.attach = attach;
        loopDetector = new LoopDetector();
    }

    /** Takes over from the handler of a port whose policy has changed. */
    PortHandler(PortHandler before) {
        lan = before.lan;
        attach = before.attach;
        loopDetector = before.loopDetector;
        port = before.port;
        loop = before.loop;
        failed = before.failed;
    }

    /** Forwards a frame, or counts why not. Releases it, also when this throws. */
    abstract void forward(ByteBuf frame);

    @Override
    public final void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf)) {
            ReferenceCountUtil.release(message);
            port.countMalformed();
            return;
        }
        try {
            forward((ByteBuf) message);
        } catch (RuntimeException | OutOfMemoryError e) {
            frameFailed(e);
        }
    }

    private void frameFailed(Throwable cause) {
        port.countError();
        LOGGER.debug("{}: a frame was lost", port, cause);
    }

    final void addressMoved(long key, long now) {
        long moves = loopDetector.moved(now);
        if (moves > 0) {
            lan.listener().loopSuspected(port, MacAddress.of(Fdb.mac(key)), moves);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        port = attach.apply(context.channel());
        loop = port.loop();
        handlersInFront = PortPipeline.complete(context, lan, port);
        context.fireChannelActive();
    }

    /** Gives place to the handlers that another policy asks for. Between two batches. */
    final void replace(ChannelHandlerContext context) {
        ChannelPipeline pipeline = context.pipeline();
        port.sourceFilter(null);
        handlersInFront.forEach(pipeline::remove);
        PortHandler next =
                lan.isManaged(port.policy()) ? new ManagedPortHandler(this) : new TransparentPortHandler(this);
        pipeline.replace(this, null, next);
        next.handlersInFront = PortPipeline.complete(pipeline.context(next), lan, port);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (port != null) {
            lan.detach(port);
        }
        context.fireChannelInactive();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        loop.endBatch();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof LinkEvent link && port != null) {
            switch (link.kind()) {
                case DOWN, CARRIER_OFF, MOVED, DELETED -> lan.linkDown(port);
                default -> {}
            }
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        boolean open = context.channel().isOpen();
        if (cause instanceof IOException && open) {
            return; // A frame that could not be sent; its channel has counted it.
        }
        if (port != null && open && (cause instanceof RuntimeException || cause instanceof OutOfMemoryError)) {
            frameFailed(cause); // In a handler in front of this one.
            return;
        }
        if (!failed) {
            // Every frame that was still to be sent fails with the same cause.
            failed = true;
            lan.listener().portFailed(context.channel(), cause);
        }
        context.close();
    }
}
