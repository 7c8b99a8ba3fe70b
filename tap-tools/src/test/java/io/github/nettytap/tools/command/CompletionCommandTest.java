/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;

class CompletionCommandTest {

    @TempDir
    Path directory;

    @Test
    void bashCompletesCommandsAndOptions() throws Exception {
        StringWriter out = new StringWriter();
        assertThat(NettyTap.commandLine().setOut(new PrintWriter(out, true)).execute("completion"))
                .isZero();
        Path script = Files.writeString(directory.resolve("completion"), out.toString());
        assertThat(completed(script, "netty-tap", "capt")).isEqualTo("capture");
        assertThat(completed(script, "netty-tap", "ctl", "fdb/f")).isEqualTo("fdb/flush");
        assertThat(completed(script, "netty-tap", "switch", "--conf")).isEqualTo("--config");
        assertThat(completed(script, "netty-tap", "vxlan", "--no-l")).isEqualTo("--no-learning");
    }

    private static String completed(Path script, String... words) throws Exception {
        String program = "source " + script + "; COMP_WORDS=(" + String.join(" ", words) + "); COMP_CWORD="
                + (words.length - 1) + "; _complete_netty-tap 2>/dev/null; echo ${COMPREPLY[@]}";
        Process bash = new ProcessBuilder("bash", "-c", program).start();
        String text = new String(bash.getInputStream().readAllBytes());
        assertThat(bash.waitFor()).isZero();
        return text.strip();
    }
}
