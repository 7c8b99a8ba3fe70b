/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** {@code bin/netty-tap}, in an installation: libraries in {@code lib}, owned by root, and nobody may write there. */
class StartScriptTest {

    private static final String NOBODY = "65534";

    @TempDir
    static Path top;

    private static Path script;

    @BeforeAll
    static void install() throws IOException {
        Path bin = Files.createDirectories(top.resolve("usr local/bin"));
        Path lib = Files.createDirectory(bin.resolveSibling("lib"));
        for (String name : List.of("netty-tap", "netty-tap.vmoptions")) {
            Files.copy(Path.of("bin", name), bin.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
        script = bin.resolve("netty-tap");
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            Path jar = lib.resolve(number++ + ".jar");
            if (Files.isDirectory(path)) {
                pack(path, jar);
            } else if (Files.exists(path)) {
                Files.copy(path, jar);
            }
        }
        Files.setPosixFilePermissions(top, PosixFilePermissions.fromString("r-xr-xr-x"));
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(file);
                Stream<Path> files = Files.walk(classes).filter(Files::isRegularFile)) {
            for (Path path : (Iterable<Path>) files::iterator) {
                zip.putNextEntry(new ZipEntry(classes.relativize(path).toString()));
                Files.copy(path, zip);
            }
        }
    }

    @Test
    void startsByALinkFromAnywhereAndWarnsOfNothing() throws Exception {
        Path link = Files.createSymbolicLink(Files.createTempDirectory("path").resolve("netty-tap"), script);
        try {
            Result result = run(Map.of(), link.toString(), "--version");
            assertThat(result.errors()).isEmpty();
            assertThat(result.output()).startsWith("netty-tap ").contains("Java " + Runtime.version());
            assertThat(result.exitCode()).isZero();
        } finally {
            Files.delete(link);
            Files.delete(link.getParent());
        }
    }

    @Test
    void passesArgumentsAndTheExitCodeOn() throws Exception {
        Result result = run(Map.of(), script.toString(), "switch", "tap 0");
        assertThat(result.errors()).contains("too few ports: ports=1");
        assertThat(result.exitCode()).isEqualTo(2);
    }

    @Test
    void optionsOfTheJvmCanBeAdded() throws Exception {
        Result result = run(Map.of("NETTY_TAP_JAVA_OPTIONS", "-Xmx7m -Xlog:gc*=off -Xms7m"), script.toString(), "-V");
        assertThat(result.exitCode()).isZero();
    }

    /** What a JVM cannot use, such as the archive of another one, costs time and says nothing. */
    @Test
    void archiveThatDoesNotFitIsPassedOver() throws Exception {
        Path archive = script.resolveSibling("../lib/netty-tap.jsa").normalize();
        Files.writeString(archive, "no archive");
        try {
            Result result = run(Map.of(), script.toString(), "--version");
            assertThat(result.errors()).isEmpty();
            assertThat(result.output()).startsWith("netty-tap ");
        } finally {
            Files.delete(archive);
        }
    }

    /** Without a space in the path, where JDK 17 takes no class of an application from an archive. */
    @Test
    @KernelTest
    void archiveIsMadeAndUsed() throws Exception {
        Path bin = Files.createDirectories(top.resolve("opt/bin"));
        Path lib = Files.createDirectory(bin.resolveSibling("lib"));
        try (Stream<Path> jars = Files.list(script.getParent().resolveSibling("lib"))) {
            for (Path jar : (Iterable<Path>) jars::iterator) {
                Files.createLink(lib.resolve(jar.getFileName()), jar);
            }
        }
        for (Path file : List.of(
                script, script.resolveSibling("netty-tap.vmoptions"), Path.of("packaging/make-class-archive"))) {
            Files.copy(file, bin.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
        }
        Result made = run(Map.of(), bin.resolve("make-class-archive").toString());
        assertThat(made.errors()).isEmpty();
        Path archive = Path.of(made.output().strip());
        try {
            assertThat(archive).hasFileName("netty-tap.jsa").isNotEmptyFile();
            Result result = run(
                    Map.of("NETTY_TAP_JAVA_OPTIONS", "-Xlog:class+load:stderr"),
                    bin.resolve("netty-tap").toString(),
                    "--version");
            assertThat(result.errors().lines().filter(line -> line.contains(NettyTap.class.getName() + " ")))
                    .singleElement()
                    .asString()
                    .endsWith("source: shared objects file (top)");
        } finally {
            Files.delete(archive);
        }
    }

    @Test
    void missingJavaIsSaid() throws Exception {
        Result result = run(Map.of("JAVA_HOME", "/no/jdk"), script.toString(), "demo");
        assertThat(result.errors())
                .isEqualTo("netty-tap: no Java found: JAVA_HOME=/no/jdk (expected: JDK 17 or newer, on Debian:"
                        + " apt-get install openjdk-17-jre-headless)\n");
        assertThat(result.exitCode()).isEqualTo(1);
    }

    @Test
    void missingLibrariesAreSaid() throws Exception {
        Path bin = Files.createDirectories(Files.createTempDirectory("tree").resolve("bin"));
        Path copy = Files.copy(Path.of("bin/netty-tap"), bin.resolve("netty-tap"), StandardCopyOption.COPY_ATTRIBUTES);
        try {
            assertThat(run(Map.of(), copy.toString(), "demo"))
                    .isEqualTo(
                            new Result(
                                    1,
                                    "",
                                    "netty-tap: not built yet: run ./run-example.sh at the top of the source tree, or mvn package\n"));
        } finally {
            Files.delete(copy);
            Files.delete(bin);
            Files.delete(bin.getParent());
        }
    }

    /** As nobody, who enters a user namespace by the same command line, where everybody may open the device node. */
    @Test
    @KernelTest
    void demoRunsWithoutRoot() throws Exception {
        Result result = run(
                Map.of("HOME", "/"),
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec \"$@\"",
                "sh",
                "setpriv",
                "--reuid=" + NOBODY,
                "--regid=" + NOBODY,
                "--clear-groups",
                "--inh-caps=-all",
                script.toString(),
                "demo",
                "--seconds",
                "1");
        assertThat(result.errors()).isEmpty();
        assertThat(result.output()).contains("20 of 20 answered");
        assertThat(result.exitCode()).isZero();
    }

    private record Result(int exitCode, String output, String errors) {}

    private static Result run(Map<String, String> environment, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(command)));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        Path errors = Files.createTempFile("netty-tap", ".err");
        try {
            Process process = builder.redirectError(errors.toFile()).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes());
            return new Result(process.waitFor(), output, Files.readString(errors));
        } finally {
            Files.delete(errors);
        }
    }
}
