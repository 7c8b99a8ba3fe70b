/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

class FrameLengthIoUringTest extends FrameLengthContract {

    @Override
    TapIoType io() {
        return TapIoType.IO_URING;
    }
}
