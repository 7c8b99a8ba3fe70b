/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.transport.channel.TapIoType;
import org.junit.jupiter.api.Test;

class IoConverterTest {

    private final IoConverter converter = new IoConverter();

    @Test
    void eachNameThatIsCompletedIsUnderstood() {
        assertThat(new IoConverter.Names())
                .extracting(converter::convert)
                .containsExactly(TapIoType.EPOLL, TapIoType.IO_URING, TapIoType.best());
    }

    @Test
    void anotherNameIsAnswered() {
        assertThatThrownBy(() -> converter.convert("kqueue"))
                .hasMessage("no such event loop: io=kqueue (expected: epoll, io_uring or auto)");
    }
}
