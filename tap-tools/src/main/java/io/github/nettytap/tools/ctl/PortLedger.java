/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.tools.statistics.PortSample;
import io.netty.channel.Channel;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What the ports of a switch have carried, those that were removed included: they are added up in one sample, so that
 * what all ports took in is still what all gave out or dropped, however many have come and gone. Thread-safe.
 */
public final class PortLedger {

    private final TapSwitch lan;
    private final Consumer<Channel> unwatch;

    /** Those that are taken out at the moment. */
    private final Set<SwitchPort> leaving = new HashSet<>();

    /** Null as long as no port was removed. */
    private PortSample removed;

    /** @param unwatch called with a channel that is about to be closed on purpose */
    public PortLedger(TapSwitch lan, Consumer<Channel> unwatch) {
        this.lan = lan;
        this.unwatch = unwatch;
    }

    /** Takes a port out of the switch, and its counters over. */
    void remove(SwitchPort port) throws InterruptedException {
        unwatch.accept(port.channel());
        synchronized (this) {
            leaving.add(port);
        }
        boolean done = false;
        try {
            // Not under the lock: it waits for the event loop of the port, which may have to say that a peer is gone.
            lan.remove(port);
            done = true;
        } finally {
            synchronized (this) {
                leaving.remove(port);
                if (done) {
                    add(PortSample.of(port));
                }
            }
        }
    }

    /** A peer of a socket is gone: its counters are taken over. */
    public synchronized void peerRemoved(SwitchPort port) {
        add(PortSample.of(port));
    }

    private void add(PortSample last) {
        removed = sum(removed, last);
    }

    private static PortSample sum(PortSample before, PortSample last) {
        return PortSample.removed(before == null ? List.of(last) : List.of(before, last));
    }

    /** The ports of the moment, and behind them those that were removed, if any were. */
    public synchronized List<PortSample> samples() {
        List<SwitchPort> ports = lan.ports();
        List<PortSample> samples = new ArrayList<>();
        ports.forEach(port -> samples.add(PortSample.of(port)));
        PortSample gone = removed;
        for (SwitchPort port : leaving) {
            if (!ports.contains(port)) {
                gone = sum(gone, PortSample.of(port));
            }
        }
        if (gone != null) {
            samples.add(gone);
        }
        return samples;
    }
}
