/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.net.switching.policy.Mirroring;
import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.tools.argument.PortArgument;

import java.util.Locale;
import java.util.StringJoiner;

/** A policy in the words of the command line: what {@link PortArgument} reads, and the part in mirroring. */
final class PolicyText {

    private PolicyText() {}

    /** Settings joined by commas; empty for the default. */
    static String of(PortPolicy policy) {
        StringJoiner text = new StringJoiner(",");
        if (!policy.vlans().isTransparent()) {
            text.add(policy.vlans().toString());
        }
        if (policy.isolated()) {
            text.add("isolated");
        }
        if (policy.macLimit() > 0) {
            text.add("mac-limit=" + policy.macLimit());
        }
        if (policy.sticky()) {
            text.add("sticky");
        }
        policy.staticEntries()
                .forEach(station ->
                        text.add("static=" + station.mac() + (station.vlan() == 0 ? "" : "/" + station.vlan())));
        policy.sources().stream().sorted().forEach(source -> text.add("mac=" + source));
        if (policy.stormLimit() > 0) {
            text.add("storm=" + policy.stormLimit());
        }
        if (policy.coalesce()) {
            text.add("coalesce");
        }
        if (policy.multicastRouter()) {
            text.add("mrouter");
        }
        if (policy.mirroring() != Mirroring.NONE) {
            text.add(policy.mirroring().name().toLowerCase(Locale.ROOT));
        }
        return text.toString();
    }
}
