/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;

/** {@code completion}: the script that makes the shell complete commands and options. */
@Command(
        name = "completion",
        description = "Prints a script for bash and zsh that completes the commands and options of netty-tap. "
                + "Load it in the shell that you type in.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  source <(netty-tap completion)",
            "  netty-tap completion | sudo tee /etc/bash_completion.d/netty-tap"
        })
final class CompletionCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        // The name is that of what people type.
        out.print(AutoComplete.bash("netty-tap", spec.root().commandLine()));
        out.flush();
    }
}
