/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.EpollIoHandler;

class SocketpairEpollContractTest extends TapChannelContract {

    @Override
    IoHandlerFactory ioHandlerFactory() {
        return EpollIoHandler.newFactory();
    }

    @Override
    Subject open() {
        return new SocketpairSubject();
    }
}
