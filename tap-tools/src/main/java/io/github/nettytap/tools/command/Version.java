/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.command;

import picocli.CommandLine.IVersionProvider;

/** The versions of what runs: netty-tap from the jar's manifest, Netty, Java and the kernel. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = NettyTap.class.getPackage().getImplementationVersion();
        return new String[] {
            "netty-tap " + (version == null ? "(not from a jar)" : version),
            "Netty " + io.netty.util.Version.identify().get("netty-common").artifactVersion()
                    + ", Java " + Runtime.version()
                    + ", " + System.getProperty("os.name") + " " + System.getProperty("os.version")
                    + " " + System.getProperty("os.arch")
        };
    }
}
