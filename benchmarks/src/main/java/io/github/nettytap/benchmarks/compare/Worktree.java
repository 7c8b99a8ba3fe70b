/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A commit of this repository, checked out beside it for as long as this is open. */
final class Worktree implements AutoCloseable {

    private static final int SECONDS = 60;

    private final Path repository;
    private final Path directory;

    private Worktree(Path repository, Path directory) {
        this.repository = repository;
        this.directory = directory;
    }

    /** Checks the commit out into a new temporary directory. */
    static Worktree add(Path repository, String commit) throws IOException {
        Path directory = Files.createTempDirectory("netty-tap-gate");
        try {
            git(
                    repository,
                    "worktree",
                    "add",
                    "--detach",
                    directory.resolve("tree").toString(),
                    commit);
        } catch (IOException e) {
            Files.delete(directory);
            throw e;
        }
        return new Worktree(repository, directory);
    }

    Path path() {
        return directory.resolve("tree");
    }

    @Override
    public void close() throws IOException {
        // With --force: what was built in it is not of the commit.
        Commands.uninterrupted(() -> {
            git(repository, "worktree", "remove", "--force", path().toString());
            Files.delete(directory);
        });
    }

    private static void git(Path repository, String... arguments) throws IOException {
        String[] command = new String[arguments.length + 3];
        command[0] = "git";
        command[1] = "-C";
        command[2] = repository.toString();
        System.arraycopy(arguments, 0, command, 3, arguments.length);
        Commands.run(SECONDS, command);
    }
}
