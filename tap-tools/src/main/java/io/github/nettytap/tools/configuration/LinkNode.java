/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import io.github.nettytap.net.topology.LinkFaults;
import io.github.nettytap.tools.argument.DurationConverter;
import org.yaml.snakeyaml.nodes.Node;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;

/**
 * The faults of a link.
 *
 * <pre>
 *   link: {delay: 20ms, jitter: 5ms, loss: 1%, rate: 10M}
 * </pre>
 */
final class LinkNode {

    static final String KEY = "link";

    private static final List<String> KEYS =
            List.of("delay", "jitter", "loss", "corrupt", "duplicate", "reorder", "rate", "queue", "seed");

    private static final YamlValue PERCENT = YamlValue.converted("0% to 100%", LinkNode::percent);
    private static final YamlValue TIME = YamlValue.converted("a time such as 20ms or 1s", new DurationConverter());
    private static final YamlValue RATE = YamlValue.converted("bits a second, such as 64k, 10M or 1G", LinkNode::rate);
    private static final int MAX_QUEUE = 1 << 20;

    private LinkNode() {}

    static LinkFaults read(Node node) {
        YamlMapping link = YamlMapping.of(KEY, node, KEYS);
        LinkFaults none = LinkFaults.NONE;
        return new LinkFaults(
                value(link, "loss", PERCENT, 0.0),
                value(link, "corrupt", PERCENT, 0.0),
                value(link, "duplicate", PERCENT, 0.0),
                value(link, "reorder", PERCENT, 0.0),
                value(link, "delay", TIME, Duration.ZERO),
                value(link, "jitter", TIME, Duration.ZERO),
                value(link, "rate", RATE, 0L),
                value(link, "queue", YamlValue.number(1, MAX_QUEUE), none.queue()),
                Long.valueOf(value(link, "seed", YamlValue.number(0, Integer.MAX_VALUE), (int) none.seed())));
    }

    @SuppressWarnings("unchecked")
    private static <T> T value(YamlMapping link, String key, YamlValue allowed, T otherwise) {
        Node node = link.get(key);
        return node == null ? otherwise : (T) allowed.read(key, node);
    }

    private static Double percent(String text) {
        if (!text.matches("[0-9]{1,3}(\\.[0-9]{1,6})?%")) {
            throw new IllegalArgumentException(text);
        }
        double percent = Double.parseDouble(text.substring(0, text.length() - 1));
        if (percent > 100) {
            throw new IllegalArgumentException(text);
        }
        return percent / 100;
    }

    private static Long rate(String text) {
        if (!text.matches("[0-9]{1,12}(\\.[0-9]{1,3})?[kMG]?")) {
            throw new IllegalArgumentException(text);
        }
        char last = text.charAt(text.length() - 1);
        int power = "kMG".indexOf(last) + 1;
        String number = power == 0 ? text : text.substring(0, text.length() - 1);
        return new BigDecimal(number).scaleByPowerOfTen(3 * power).longValueExact();
    }
}
