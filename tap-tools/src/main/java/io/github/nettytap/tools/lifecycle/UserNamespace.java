/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs a command again as root of a user and network namespace of its own, which needs no privilege outside.
 *
 * <p>{@code unshare -Urn} of util-linux does it: inside, the user is root, with all capabilities over that network
 * namespace and over those made in it, and over nothing else.
 */
public final class UserNamespace {

    private static final int CAP_NET_ADMIN = 12;
    private static final int CAP_SYS_ADMIN = 21;
    private static final Path TUN = Path.of("/dev/net/tun");
    private static final String INSIDE = "NETTY_TAP_IN_USER_NAMESPACE";
    private static final int PROBE_SECONDS = 10;

    private UserNamespace() {}

    /** Whether this process may make network namespaces and TAPs in them. */
    public static boolean isNeeded() throws IOException {
        return !hasCapabilities() && System.getenv(INSIDE) == null;
    }

    private static boolean hasCapabilities() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("CapEff:")) {
                long effective = Long.parseUnsignedLong(line.substring(7).trim(), 16);
                long needed = 1L << CAP_NET_ADMIN | 1L << CAP_SYS_ADMIN;
                return (effective & needed) == needed;
            }
        }
        return false;
    }

    /**
     * Runs this program there, by the command line that it was started with.
     *
     * @param command the name of the command, for messages
     * @return its exit code
     */
    public static int run(String command) throws IOException, InterruptedException {
        String again = "netty-tap " + command;
        if (!Files.isReadable(TUN) || !Files.isWritable(TUN)) {
            throw new CommandException(
                    Failures.NO_PERMISSION,
                    "no access to " + TUN + ": user=" + System.getProperty("user.name")
                            + ". A user namespace does not help against the mode of the device node. Run `sudo " + again
                            + "`, or let everybody open it, as most distributions do (`sudo chmod 0666 " + TUN
                            + "`; the interfaces stay protected), and try again");
        }
        String refusal = probe();
        if (refusal != null) {
            throw new CommandException(
                    Failures.NO_PERMISSION,
                    "no right to make network namespaces: user=" + System.getProperty("user.name")
                            + ", and no user namespace to have it in: " + refusal + ". Run `sudo " + again
                            + "`, or allow user namespaces (`sudo sysctl kernel.unprivileged_userns_clone=1`, on Ubuntu"
                            + " `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`; in a container, start it"
                            + " with --cap-add NET_ADMIN --cap-add SYS_ADMIN --device " + TUN + ")");
        }
        List<String> words = new ArrayList<>(List.of("unshare", "-Urn"));
        words.addAll(ownCommandLine());
        ProcessBuilder builder = new ProcessBuilder(words).inheritIO();
        builder.environment().put(INSIDE, "1");
        return builder.start().waitFor();
    }

    private static List<String> ownCommandLine() throws IOException {
        List<String> words = new ArrayList<>(
                List.of(Files.readString(Path.of("/proc/self/cmdline")).split("\0")));
        // The first word may be a bare name that PATH had to resolve.
        words.set(0, Path.of("/proc/self/exe").toRealPath().toString());
        return words;
    }

    /** Why it would not work, or null. */
    private static String probe() throws InterruptedException {
        try {
            Process process = new ProcessBuilder("unshare", "-Urn", "true")
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes()).strip();
            boolean ended = process.waitFor(PROBE_SECONDS, TimeUnit.SECONDS);
            return ended && process.exitValue() == 0 ? null : output;
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
