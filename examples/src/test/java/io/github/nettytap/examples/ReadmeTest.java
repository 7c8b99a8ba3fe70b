/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the README shows is what is in the tree. */
class ReadmeTest {

    private static final Path TOP = Path.of("..");

    @Test
    void javaInTheReadmeIsThatOfPrintFrames() throws IOException {
        String source =
                Files.readString(TOP.resolve("examples/src/main/java/io/github/nettytap/examples/PrintFrames.java"));
        String body = source.substring(source.indexOf("        TapEventLoopGroup group"), source.indexOf("    }\n}"))
                .indent(-8);
        assertThat(readme()).contains("```java\n" + body + "```");
    }

    private static String readme() throws IOException {
        return Files.readString(TOP.resolve("README.md"));
    }
}
