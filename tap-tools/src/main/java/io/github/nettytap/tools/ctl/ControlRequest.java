/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import java.util.Arrays;
import java.util.List;

/** A verb and its arguments, as a client sent them. */
record ControlRequest(ControlVerb verb, List<String> arguments) {

    /**
     * Reads a request.
     *
     * @param line its line
     * @param program who was asked
     * @throws IllegalArgumentException if the program does not know the verb, or it takes another number of arguments
     */
    static ControlRequest parse(String line, ControlVerb.Of program) {
        String[] words = line.split("\\s+");
        ControlVerb verb = ControlVerb.of(words[0], program);
        List<String> arguments = Arrays.asList(words).subList(1, words.length);
        verb.checkCount(arguments);
        if (verb == ControlVerb.PORTS && program != ControlVerb.Of.NETWORK && !arguments.isEmpty()) {
            throw new IllegalArgumentException("this program has no nodes: argument=" + arguments.get(0)
                    + " (expected: no argument; only run has nodes)");
        }
        return new ControlRequest(verb, arguments);
    }

    /** The only argument of a verb that needs none, or null. */
    String argument() {
        return arguments.isEmpty() ? null : arguments.get(0);
    }
}
