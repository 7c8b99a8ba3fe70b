/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.micrometer;

import io.github.nettytap.net.port.UdpGsoCounters;
import io.github.nettytap.net.vxlan.VxlanEndpoint;
import io.github.nettytap.net.vxlan.VxlanEvent;
import io.github.nettytap.net.vxlan.VxlanPeers;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;

/**
 * Meters of a VXLAN endpoint: {@code tap.vxlan.frames} by {@code event}, {@code tap.vxlan.drops} by {@code reason},
 * {@code tap.vxlan.addresses}, {@code tap.vxlan.address.changes} by {@code change}, and {@code tap.vxlan.datagrams} by
 * {@code outcome}. Those of its TAPs are {@link TapChannelMetrics}.
 */
public final class VxlanMetrics extends Meters {

    private static final String DROP = "DROP_";

    private final VxlanEndpoint endpoint;

    /**
     * Meters of an endpoint.
     *
     * @param endpoint the endpoint
     * @param tags further tags of each meter
     */
    public VxlanMetrics(VxlanEndpoint endpoint, Iterable<Tag> tags) {
        super(tags);
        this.endpoint = endpoint;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (VxlanEvent event : VxlanEvent.values()) {
            String value = value(event);
            if (event.name().startsWith(DROP)) {
                String drops = "Frames and datagrams that went nowhere";
                String reason = value.substring(DROP.length());
                counter(registry, "tap.vxlan.drops", "frames", drops, () -> endpoint.count(event), "reason", reason);
            } else {
                String frames = "Frames that entered or left the tunnel";
                counter(registry, "tap.vxlan.frames", "frames", frames, () -> endpoint.count(event), "event", value);
            }
        }
        String congested = "Frames and datagrams that went nowhere";
        counter(registry, "tap.vxlan.drops", "frames", congested, endpoint::congested, "reason", "congested");
        VxlanPeers peers = endpoint.peers();
        gauge(registry, "tap.vxlan.addresses", "addresses", "Inner addresses that were learned", peers::learned);
        String changes = "Changes of the table of inner addresses";
        String name = "tap.vxlan.address.changes";
        counter(registry, name, "addresses", changes, peers::moved, "change", "moved");
        counter(registry, name, "addresses", changes, peers::evicted, "change", "evicted");
        counter(registry, name, "addresses", changes, peers::refused, "change", "refused");
        UdpGsoCounters datagrams = endpoint.datagrams();
        String sent = "Datagrams that left with others in one write, and that did not leave";
        counter(registry, "tap.vxlan.datagrams", "datagrams", sent, datagrams::datagrams, "outcome", "segmented");
        counter(registry, "tap.vxlan.datagrams", "datagrams", sent, datagrams::failed, "outcome", "failed");
    }
}
