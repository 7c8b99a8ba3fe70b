/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.testkit.KernelTest;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.EpollIoHandler;

@KernelTest
class AdoptedDescriptorEpollContractTest extends TapChannelContract {

    @Override
    IoHandlerFactory ioHandlerFactory() {
        return EpollIoHandler.newFactory();
    }

    @Override
    Subject open() throws Exception {
        return TapSubject.adopted();
    }
}
