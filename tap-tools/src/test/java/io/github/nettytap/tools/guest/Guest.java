/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.guest;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A virtual machine with a network card and a shell on its serial console: QEMU without KVM, a kernel of Debian,
 * busybox.
 */
final class Guest implements AutoCloseable {

    private static final Path BOOT = Path.of("target", "guest").toAbsolutePath();
    private static final long BOOT_SECONDS = 300;

    private final Process qemu;
    private final StringBuilder console = new StringBuilder();
    private int commands;

    private Guest(Process qemu) {
        this.qemu = qemu;
        Thread reader = new Thread(this::read, "console");
        reader.setDaemon(true);
        reader.start();
    }

    /** Builds what guests boot from, once; without QEMU the test is skipped, and in CI an error. */
    static void build() throws Exception {
        boolean there = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "qemu-system-x86_64")));
        Assumptions.assumeTrue(
                there || "true".equals(System.getenv("CI")),
                "no virtual machines: apt-get install qemu-system-x86 busybox-static cpio");
        Process make = new ProcessBuilder(
                        Path.of("src", "test", "guest", "make-guest").toString(), BOOT.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(make.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (make.waitFor() != 0) {
            throw new AssertionError("no guest: " + output);
        }
    }

    /**
     * Boots one.
     *
     * @param mac its MAC address
     * @param netdev the rest of QEMU's option -netdev after its id
     */
    static Guest boot(String mac, String netdev) throws Exception {
        List<String> command = new ArrayList<>(List.of("qemu-system-x86_64", "-accel", "tcg", "-m", "192"));
        command.addAll(List.of("-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"));
        command.addAll(List.of("-kernel", BOOT.resolve("vmlinuz").toString()));
        command.addAll(List.of("-initrd", BOOT.resolve("initrd").toString()));
        command.addAll(List.of("-append", "console=ttyS0 quiet panic=-1"));
        command.addAll(List.of("-device", "virtio-net-pci,netdev=n0,romfile=,mac=" + mac));
        int comma = netdev.indexOf(',');
        command.addAll(List.of("-netdev", netdev.substring(0, comma) + ",id=n0" + netdev.substring(comma)));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.remove("CI");
        Guest guest = new Guest(builder.start());
        guest.await("guest ready", BOOT_SECONDS);
        return guest;
    }

    private void read() {
        byte[] buffer = new byte[4096];
        try (InputStream in = qemu.getInputStream()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                synchronized (console) {
                    console.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
                    console.notifyAll();
                }
            }
        } catch (IOException e) {
            // The machine is gone.
        }
    }

    private String await(String text, long seconds) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        synchronized (console) {
            while (console.indexOf(text) < 0) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0 || !qemu.isAlive()) {
                    throw new AssertionError("the guest did not say \"" + text + "\": " + console);
                }
                console.wait(Math.min(left, 200));
            }
            int end = console.indexOf(text) + text.length();
            String said = console.substring(0, end);
            console.delete(0, end);
            return said;
        }
    }

    /**
     * Sends three echo requests, each after the answer to the one before. Of several, busybox waits for the last answer
     * hardly longer than the others took.
     */
    void ping(String address, String... options) throws Exception {
        String ping = "ping -c 1 -W 60 " + String.join(" ", options) + " " + address;
        String said = run("for i in 1 2 3; do " + ping + "; done");
        if (said.split(" 0% packet loss", -1).length != 4) {
            throw new AssertionError("not all was answered: " + said);
        }
    }

    /** Runs commands in the guest and returns what they print. */
    String run(String shell) throws Exception {
        String mark = "done" + ++commands;
        // The console echoes what it is sent: the mark is put together by the guest.
        String line = "{ " + shell + "; } 2>&1; echo do''ne" + commands + "\n";
        if (!qemu.isAlive()) {
            throw new AssertionError("the guest has ended: " + qemu.exitValue() + ", " + console);
        }
        qemu.getOutputStream().write(line.getBytes(StandardCharsets.UTF_8));
        qemu.getOutputStream().flush();
        return await(mark, 180);
    }

    /** Pulls the plug. */
    @Override
    public void close() throws IOException {
        qemu.destroyForcibly().onExit().join();
        qemu.getOutputStream().close();
    }
}
