/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.FaultyLibC;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.ProcessPrivilege;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class DoctorTest {

    private static final String NONE = "0000000000000000";
    private static final String NET_ADMIN = "0000000000001000";

    @TempDir
    Path proc;

    @BeforeEach
    void makeProc() throws IOException {
        capabilities(NONE);
        write("sys/kernel/osrelease", "6.1.0\n");
        write("sys/user/max_user_namespaces", "1000\n");
    }

    private void write(String file, String text) throws IOException {
        Path path = proc.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void capabilities(String effective) throws IOException {
        write("thread-self/status", "Name:\tjava\nCapEff:\t" + effective + "\n");
    }

    private Diagnosis examine(LibC libc, boolean ownsNetwork) {
        return new Doctor(libc, new ProcessPrivilege(proc, ownsNetwork)).run();
    }

    private static LibC nodeFailing(Errno errno) {
        return FaultyLibC.with(
                (call, arguments) -> call.equals("open") && arguments[0].equals("/dev/net/tun") ? -errno.number() : 0);
    }

    private static Finding finding(Diagnosis diagnosis, String topic) {
        return diagnosis.findings().stream()
                .filter(finding -> finding.topic().equals(topic))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void missingNodeIsTheFirstThingToSee() {
        Diagnosis diagnosis = examine(nodeFailing(Errno.ENOENT), true);
        assertThat(diagnosis.canCreate()).isFalse();
        assertThat(finding(diagnosis, "device node"))
                .hasToString(
                        "PROBLEM device node: There is no /dev/net/tun, the door to the driver. Load the driver: `sudo"
                                + " modprobe tun`. In a container, start it with `--device /dev/net/tun`.");
        assertThat(diagnosis.verdict())
                .isEqualTo(
                        "This process can make no TAP device: see to the device node first. What it can do is receive an"
                                + " open device from another process (TapFdPassing).");
    }

    @Test
    void missingDriverIsToldFromAMissingNode() {
        assertThat(finding(examine(nodeFailing(Errno.ENODEV), true), "device node")
                        .text())
                .isEqualTo("/dev/net/tun is there, but no driver is behind it.");
    }

    @Test
    void missingCapabilityHasFourWaysOut() {
        Diagnosis diagnosis = examine(nodeFailing(Errno.EACCES), true);
        assertThat(finding(diagnosis, "permission").status()).isEqualTo(Finding.Status.PROBLEM);
        assertThat(finding(diagnosis, "permission").text())
                .isEqualTo(
                        "This process may not make interfaces here: it lacks CAP_NET_ADMIN, the part of root's power that"
                                + " is about networks.");
        assertThat(finding(diagnosis, "permission").advice()).contains("(1)", "(2)", "(3)", "(4)");
    }

    @Test
    void capabilityForAnotherNetworkDoesNotCount() throws Exception {
        capabilities(NET_ADMIN);
        Diagnosis diagnosis = examine(nodeFailing(Errno.EACCES), false);
        assertThat(finding(diagnosis, "permission").text())
                .isEqualTo(
                        "This process has CAP_NET_ADMIN, the part of root's power that is about networks, but not for"
                                + " this network, which belongs to somebody else (another user namespace).");
    }

    @Test
    void capabilityForThisNetworkIsEnough() throws Exception {
        capabilities(NET_ADMIN);
        assertThat(finding(examine(nodeFailing(Errno.EACCES), true), "permission")
                        .status())
                .isEqualTo(Finding.Status.OK);
    }

    @Test
    void switchedOffUserNamespacesAreNamed() throws Exception {
        write("sys/user/max_user_namespaces", "0\n");
        Finding finding = finding(examine(nodeFailing(Errno.EACCES), true), "private network");
        assertThat(finding.status()).isEqualTo(Finding.Status.NOTE);
        assertThat(finding.text()).endsWith("is switched off: `sysctl user.max_user_namespaces` is 0.");
    }

    @Test
    void forbiddenIoUringIsANote() {
        LibC libc = FaultyLibC.failing("syscall", Errno.EPERM);
        assertThat(finding(examine(libc, true), "io_uring").status()).isEqualTo(Finding.Status.NOTE);
    }

    @Test
    @KernelTest
    void allIsWellWithEveryCapability() {
        Diagnosis diagnosis = Doctor.examine();
        assertThat(diagnosis.canCreate()).isTrue();
        assertThat(diagnosis.verdict()).isEqualTo("This process can make TAP devices here.");
        assertThat(finding(diagnosis, "offloads").text()).startsWith("The kernel grants [CSUM, TSO4, TSO6");
    }

    @Test
    void pageNamesEveryFindingAndEndsWithTheVerdict() {
        Diagnosis diagnosis = examine(nodeFailing(Errno.ENOENT), true);
        String page = diagnosis.toString();
        assertThat(page.lines()).allMatch(line -> line.length() <= 100);
        diagnosis.findings().forEach(finding -> assertThat(page).contains(finding.topic()));
        assertThat(page.replaceAll("\\s+", " ")).endsWith(diagnosis.verdict() + " ");
    }
}
