/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.FaultyLibC;
import io.github.nettytap.transport.linux.LibC;
import org.junit.jupiter.api.Test;

@KernelTest
class NowaitSupportKernelTest {

    @Test
    void aKernelThatRefusesTheFlagHasNone() {
        assertThat(NowaitSupport.isAvailable(FaultyLibC.failing("preadv2", Errno.EOPNOTSUPP)))
                .isFalse();
    }

    @Test
    void whatCannotBeFoundOutIsAssumed() {
        assertThat(NowaitSupport.isAvailable(FaultyLibC.failing("open", Errno.EACCES)))
                .isTrue();
    }

    /** An answer of the driver, not of the check of our arguments. */
    @Test
    void theDriverIsAsked() {
        LibC libc = FaultyLibC.with((call, arguments) -> {
            if (call.equals("preadv2")) {
                int answer = LibC.get().preadv2((Integer) arguments[0], (java.nio.ByteBuffer) arguments[1], 0);
                assertThat(answer).isEqualTo(-Errno.EBADFD.number());
            }
            return 0;
        });
        NowaitSupport.isAvailable(libc);
    }
}
