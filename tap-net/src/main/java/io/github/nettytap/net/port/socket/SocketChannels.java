/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;

/**
 * The socket channels that run on a group of event loops.
 *
 * @param uring whether these are on io_uring, not epoll
 */
public record SocketChannels(boolean uring) {

    /**
     * Those of a group.
     *
     * @param group event loops on epoll or io_uring
     * @return the channels
     * @throws IllegalArgumentException if it is on neither
     */
    public static SocketChannels of(EventLoopGroup group) {
        if (group instanceof IoEventLoopGroup) {
            IoEventLoopGroup loops = (IoEventLoopGroup) group;
            if (loops.isIoType(IoUringIoHandler.class)) {
                return new SocketChannels(true);
            }
            if (loops.isIoType(EpollIoHandler.class)) {
                return new SocketChannels(false);
            }
        }
        throw new IllegalArgumentException("socket ports need event loops on epoll or io_uring: group=" + group
                + " (expected: TapEventLoopGroup.builder().build())");
    }

    Class<? extends ServerChannel> server(boolean unix) {
        if (unix) {
            return uring ? IoUringServerDomainSocketChannel.class : EpollServerDomainSocketChannel.class;
        }
        return uring ? IoUringServerSocketChannel.class : EpollServerSocketChannel.class;
    }

    Class<? extends Channel> client(boolean unix) {
        if (unix) {
            return uring ? IoUringDomainSocketChannel.class : EpollDomainSocketChannel.class;
        }
        return uring ? IoUringSocketChannel.class : EpollSocketChannel.class;
    }

    /**
     * What sends datagrams.
     *
     * @param unix whether by a path, not UDP
     * @return the class
     * @throws IllegalArgumentException if Netty has none
     */
    public Class<? extends Channel> datagram(boolean unix) {
        if (!unix) {
            return uring ? IoUringDatagramChannel.class : EpollDatagramChannel.class;
        }
        if (uring) {
            throw new IllegalArgumentException("Netty has no Unix datagram sockets on io_uring"
                    + " (expected: event loops on epoll, such as with --io epoll)");
        }
        return EpollDomainDatagramChannel.class;
    }
}
