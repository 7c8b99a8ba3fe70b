/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

import io.github.nettytap.net.switching.policy.Mirroring;
import io.github.nettytap.net.switching.policy.PortVlans;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * The ports of a switch at one moment: by index, and by what is flooded to them. Immutable; a switch replaces it as a
 * whole, so that a loop that forwards sees ports come and go between two frames.
 */
final class Topology {

    private static final SwitchPort[] NO_PORTS = {};

    static final Topology EMPTY = new Topology(NO_PORTS, null);

    /** By index, with gaps. */
    private final SwitchPort[] ports;

    private final SwitchPort[] transparent;
    private final SwitchPort[] monitors;

    /** Null as long as no port had VLANs. */
    private final SwitchPort[][] byVlan;

    private Topology(SwitchPort[] ports, SwitchPort[][] byVlan) {
        this.ports = ports;
        this.byVlan = byVlan;
        monitors = select(port -> port.policy().mirroring() == Mirroring.MONITOR);
        transparent = select(port -> switches(port) && port.vlans().isTransparent());
    }

    private static boolean switches(SwitchPort port) {
        return port.policy().mirroring() != Mirroring.MONITOR;
    }

    /** Only the VLANs of the port change: a switch with many ports is not gone through for each VLAN. */
    private SwitchPort[][] byVlan(SwitchPort port, UnaryOperator<SwitchPort[]> change) {
        if (!switches(port) || port.vlans().isTransparent()) {
            return byVlan;
        }
        SwitchPort[][] changed = byVlan == null ? new SwitchPort[PortVlans.MAX_VLAN + 1][] : byVlan.clone();
        for (int vlan = 1; vlan < changed.length; vlan++) {
            if (port.vlans().carries(vlan)) {
                changed[vlan] = change.apply(changed[vlan] == null ? NO_PORTS : changed[vlan]);
            }
        }
        return changed;
    }

    private static SwitchPort[] append(SwitchPort[] some, SwitchPort port) {
        SwitchPort[] more = Arrays.copyOf(some, some.length + 1);
        more[some.length] = port;
        return more;
    }

    private SwitchPort[] select(Predicate<SwitchPort> condition) {
        return select(ports, condition);
    }

    private static SwitchPort[] select(SwitchPort[] ports, Predicate<SwitchPort> condition) {
        return Arrays.stream(ports)
                .filter(port -> port != null && condition.test(port))
                .toArray(SwitchPort[]::new);
    }

    /** The lowest index without a port. */
    int freeIndex() {
        int free = Arrays.asList(ports).indexOf(null);
        return free < 0 ? ports.length : free;
    }

    Topology with(SwitchPort port) {
        SwitchPort[] more = Arrays.copyOf(ports, Math.max(ports.length, port.index() + 1));
        more[port.index()] = port;
        return new Topology(more, byVlan(port, some -> append(some, port)));
    }

    /** Without a port, which may be none of this topology any more. */
    Topology without(SwitchPort port) {
        if (port(port.index()) != port) {
            return this;
        }
        SwitchPort[] fewer = ports.clone();
        fewer[port.index()] = null;
        return new Topology(fewer, byVlan(port, some -> select(some, other -> other != port)));
    }

    /** The port of an index, or null. */
    SwitchPort port(int index) {
        return index >= 0 && index < ports.length ? ports[index] : null;
    }

    /** The ports that frames without a VLAN are flooded to. Not to be changed. */
    SwitchPort[] transparent() {
        return transparent;
    }

    /** The ports that frames of a VLAN are flooded to, 0 for frames without. Not to be changed. */
    SwitchPort[] of(int vlan) {
        if (vlan == 0) {
            return transparent;
        }
        return byVlan == null || byVlan[vlan] == null ? NO_PORTS : byVlan[vlan];
    }

    /** The ports that get copies. Not to be changed. */
    SwitchPort[] monitors() {
        return monitors;
    }

    SwitchPort[] all() {
        return select(Objects::nonNull);
    }
}
