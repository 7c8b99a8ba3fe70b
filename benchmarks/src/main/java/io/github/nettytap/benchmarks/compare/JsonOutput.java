/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.github.nettytap.benchmarks.results.Json;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/**
 * Where results go: an option of the programs that have some. The file is whole at any time, whenever it is looked at.
 */
public final class JsonOutput {

    @Option(names = "--json", paramLabel = "FILE", description = "Writes all values there.")
    private Path file;

    public boolean isWanted() {
        return file != null;
    }

    /** Writes the file anew, if one is wanted. */
    public void write(Map<String, Object> report) throws IOException {
        if (file != null) {
            Path unfinished = file.resolveSibling(file.getFileName() + ".part");
            Files.writeString(unfinished, Json.write(report));
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
