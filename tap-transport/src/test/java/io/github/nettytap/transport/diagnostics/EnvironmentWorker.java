/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.diagnostics;

import io.github.nettytap.transport.channel.Tap;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Runs each line of its input as a shell command, and says then whether TAP devices can be used. */
public final class EnvironmentWorker {

    private EnvironmentWorker() {}

    public static void main(String[] arguments) throws Exception {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String command;
        while ((command = commands.readLine()) != null) {
            int exit =
                    new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor();
            if (exit != 0) {
                System.out.println("failed: " + command);
            }
            Throwable cause = Tap.unavailabilityCause();
            System.out.println("tap " + (cause == null ? null : cause.getMessage()));
            Diagnosis diagnosis = Doctor.examine();
            Object problem = diagnosis.findings().stream()
                    .filter(finding -> finding.status() == Finding.Status.PROBLEM)
                    .findFirst()
                    .orElse(null);
            System.out.println("doctor " + diagnosis.canCreate() + " " + problem);
            System.out.println("end");
        }
    }
}
