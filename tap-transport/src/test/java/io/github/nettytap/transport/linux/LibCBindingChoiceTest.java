/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Which binding is taken, and what is said where it cannot be. */
class LibCBindingChoiceTest {

    @Test
    void theForeignFunctionApiIsTakenWhereItIs() {
        assertThat(LibCBinding.chosen(null))
                .isEqualTo(LibCBinding.isCompiled() ? LibCBinding.FFM : LibCBinding.JNR_FFI);
    }

    @Test
    void aBuildByJdk22OrNewerHasIt() {
        assertThat(LibCBinding.isCompiled()).isEqualTo(Runtime.version().feature() >= 22);
    }

    @Test
    void thePropertyForcesEither() {
        assertThat(LibCBinding.chosen("ffm")).isEqualTo(LibCBinding.FFM);
        assertThat(LibCBinding.chosen("jnr-ffi")).isEqualTo(LibCBinding.JNR_FFI);
    }

    @Test
    void anotherValueIsRefused() {
        assertThatThrownBy(() -> LibCBinding.chosen("jna"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("system property names no binding of libc: io.github.nettytap.libc=jna"
                        + " (expected: jnr-ffi or ffm)");
    }
}
