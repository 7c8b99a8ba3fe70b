/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

class MultiQueueEpollTest extends MultiQueueContract {

    @Override
    TapIoType io() {
        return TapIoType.EPOLL;
    }
}
