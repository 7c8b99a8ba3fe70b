/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples.cli;

import io.github.nettytap.transport.channel.TapIoType;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.util.logging.Level;
import java.util.logging.Logger;

/** The program: picks the subcommand and turns its outcome into an exit code. */
@Command(
        name = "netty-tap",
        description = "Ethernet in user space: programs on Linux TAP devices and Netty.",
        versionProvider = Version.class,
        subcommands = {
            DemoCommand.class,
            SwitchCommand.class,
            RouterCommand.class,
            EchoCommand.class,
            CaptureCommand.class,
            VxlanCommand.class,
            DoctorCommand.class,
            CompletionCommand.class
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes: 0 success, 1 failure, 2 wrong usage, 77 no permission.",
            "",
            "Examples:",
            "  ./run-example.sh doctor",
            "  ./run-example.sh demo",
            "  ./run-example.sh switch tap0 tap1",
            "  ./run-example.sh switch --help"
        })
public final class NettyTap implements Runnable {

    /** Warns, with a stack trace, of a namespace without interfaces, which is what the programs are often run in. */
    private static final Logger OF_NETTY = Logger.getLogger("io.netty.util.NetUtilInitializations");

    @Spec
    private CommandSpec spec;

    /** Starts the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        OF_NETTY.setLevel(Level.SEVERE);
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new NettyTap());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.registerConverter(TapIoType.class, new IoConverter());
        commandLine.setExecutionExceptionHandler(new Failures());
        commandLine.setParameterExceptionHandler(Failures::usage);
        return commandLine;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command given");
    }
}
