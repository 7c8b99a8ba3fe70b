/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class PortArgumentTest {

    private final PortArgument.Converter converter = new PortArgument.Converter();

    @Test
    void nameAloneHasNoSettings() {
        assertThat(converter.convert("tap0")).isEqualTo(new PortArgument("tap0", null));
    }

    @Test
    void offloadsOfAPortAreItsOwn() {
        assertThat(converter.convert("tap0,offloads=none")).isEqualTo(new PortArgument("tap0", Offloads.NONE));
        assertThat(converter.convert("tap0,offloads=all")).isEqualTo(new PortArgument("tap0", Offloads.ALL));
    }

    @Test
    void unknownSettingsAndValuesAreNamed() {
        assertThatThrownBy(() -> converter.convert("tap0,mtu=9000"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("no such setting of a port: setting=mtu=9000 (expected: offloads=all, offloads=none)");
        assertThatThrownBy(() -> converter.convert("tap0,offloads=some"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("no such offloads: offloads=some (expected: all, none)");
    }
}
