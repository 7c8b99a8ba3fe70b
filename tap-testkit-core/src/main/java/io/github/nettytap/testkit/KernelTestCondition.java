/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Decides whether a {@link KernelTest} can run here. */
public final class KernelTestCondition implements ExecutionCondition {

    private static final Path TUN_NODE = Path.of("/dev/net/tun");
    private static final int CAP_NET_ADMIN = 12;

    /** Makes a condition; JUnit does. */
    public KernelTestCondition() {}

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        String missing = missing();
        if (missing == null) {
            return ConditionEvaluationResult.enabled("the kernel can be used");
        }
        if (Boolean.parseBoolean(System.getenv("CI"))) {
            throw new IllegalStateException("a kernel test may not be skipped in CI: " + missing);
        }
        context.getElement().ifPresent(element -> SkippedKernelTests.add(element.toString()));
        return ConditionEvaluationResult.disabled(missing);
    }

    private static String missing() {
        if (!Files.isReadable(TUN_NODE) || !Files.isWritable(TUN_NODE)) {
            return "no access to " + TUN_NODE;
        }
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("CapEff:")) {
                    long capabilities = Long.parseUnsignedLong(line.substring(7).trim(), 16);
                    return (capabilities & 1L << CAP_NET_ADMIN) != 0 ? null : "no CAP_NET_ADMIN";
                }
            }
            return "no CapEff line in /proc/self/status";
        } catch (IOException e) {
            return e.toString();
        }
    }
}
