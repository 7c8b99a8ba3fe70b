/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The verbs of the control sockets of programs, and of {@code ctl}. */
public enum ControlVerb {
    NODES("nodes", "", 0, 0, "of run: the switches, routers and VXLAN endpoints", Of.NETWORK),
    PORTS("ports", "[node=NAME]", 0, 1, "the ports with their settings, of run also those of one node", Of.ALL),
    PORTS_ADD("ports/add", "NAME[,SETTING…]", 1, 1, "makes a TAP a port, as an argument of switch does", Of.SWITCH),
    PORTS_SET("ports/set", "NAME[,SETTING…]", 1, 1, "gives a port these settings in place of those it has", Of.SWITCH),
    PORTS_REMOVE(
            "ports/remove", "NAME", 1, 1, "takes a port out; its interface goes if it is not persistent", Of.SWITCH),
    FDB_SHOW("fdb/show", "[port=NAME]", 0, 1, "the MAC addresses that are known, of all ports or one", Of.BOTH),
    FDB_FLUSH(
            "fdb/flush",
            "[port=NAME]",
            0,
            1,
            "forgets the MAC addresses that were heard, at all ports or one",
            Of.BOTH),
    ROUTES("routes", "[node=NAME]", 0, 1, "of run: the routing tables of all routers or one", Of.NETWORK),
    NAT("nat", "[node=NAME]", 0, 1, "of run: the connections that NAT of all routers or one knows", Of.NETWORK),
    TABLES("tables", "", 0, 0, "how full the tables are, and what had to make room or found none", Of.ALL),
    FORWARDS(
            "forwards",
            "",
            0,
            0,
            "of a router: the ports that are forwarded to hosts inside, and what came of them",
            Of.ROUTER),
    STATS("stats", "", 0, 0, "what each port has carried and dropped", Of.ALL),
    TOPOLOGY("topology", "", 0, 0, "of run: the network, as JSON whatever else is asked for", Of.NETWORK),
    RELOAD("reload", "", 0, 0, "of run: reads the file again, and changes what differs", Of.NETWORK),
    HELP("help", "", 0, 0, "the verbs", Of.ALL);

    /** Which program knows a verb. */
    enum Of {
        SWITCH,
        NETWORK,
        ROUTER,
        /** A switch, and a network of such. */
        BOTH,
        ALL
    }

    private final String word;
    private final String arguments;
    private final int fewest;
    private final int most;
    private final String text;
    private final Of of;

    ControlVerb(String word, String arguments, int fewest, int most, String text, Of of) {
        this.word = word;
        this.arguments = arguments;
        this.fewest = fewest;
        this.most = most;
        this.text = text;
        this.of = of;
    }

    /** Whether a program knows it. */
    boolean isOf(Of program) {
        return of == Of.ALL || of == program || of == Of.BOTH && program != Of.ROUTER;
    }

    /**
     * The verb of a request to a program.
     *
     * @throws IllegalArgumentException if it does not know the verb
     */
    static ControlVerb of(String word, Of program) {
        ControlVerb verb = of(word);
        if (!verb.isOf(program)) {
            throw new IllegalArgumentException("no verb of this program: verb=" + word + " (expected: "
                    + Arrays.stream(values())
                            .filter(known -> known.isOf(program))
                            .map(ControlVerb::word)
                            .collect(Collectors.joining(", "))
                    + ")");
        }
        return verb;
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
