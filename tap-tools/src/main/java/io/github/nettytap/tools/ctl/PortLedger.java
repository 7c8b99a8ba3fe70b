/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.statistics.PortSample;

import java.util.ArrayList;
import java.util.List;

/**
 * What the ports of a switch have carried, those that were removed included: they are added up in one sample, so that
 * what all ports took in is still what all gave out or dropped, however many have come and gone. Thread-safe.
 */
public final class PortLedger {

    private final TapSwitch lan;
    private final Program program;

    /** Null as long as no port was removed. */
    private PortSample removed;

    public PortLedger(TapSwitch lan, Program program) {
        this.lan = lan;
        this.program = program;
    }

    /** Takes a port out of the switch, and its counters over. */
    synchronized void remove(SwitchPort port) throws InterruptedException {
        program.unwatch(port.channel());
        lan.remove(port);
        add(PortSample.of(port));
    }

    /** A peer of a socket is gone: its counters are taken over. */
    public synchronized void peerRemoved(SwitchPort port) {
        add(PortSample.of(port));
    }

    private void add(PortSample last) {
        removed = PortSample.removed(removed == null ? List.of(last) : List.of(removed, last));
    }

    /** The ports of the moment, and behind them those that were removed, if any were. */
    public synchronized List<PortSample> samples() {
        List<PortSample> samples = new ArrayList<>(PortSample.of(lan));
        if (removed != null) {
            samples.add(removed);
        }
        return samples;
    }
}
