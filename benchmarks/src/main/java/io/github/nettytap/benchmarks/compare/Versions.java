/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.netty.util.Version;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was measured: the state of the source tree, and the versions of everything that takes part. */
public final class Versions {

    private static final int SECONDS = 20;

    private Versions() {}

    /** The commit of a tree; {@code dirty} if there is anything in it that the commit does not have. */
    public static Map<String, Object> tree(Path top) throws IOException {
        Map<String, Object> result = new LinkedHashMap<>();
        if (Files.exists(top.resolve(".git")) && Commands.exists("git")) {
            String git = top.toString();
            result.put(
                    "commit",
                    Commands.run(SECONDS, "git", "-C", git, "rev-parse", "HEAD").strip());
            // Results are written into the tree while it is measured; they are not part of what is measured.
            List<String> status = List.of("git", "-C", git, "status", "--porcelain", "--", ".", ":!benchmarks/results");
            result.put("dirty", !Commands.run(SECONDS, status).isBlank());
        }
        return result;
    }

    /** Netty's version on this class path, which is that of the switch's, too. */
    public static String netty() {
        Version version = Version.identify().get("netty-transport");
        return version == null ? "unknown" : version.artifactVersion();
    }

    /** The Debian packages of these needs, each with its version; empty where they are not of packages. */
    public static String packages(List<Candidate.Need> needs) throws IOException {
        List<String> command = new ArrayList<>(List.of("dpkg-query", "-W", "-f", "${Package} ${Version}\\n"));
        needs.forEach(need -> command.addAll(Arrays.asList(need.debianPackage().split(" "))));
        if (needs.isEmpty() || !Commands.exists("dpkg-query")) {
            return "";
        }
        try {
            return String.join(
                    ", ", Commands.run(SECONDS, command).lines().distinct().toList());
        } catch (IOException e) {
            // Built from source, perhaps: there is a program, but no package.
            return "";
        }
    }
}
