/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.tools.configuration.SwitchFile;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

import java.util.List;

class SwitchCommandTest {

    @Test
    void everyKeyOfItsFileButThePortsIsAnOption() {
        CommandLine command = NettyTap.commandLine().getSubcommands().get("switch");
        List<String> keys = SwitchFile.keys();
        assertThat(keys).startsWith("ports");
        assertThat(keys.subList(1, keys.size()))
                .allSatisfy(key -> assertThat(command.getCommandSpec().findOption("--" + key))
                        .as(key)
                        .isNotNull());
    }
}
