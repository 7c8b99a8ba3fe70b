/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * Binds what channels, event loops, switches, routers, NAT and VXLAN endpoints count to a registry of Micrometer.
 *
 * <pre>{@code
 * MeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
 * new TapEventLoopMetrics(group, Tags.empty()).bindTo(registry);
 * new TapChannelMetrics(channel, Tags.of("site", "lab")).bindTo(registry);   // until the channel closes
 *
 * EthernetSwitch bridge = new EthernetSwitch(settings, listener);
 * new SwitchMetrics(bridge, Tags.empty()).bindTo(registry);
 * new SwitchPortMetrics(port, Tags.empty()).bindTo(registry);                // as ports are added
 * }</pre>
 *
 * <p>Each binder registers function counters and gauges, which read the counters that exist anyway: nothing is added to
 * the path of a frame, and a registry that is read on any thread delays no event loop. Meters of a channel or port are
 * removed from the registry when its channel closes; those of the others by {@code close()}.
 *
 * <p>Names begin with {@code tap.}; tags tell interfaces, ports, directions ({@code received}, {@code sent}) and
 * reasons of drops apart. Bytes are those of Ethernet frames, without virtio-net header and FCS.
 */
package io.github.nettytap.micrometer;
