/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.tools.argument.IoConverter;
import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.tools.lifecycle.CommandException;
import io.github.nettytap.tools.lifecycle.Failures;
import io.github.nettytap.tools.lifecycle.StandardOutput;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.transport.channel.TapIoType;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
            CtlCommand.class,
            RouterCommand.class,
            EchoCommand.class,
            CaptureCommand.class,
            VxlanCommand.class,
            RunCommand.class,
            DoctorCommand.class,
            CompletionCommand.class,
            ManualCommand.class
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Examples:",
            "  netty-tap doctor",
            "  netty-tap demo",
            "  netty-tap switch tap0 tap1",
            "  netty-tap switch --help"
        })
public final class NettyTap implements Callable<Integer> {

    /**
     * Warn, one with a stack trace, of a namespace without interfaces, which is what the programs are often run in.
     * Held, since the logging system forgets the levels of loggers that nobody holds.
     */
    private static final List<Logger> OF_NETTY = List.of(
            Logger.getLogger("io.netty.util.NetUtilInitializations"),
            Logger.getLogger("io.netty.util.internal.MacAddressUtil"));

    private static final Map<String, String> EXIT_CODES = exitCodes();

    @Spec
    private CommandSpec spec;

    private static Map<String, String> exitCodes() {
        Map<String, String> codes = new LinkedHashMap<>();
        codes.put(" 0", "success");
        codes.put(" 1", "failure, reported on standard error");
        codes.put(" 2", "wrong usage");
        codes.put("77", "no permission; see netty-tap doctor");
        return codes;
    }

    /** Starts the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE); // which is set up by Verbosity
        OF_NETTY.forEach(logger -> logger.setLevel(Level.SEVERE));
        System.exit(run(commandLine().setOut(StandardOutput.open()), arguments));
    }

    /** Runs a command; what it printed and could not be written is a failure, too. */
    static int run(CommandLine commandLine, String... arguments) {
        int exitCode = commandLine.execute(arguments);
        try {
            StandardOutput.check(commandLine.getOut());
        } catch (CommandException e) {
            if (exitCode == CommandLine.ExitCode.OK) {
                commandLine.getErr().println("netty-tap: " + e.getMessage());
                return CommandLine.ExitCode.SOFTWARE;
            }
        }
        return exitCode;
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new NettyTap());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.registerConverter(TapIoType.class, new IoConverter());
        commandLine.registerConverter(Offloads.class, new Offloads.Converter());
        commandLine.setExecutionExceptionHandler(new Failures());
        commandLine.setParameterExceptionHandler(Failures::usage);
        commandLine.setExecutionStrategy(NettyTap::execute);
        commandLine.setUsageHelpAutoWidth(true);
        describeExitCodes(commandLine);
        commandLine.getSubcommands().values().forEach(NettyTap::describeExitCodes);
        return commandLine;
    }

    private static int execute(ParseResult parsed) {
        for (ParseResult command = parsed; command != null; command = command.subcommand()) {
            for (CommandSpec mixin : command.commandSpec().mixins().values()) {
                if (mixin.userObject() instanceof Verbosity) {
                    ((Verbosity) mixin.userObject()).begin();
                }
            }
        }
        return new RunLast().execute(parsed);
    }

    private static void describeExitCodes(CommandLine command) {
        UsageMessageSpec usage = command.getCommandSpec().usageMessage();
        if (usage.exitCodeList().isEmpty()) {
            usage.exitCodeListHeading("%nExit codes:%n");
            usage.exitCodeList(EXIT_CODES);
        }
    }

    /** Without a command: what the commands are. */
    @Override
    public Integer call() {
        CommandLine program = spec.commandLine();
        program.getErr().println("netty-tap: no command given");
        program.usage(program.getErr());
        return CommandLine.ExitCode.USAGE;
    }
}
