/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Path;

/**
 * In a JVM of its own, with the settings of run-example.sh: the leak detector of the tests makes an object a buffer.
 */
@KernelTest
class RoutingAllocationTest {

    @ParameterizedTest
    @CsvSource({"offloads, plain", "none, plain", "none, nat"})
    void routingAllocatesNothingForAFrame(String offloads, String translation) throws Exception {
        String[] result = run(offloads, translation).strip().split(" ");
        double bytes = Long.parseLong(result[0]);
        long frames = Long.parseLong(result[1]);
        assertThat(frames).isGreaterThan(1_000);
        // What is left is for what happens now and then: the tick, a connection, a pool that grows.
        assertThat(bytes / frames)
                .as(bytes + " bytes for " + frames + " frames")
                .isLessThan(2);
    }

    private static String run(String... arguments) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-XX:+UseSerialGC",
                        "-Dio.netty.machineId=02:00:00:ff:fe:00:00:01",
                        "-Dio.netty.leakDetection.level=disabled",
                        "-Dio.netty.recycler.chunkSize=256",
                        RoutingAllocationProbe.class.getName(),
                        arguments[0],
                        arguments[1])
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).isZero();
        return output;
    }
}
