/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.testkit;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Names, at the end of a run, the kernel tests that could not run. */
@SuppressWarnings("exports") // found by JUnit as a service, not called
public final class SkippedKernelTests implements LauncherSessionListener {

    private static final List<String> NAMES = new CopyOnWriteArrayList<>();

    /** Makes a listener; JUnit does. */
    public SkippedKernelTests() {}

    static void add(String name) {
        NAMES.add(name);
    }

    @Override
    public void launcherSessionClosed(LauncherSession session) {
        if (!NAMES.isEmpty()) {
            System.err.println(
                    NAMES.size() + " kernel tests or classes of them skipped, for want of privilege: " + NAMES
                            + "; to run them: sudo mvn verify, or: unshare -Urn mvn verify (needs access to /dev/net/tun)");
        }
    }
}
