/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.tools.control.ControlClient;
import io.github.nettytap.tools.ctl.AnswerTable;
import io.github.nettytap.tools.ctl.ControlVerb;
import io.github.nettytap.tools.lifecycle.CommandException;
import io.github.nettytap.tools.lifecycle.Failures;
import io.github.nettytap.tools.option.Verbosity;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;

/** {@code ctl}: asks a running switch, or tells it what to change. */
@Command(
        name = "ctl",
        description =
                "Asks a running switch, router or network of run about its ports and MAC addresses, or changes them"
                        + " while it forwards. It must have been started with --control, and by the user who runs"
                        + " this.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "Verbs:",
            "  ports                      the ports with their settings",
            "  ports/add NAME[,SETTING…]  makes a TAP a port, as an argument of switch does",
            "  ports/set NAME[,SETTING…]  gives a port these settings in place of its own",
            "  ports/remove NAME          takes a port out, and its interface away",
            "  fdb/show [port=NAME]       the MAC addresses that are known",
            "  fdb/flush [port=NAME]      forgets the MAC addresses that were heard",
            "  tables                     how full the tables are, and what found no room",
            "  forwards                   the ports that a router forwards to hosts inside",
            "  stats                      what each port has carried and dropped",
            "  help                       the verbs, as the program knows them",
            "A router knows ports, tables, forwards, stats and help.",
            "",
            "Verbs for run, whose ports are NODE/PORT:",
            "  nodes                      the switches, routers and VXLAN endpoints",
            "  ports, fdb/show, fdb/flush, tables [node=NAME]   of all nodes or one",
            "  routes, nat [node=NAME]    the routing tables, and what NAT knows",
            "  topology                   the network as JSON",
            "  reload                     reads the file again, and changes what differs",
            "",
            "Examples:",
            "  netty-tap switch tap0 tap1 --control /run/netty-tap.sock",
            "  netty-tap ctl ports",
            "  netty-tap ctl ports/add tap2,vlan=10",
            "  netty-tap ctl fdb/show port=tap1 --json",
            "  echo stats | socat - UNIX-CONNECT:/run/netty-tap.sock"
        })
final class CtlCommand implements Callable<Integer> {

    private static final String DEFAULT = "/run/netty-tap.sock";

    @Parameters(
            index = "0",
            paramLabel = "VERB",
            completionCandidates = Verbs.class,
            description = "What is asked for or to be done, see below.")
    private String verb;

    @Parameters(index = "1..*", paramLabel = "ARGUMENT", description = "What the verb is about.")
    private List<String> arguments = new ArrayList<>();

    @Option(
            names = "--control",
            paramLabel = "PATH",
            description = "The control socket of the program (default: " + DEFAULT + ").")
    private Path control = Path.of(DEFAULT);

    @Option(names = "--json", description = "Print the answer as it comes: a JSON object a line.")
    private boolean json;

    @Mixin
    private Verbosity verbosity;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        ControlVerb asked = checkedVerb();
        PrintWriter out = spec.commandLine().getOut();
        List<String> lines = new ArrayList<>();
        String failure;
        verbosity.step("asks " + control + ": " + String.join(" ", request()));
        try (ControlClient client = connect()) {
            failure =
                    client.ask(String.join(" ", request()), json ? line -> out.println(line) : line -> lines.add(line));
        }
        if (failure != null) {
            throw new CommandException(CommandLine.ExitCode.SOFTWARE, AnswerTable.reason(failure));
        }
        if (!json && !verbosity.isQuiet()) {
            out.print(AnswerTable.format(asked, lines));
        }
        out.flush();
        return CommandLine.ExitCode.OK;
    }

    private ControlVerb checkedVerb() {
        try {
            ControlVerb asked = ControlVerb.of(verb);
            asked.checkCount(arguments);
            return asked;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }

    private List<String> request() {
        List<String> words = new ArrayList<>(List.of(verb));
        words.addAll(arguments);
        for (String word : words) {
            if (word.isEmpty() || word.chars().anyMatch(Character::isWhitespace)) {
                throw new ParameterException(
                        spec.commandLine(), "not a word: argument=\"" + word + "\" (expected: no blanks)");
            }
        }
        return words;
    }

    private ControlClient connect() throws IOException {
        try {
            return ControlClient.connect(control);
        } catch (SocketException e) {
            if (!Files.exists(control)) {
                throw new CommandException(
                        CommandLine.ExitCode.SOFTWARE,
                        "no control socket: path=" + control + ". Start a switch that has one:"
                                + " netty-tap switch tap0 tap1 --control " + control);
            }
            if (Files.isRegularFile(control) || Files.isDirectory(control)) {
                throw new CommandException(
                        CommandLine.ExitCode.SOFTWARE,
                        "not a socket: path=" + control + " (expected: the path that switch has in --control)");
            }
            if (!Files.isWritable(control)) {
                throw new CommandException(
                        Failures.NO_PERMISSION,
                        "this user may not use the control socket: path=" + control
                                + ". Run ctl as the user who started the switch, or with sudo");
            }
            throw new CommandException(
                    CommandLine.ExitCode.SOFTWARE,
                    "no switch listens any more: path=" + control + ", reason=" + e.getMessage()
                            + ". Start one: netty-tap switch tap0 tap1 --control " + control);
        }
    }

    /** For the completion of shells. */
    static final class Verbs implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(ControlVerb.values()).map(ControlVerb::word).iterator();
        }
    }
}
