/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.jfr;

import io.github.nettytap.transport.link.LinkEvent;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Records link events. Frames pass it by, as Netty skips handlers that leave a method to their superclass. */
final class LinkEventHandler extends ChannelInboundHandlerAdapter {

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object message) {
        if (message instanceof LinkEvent) {
            record((LinkEvent) message);
        }
        context.fireUserEventTriggered(message);
    }

    private static void record(LinkEvent message) {
        TapEvents.LinkChange event = new TapEvents.LinkChange();
        if (event.isEnabled()) {
            event.networkInterface = message.name();
            event.kind = message.kind().name();
            event.ifindex = message.ifindex();
            event.link = message.link().toString();
            event.commit();
        }
    }

    void removeFrom(Channel channel) {
        channel.eventLoop().execute(() -> {
            if (channel.pipeline().context(this) != null) {
                channel.pipeline().remove(this);
            }
        });
    }
}
