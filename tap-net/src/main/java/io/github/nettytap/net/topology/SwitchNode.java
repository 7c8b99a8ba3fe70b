/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import io.github.nettytap.net.switching.policy.PortPolicy;
import io.github.nettytap.net.switching.policy.SwitchSettings;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A learning switch.
 *
 * @param name what it is called in the network
 * @param settings what holds for all its ports
 * @param threads event loops that its ports are spread over
 * @param ports its ports
 */
public record SwitchNode(String name, SwitchSettings settings, int threads, List<PortSpec<PortPolicy>> ports)
        implements Node {

    private static final int MAX_THREADS = 1_024;

    /**
     * Checks name and range.
     *
     * @param name what it is called in the network
     * @param settings what holds for all its ports
     * @param threads event loops that its ports are spread over, 1 to 1,024
     * @param ports its ports
     * @throws IllegalArgumentException if one is wrong
     */
    public SwitchNode {
        NodeNames.check("switch", name);
        Objects.requireNonNull(settings, "settings");
        ports = List.copyOf(ports);
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException(
                    "no such number of threads: threads=" + threads + " (expected: 1 to " + MAX_THREADS + ")");
        }
    }

    @Override
    public String kind() {
        return "switch";
    }

    @Override
    public boolean isUpdatableTo(Node other) {
        return other instanceof SwitchNode that && settings.equals(that.settings) && threads == that.threads;
    }

    /**
     * Begins a description.
     *
     * @param name what it is called in the network
     * @return a builder of a switch with default settings
     */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** Describes a switch. Not thread-safe. */
    public static final class Builder {

        private final String name;
        private SwitchSettings settings = SwitchSettings.DEFAULT;
        private int threads = 1;
        private final List<PortSpec<PortPolicy>> ports = new ArrayList<>();

        private Builder(String name) {
            this.name = name;
        }

        /**
         * Sets what holds for all ports.
         *
         * @param all the settings
         * @return this
         */
        public Builder settings(SwitchSettings all) {
            settings = all;
            return this;
        }

        /**
         * Sets the number of event loops. Default 1.
         *
         * @param loops 1 to 1,024
         * @return this
         */
        public Builder threads(int loops) {
            threads = loops;
            return this;
        }

        /**
         * Adds a port that forwards everything.
         *
         * @param attachment what it leads to
         * @return this
         */
        public Builder port(Attachment attachment) {
            return port(PortSpec.of(attachment, PortPolicy.DEFAULT));
        }

        /**
         * Adds a port that forwards everything.
         *
         * @param attachment what it leads to
         * @param faults what is wrong with the link behind it
         * @return this
         */
        public Builder port(Attachment attachment, LinkFaults faults) {
            return port(PortSpec.of(attachment, PortPolicy.DEFAULT).withFaults(faults));
        }

        /**
         * Adds a port.
         *
         * @param port its description
         * @return this
         */
        public Builder port(PortSpec<PortPolicy> port) {
            ports.add(port);
            return this;
        }

        /**
         * Ends the description.
         *
         * @return the switch
         * @throws IllegalArgumentException if something is out of range
         */
        public SwitchNode build() {
            return new SwitchNode(name, settings, threads, ports);
        }
    }
}
