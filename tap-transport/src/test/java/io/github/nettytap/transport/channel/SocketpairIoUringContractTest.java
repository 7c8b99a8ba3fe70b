/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.uring.IoUringIoHandler;

class SocketpairIoUringContractTest extends TapChannelContract {

    @Override
    IoHandlerFactory ioHandlerFactory() {
        return IoUringIoHandler.newFactory();
    }

    @Override
    Subject open() {
        return new SocketpairSubject();
    }
}
