/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

class FrameLengthEpollTest extends FrameLengthContract {

    @Override
    TapIoType io() {
        return TapIoType.EPOLL;
    }
}
