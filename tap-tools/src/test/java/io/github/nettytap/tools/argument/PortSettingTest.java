/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;

class PortSettingTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vlan=10",
                "trunk=10+20-29",
                "trunk=10+20,native=10",
                "isolated,mac-limit=3,sticky",
                "vlan=7,static=02:00:00:00:00:01/7,static=02:00:00:00:00:02/7",
                "static=02:00:00:00:00:01",
                "mac=02:00:00:00:00:01,mac=02:00:00:00:00:02,storm=100,coalesce=on,mrouter"
            })
    void whatIsPrintedIsReadAsTheSame(String settings) {
        PortArgument port = new PortArgument.Converter().convert("tap0," + settings);
        String printed = PortSetting.print(port.policy());
        assertThat(new PortArgument.Converter().convert("tap0," + printed)).isEqualTo(port);
        assertThat(printed.split("[,=]")).contains(settings.split("=")[0].split(",")[0]);
    }

    @Test
    void defaultIsPrintedAsNothing() {
        assertThat(PortSetting.print(
                        new PortArgument.Converter().convert("tap0").policy()))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void everySettingIsDocumentedAndInTheHelp(PortSetting setting) throws Exception {
        assertThat(Files.readString(Path.of("../docs/switch.md"))).contains("`" + setting.key());
        assertThat(PortSetting.help())
                .anySatisfy(line -> assertThat(line).matches("  " + setting.key() + "( |=\\S+).*"))
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    }
}
