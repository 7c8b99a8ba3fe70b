/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.channel.Tap;
import io.github.nettytap.transport.device.CpuAffinity;
import io.github.nettytap.transport.device.NetworkNamespace;
import io.github.nettytap.transport.device.ObstacleOn;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.FaultyLibC;
import io.github.nettytap.transport.linux.LibC;
import io.github.nettytap.transport.linux.ProcessPrivilege;
import io.github.nettytap.transport.linux.TunIoctl;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        return new Doctor(libc, new ProcessPrivilege(proc, ownsNetwork), ObstacleOn.of(libc), null).run();
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
                        "PROBLEM device node: There is no device node /dev/net/tun. Load the driver with `sudo modprobe"
                                + " tun`; in a container pass `--device /dev/net/tun`.");
        assertThat(diagnosis.verdict())
                .isEqualTo(
                        "This process can make no TAP device: see to the device node first. What it can do is receive an"
                                + " open device from another process.");
    }

    @Test
    void missingDriverIsToldFromAMissingNode() {
        assertThat(finding(examine(nodeFailing(Errno.ENODEV), true), "device node")
                        .text())
                .isEqualTo("There is no TUN/TAP driver behind /dev/net/tun.");
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
    void deviceCgroupIsNamed() {
        Diagnosis diagnosis = examine(nodeFailing(Errno.EPERM), true);
        assertThat(finding(diagnosis, "device node"))
                .hasToString(
                        "PROBLEM device node: The device cgroup of this container or service forbids /dev/net/tun. Start"
                                + " the container with `--device /dev/net/tun` (Docker, Podman), or the service with"
                                + " `DeviceAllow=/dev/net/tun rw` (systemd).");
        assertThat(diagnosis.lacksOnlyPermission()).isTrue();
    }

    @Test
    void nodeThatIsNotTheDriversIsNamedEvenWithEveryCapability() throws Exception {
        capabilities("000001ffffffffff");
        Diagnosis diagnosis = examine(FaultyLibC.failingIoctl(TunIoctl.TUNGETFEATURES, Errno.ENOTTY), true);
        assertThat(finding(diagnosis, "device node").text())
                .isEqualTo("/dev/net/tun opens, but does not answer like the TUN/TAP driver.");
        assertThat(diagnosis.canCreate()).isFalse();
        assertThat(diagnosis.lacksOnlyPermission()).isFalse();
        assertThat(diagnosis.verdict())
                .startsWith("This process can make no TAP device: see to the device node first.");
    }

    @Test
    void withoutNativeEventLoopNothingIsPromised() throws Exception {
        capabilities("000001ffffffffff");
        Diagnosis diagnosis = new Doctor(
                        LibC.get(),
                        new ProcessPrivilege(proc, true),
                        null,
                        new UnsatisfiedLinkError("failed to load the required native library")
                                .initCause(new UnsatisfiedLinkError("no netty_transport_native_epoll\nmore")))
                .run();
        assertThat(finding(diagnosis, "native code"))
                .hasToString("PROBLEM native code: There is no event loop for TAP channels (no"
                        + " netty_transport_native_epoll). Add netty-transport-native-epoll with the classifier of this"
                        + " machine, linux-x86_64 or linux-aarch_64, to the runtime class path.");
        assertThat(diagnosis.canCreate()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Mac OS X", "Windows 11", ""})
    void nothingThrowsOnOtherSystems(String system) {
        String real = System.getProperty("os.name");
        System.setProperty("os.name", system);
        try {
            Diagnosis diagnosis = Doctor.examine();
            assertThat(diagnosis.canCreate()).isFalse();
            assertThat(diagnosis.findings()).singleElement().satisfies(finding -> assertThat(finding.text())
                    .isEqualTo("TAP devices of this kind exist on Linux alone, and this is " + system + "."));
            assertThat(Tap.isAvailable()).isFalse();
            assertThat(Tap.unavailabilityCause())
                    .hasMessage("load native code: TAP devices of this kind exist on Linux alone, and this is " + system
                            + ". Run it on Linux, in a virtual machine or in a Linux container. See"
                            + " https://github.com/nettytap/netty-tap/blob/main/docs/troubleshooting.md#not-linux");
            assertThatThrownBy(() -> TapDevice.builder("tap0").open()).isInstanceOf(TapException.class);
            assertThatThrownBy(NetworkNamespace::create).isInstanceOf(TapException.class);
            assertThat(CpuAffinity.pinCurrentThread(0)).isFalse();
        } finally {
            System.setProperty("os.name", real);
        }
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
