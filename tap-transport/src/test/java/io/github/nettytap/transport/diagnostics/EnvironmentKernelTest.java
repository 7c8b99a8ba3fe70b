/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is said where the environment is in the way: real nodes, folders and mounts, which a process of its own sees.
 */
@KernelTest
class EnvironmentKernelTest {

    private static final String ANEW = "rm -rf /dev/net/tun && ";

    @TempDir
    Path directory;

    /** A JVM with mounts of its own; each line that it is sent is a shell command to run before it looks. */
    private final class Worker implements AutoCloseable {

        private final Process process;
        private final BufferedReader answers;
        private final Writer commands;

        Worker(String preparation, String... options) throws IOException {
            List<String> command = new ArrayList<>(List.of(
                    "unshare",
                    "-m",
                    "sh",
                    "-c",
                    "mount -t tmpfs none /dev/net && " + preparation + " && exec \"$@\"",
                    "sh",
                    System.getProperty("java.home") + "/bin/java",
                    "-XX:TieredStopAtLevel=1"));
            command.addAll(List.of(options));
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), EnvironmentWorker.class.getName()));
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            answers = process.inputReader(StandardCharsets.UTF_8);
            commands = process.outputWriter(StandardCharsets.UTF_8);
        }

        /** What {@code Tap} and the doctor say after a command. */
        String after(String command) throws IOException {
            commands.write(command + "\n");
            commands.flush();
            StringBuilder said = new StringBuilder();
            String line;
            while ((line = answers.readLine()) != null && !line.equals("end")) {
                said.append(line).append('\n');
            }
            return said.toString();
        }

        @Override
        public void close() throws IOException {
            commands.close();
            process.destroyForcibly().onExit().join();
            answers.close();
        }
    }

    private void assertSaid(Worker worker, String command, String operation, String reason, String advice)
            throws IOException {
        String[] said = worker.after(command).split("\n");
        assertThat(said[0]).as(command).startsWith("tap " + operation).contains(": " + reason + ". " + advice);
        String capitalized = Character.toUpperCase(reason.charAt(0)) + reason.substring(1);
        assertThat(said[1])
                .as(command)
                .startsWith("doctor false PROBLEM ")
                .contains(": " + capitalized + ". " + advice);
    }

    @Test
    void nodesThatAreNotTheDrivers() throws Exception {
        String advice =
                "Make it anew: `sudo rm -r /dev/net/tun; sudo mknod -m 666 /dev/net/tun c 10 200`; a container gets"
                        + " it by `--device /dev/net/tun`, while a volume of a file that is not there becomes a folder";
        try (Worker worker = new Worker("true")) {
            assertThat(worker.after(ANEW + "mknod -m 666 /dev/net/tun c 10 200"))
                    .startsWith("tap null\ndoctor true ");
            assertSaid(
                    worker,
                    ANEW + "true",
                    "open /dev/net/tun: errno=ENOENT",
                    "there is no device node /dev/net/tun",
                    "Load the driver with `sudo modprobe tun`; in a container pass `--device /dev/net/tun`");
            assertSaid(
                    worker,
                    ANEW + "touch /dev/net/tun",
                    "TUNGETFEATURES: errno=ENOTTY",
                    "/dev/net/tun is a regular file, not a device",
                    advice);
            assertSaid(
                    worker,
                    ANEW + "mkfifo /dev/net/tun",
                    "TUNGETFEATURES: errno=",
                    "/dev/net/tun is a FIFO, not a device",
                    advice);
            assertSaid(
                    worker,
                    ANEW + "mkdir /dev/net/tun",
                    "open /dev/net/tun: errno=EISDIR",
                    "/dev/net/tun is a folder, not a device",
                    advice);
            assertSaid(
                    worker,
                    ANEW + "ln -s /dev/null /dev/net/tun",
                    "TUNGETFEATURES: errno=ENOTTY",
                    "/dev/net/tun is the character device 1, 3, not 10, 200 of the TUN/TAP driver",
                    advice);
            assertSaid(
                    worker,
                    ANEW + "mknod /dev/net/tun c 240 4096",
                    "open /dev/net/tun: errno=ENXIO",
                    "/dev/net/tun is the character device 240, 4096, not 10, 200 of the TUN/TAP driver",
                    advice);
            assertSaid(
                    worker,
                    ANEW + "mknod /dev/net/tun c 10 200 && mount -o remount,nodev /dev/net",
                    "open /dev/net/tun: errno=EACCES",
                    "/dev/net/tun is on a file system that is mounted nodev, where no device opens",
                    "Mount the node of the host in its place: `mount --bind`, or in a container `--device /dev/net/tun`");
        }
    }

    @Test
    void folderForTemporaryFilesWithoutExecution() throws Exception {
        assertUnloadable("noexec", "is mounted noexec");
    }

    @Test
    void folderForTemporaryFilesThatIsReadOnly() throws Exception {
        assertUnloadable("ro", "is read-only");
    }

    /** On every Java: where libc is called by the FFM API, Netty's own library is what cannot be unpacked. */
    private void assertUnloadable(String option, String fault) throws Exception {
        try (Worker worker = new Worker(
                "mknod -m 666 /dev/net/tun c 10 200 && mount -t tmpfs -o " + option + " none " + directory,
                "-Djava.io.tmpdir=" + directory)) {
            String[] said = worker.after("true").split("\n");
            String reason = "he folder for temporary files, " + directory + ", ";
            assertThat(said[0])
                    .startsWith("tap load ")
                    .contains("t" + reason + fault, "-Djava.io.tmpdir=DIR", "#native-code");
            assertThat(said[1]).startsWith("doctor false PROBLEM native code: T" + reason + fault);
        }
    }
}
