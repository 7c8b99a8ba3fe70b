/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The verbs of the control socket of a switch, and of {@code ctl}. */
public enum ControlVerb {
    PORTS("ports", "", 0, 0, "the ports with their settings"),
    PORTS_ADD("ports/add", "NAME[,SETTING…]", 1, 1, "makes a TAP a port, as an argument of switch does"),
    PORTS_SET("ports/set", "NAME[,SETTING…]", 1, 1, "gives a port these settings in place of those it has"),
    PORTS_REMOVE("ports/remove", "NAME", 1, 1, "takes a port out; its interface goes if it is not persistent"),
    FDB_SHOW("fdb/show", "[port=NAME]", 0, 1, "the MAC addresses that are known, of all ports or one"),
    FDB_FLUSH("fdb/flush", "[port=NAME]", 0, 1, "forgets the MAC addresses that were heard, at all ports or one"),
    TABLES("tables", "", 0, 0, "how full the tables are, and what had to make room or found none"),
    STATS("stats", "", 0, 0, "what each port has carried and dropped"),
    HELP("help", "", 0, 0, "the verbs");

    private final String word;
    private final String arguments;
    private final int fewest;
    private final int most;
    private final String text;

    ControlVerb(String word, String arguments, int fewest, int most, String text) {
        this.word = word;
        this.arguments = arguments;
        this.fewest = fewest;
        this.most = most;
        this.text = text;
    }

    public String word() {
        return word;
    }

    /** As it is typed, with its arguments. */
    String usage() {
        return arguments.isEmpty() ? word : word + " " + arguments;
    }

    /** What it does. */
    String text() {
        return text;
    }

    public static ControlVerb of(String word) {
        return Arrays.stream(values())
                .filter(verb -> verb.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such verb: verb=" + word + " (expected: "
                        + Arrays.stream(values()).map(ControlVerb::word).collect(Collectors.joining(", ")) + ")"));
    }

    public void checkCount(List<String> given) {
        if (given.size() < fewest || given.size() > most) {
            throw new IllegalArgumentException("wrong number of arguments: verb=" + word + ", arguments=" + given.size()
                    + " (expected: " + usage() + ")");
        }
    }

    String toJson() {
        return new JsonLine()
                .text("verb", word)
                .text("usage", usage())
                .text("text", text)
                .toString();
    }
}
