/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every link of every document to a file of this tree leads to one, and every anchor to a heading. */
class DocumentLinksTest {

    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|mailto:)([^)#\\s]*)(?:#([^)\\s]+))?\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.*)$");

    static List<Path> documents() throws IOException {
        try (Stream<Path> files = Files.walk(TOP)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> !file.toString().contains("/target/"))
                    .map(TOP::relativize)
                    .sorted()
                    .collect(Collectors.toList());
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void linksLeadSomewhere(Path document) throws IOException {
        Path file = TOP.resolve(document);
        Matcher links = LINK.matcher(withoutCode(Files.readString(file)));
        while (links.find()) {
            Path target = links.group(1).isEmpty()
                    ? file
                    : file.resolveSibling(links.group(1)).normalize();
            assertThat(target).as(links.group()).exists();
            if (links.group(2) != null && target.toString().endsWith(".md")) {
                assertThat(anchors(target)).as(links.group()).contains(links.group(2));
            }
        }
    }

    /** As GitHub makes them of headings; one that occurs again gets a number, which no link here needs. */
    private static List<String> anchors(Path document) throws IOException {
        return HEADING.matcher(withoutCode(Files.readString(document)))
                .results()
                .map(heading -> heading.group(1)
                        .strip()
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toList());
    }

    private static String withoutCode(String text) {
        return text.replaceAll("(?ms)^```.*?^```$", "");
    }
}
