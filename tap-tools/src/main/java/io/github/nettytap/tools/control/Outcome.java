/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.control;

import io.github.nettytap.tools.json.Json;
import io.github.nettytap.tools.lifecycle.Message;

/** The last line of an answer: the request was done, or why not. */
final class Outcome {

    static final String DONE = "{\"ok\":true}";
    private static final String FAILED = "{\"error\":";

    private Outcome() {}

    static String failed(String reason) {
        return Json.object(json -> json.name("error").value(Message.of(reason)));
    }

    static boolean isLast(String line) {
        return line.equals(DONE) || line.startsWith(FAILED);
    }
}
