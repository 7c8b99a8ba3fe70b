/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.tools.lifecycle.StandardOutput.PlainWriter;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

class StandardOutputTest {

    private static final String TEXT = "left ── [switch] → right ⇄ ► 57.3 µs, PORT…";

    private static String written(Charset charset) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintWriter out = new PrintWriter(new PlainWriter(bytes, charset));
        out.print(TEXT);
        out.print('→');
        out.print(new char[] {'µ', 's'});
        out.flush();
        return bytes.toString(charset);
    }

    @Test
    void whatTheCharacterSetHasIsWrittenAsItIs() {
        assertThat(written(StandardCharsets.UTF_8)).isEqualTo(TEXT + "→µs");
    }

    /** As under LC_ALL=C, where an arrow used to be a question mark. */
    @Test
    void whatItHasNotIsWrittenInAscii() {
        assertThat(written(StandardCharsets.US_ASCII)).isEqualTo("left -- [switch] > right = > 57.3 us, PORT...>us");
    }
}
