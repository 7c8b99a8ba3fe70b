/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import io.github.nettytap.tools.doctor.DiagnosisReport;
import io.github.nettytap.tools.lifecycle.Failures;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.transport.diagnostics.Diagnosis;
import io.github.nettytap.transport.diagnostics.Doctor;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.concurrent.Callable;

/** {@code doctor}: what this process can do with TAPs here, and what is in its way. */
@Command(
        name = "doctor",
        description =
                "Looks at this machine and tells, in plain words, whether TAP interfaces can be made here by this user, "
                        + "what stands in the way, and what to do about it. Changes nothing.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:TAPs can be made",
            " 1:something is missing, which the page tells",
            " 2:wrong usage",
            "77:this user lacks the right"
        },
        footer = {
            "",
            "Examples:",
            "  netty-tap doctor",
            "  netty-tap doctor --json | jq .verdict",
            "  sudo netty-tap doctor"
        })
final class DoctorCommand implements Callable<Integer> {

    @Option(names = "--json", description = "Print one JSON object in place of the page.")
    private boolean json;

    @Mixin
    private Verbosity verbosity;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Diagnosis diagnosis = Doctor.examine();
        DiagnosisReport report = new DiagnosisReport(diagnosis);
        PrintWriter out = spec.commandLine().getOut();
        if (json || !verbosity.isQuiet()) {
            out.print(json ? report.json() : diagnosis.toString());
            out.flush();
        }
        if (diagnosis.canCreate()) {
            return ExitCode.OK;
        }
        return diagnosis.lacksOnlyPermission() ? Failures.NO_PERMISSION : ExitCode.SOFTWARE;
    }
}
