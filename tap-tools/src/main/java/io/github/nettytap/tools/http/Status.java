/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.http;

import io.github.nettytap.tools.statistics.PortSample;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a running program shows of itself. Asked on the server's thread; nothing of it waits for an event loop of
 * frames.
 */
public interface Status {

    /** The name of the program, such as {@code switch}. */
    String program();

    /** The ports of the moment. */
    List<PortSample> ports();

    /** What else the program counts, by the names of JSON members. */
    Map<String, Long> counts();

    /**
     * The FDB, as JSON objects, an entry each.
     *
     * @return null if the program has none
     */
    Iterator<String> fdb();

    /**
     * The network, as a JSON object of nodes and links.
     *
     * @return null if the program is one node alone
     */
    default String topology() {
        return null;
    }

    /** A status that is made of its parts. */
    record Of(
            String program,
            Supplier<List<PortSample>> portsNow,
            Supplier<Map<String, Long>> countsNow,
            Supplier<Iterator<String>> fdbNow)
            implements Status {

        @Override
        public List<PortSample> ports() {
            return portsNow.get();
        }

        @Override
        public Map<String, Long> counts() {
            return countsNow.get();
        }

        @Override
        public Iterator<String> fdb() {
            return fdbNow.get();
        }
    }
}
