/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing.dns;

import io.github.nettytap.codec.counter.Counter;
import io.github.nettytap.net.routing.packet.DomainNames;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * The names of hosts with DHCP leases, by which others find them.
 *
 * <p>A client says what it is called, so a name is checked, and belongs to the client that has it until its lease ends:
 * nobody else gets it meanwhile, at whatever port. An address has one name at most, so there are never more names than
 * leases. On the event loop of the router, but for the counts.
 */
public final class HostNames {

    /** RFC 1123, section 2.1: one label. */
    private static final Pattern LABEL = Pattern.compile("(?!-)[a-z0-9-]{1,63}(?<!-)");

    /** The label of the router itself. */
    public static final String ROUTER = "router";

    /**
     * What no client may be called: the router itself, and names that hosts ask for by themselves and trust (proxy
     * discovery, ISATAP: the block list of other DNS servers), or that mean the asking host (RFC 6761).
     */
    private static final Set<String> RESERVED = Set.of(ROUTER, "gateway", "localhost", "local", "wpad", "isatap");

    private final LongSupplier clock;
    private final Map<String, Host> byName = new HashMap<>();
    private final Map<Integer, Host> byAddress = new HashMap<>();
    private final Counter refused = new Counter();

    /**
     * A host with a name.
     *
     * @param label its name in its domain
     * @param name the same with the domain
     * @param address its IPv4 address
     * @param owner the client
     * @param end when its lease ends
     */
    public record Host(String label, String name, int address, String owner, long end) {}

    /**
     * Without any name.
     *
     * @param clock milliseconds that only grow
     */
    public HostNames(LongSupplier clock) {
        this.clock = clock;
    }

    /**
     * The client has the address for so long from now on.
     *
     * @param address its address
     * @param owner who it is
     * @param millis for how long
     * @param wish what it wants to be called; null if it says nothing, and keeps the name that it has
     * @param domain the domain of its link, or null
     * @return its label, or null if it has none
     */
    public String leased(int address, String owner, long millis, String wish, String domain) {
        long end = clock.getAsLong() + millis;
        Host had = byAddress.get(address);
        if (had != null && !had.owner.equals(owner)) {
            remove(had);
            had = null;
        }
        String label = wish == null ? had == null ? null : had.label : label(wish, domain);
        if (label == null) {
            if (wish != null) {
                refused.increment();
            }
            return keep(had, end);
        }
        String name = fullName(label, domain);
        Host holder = byName.get(name);
        if (holder != null && holder.end > clock.getAsLong() && !holder.owner.equals(owner)) {
            refused.increment();
            return keep(had, end);
        }
        if (holder != null) {
            remove(holder);
        }
        if (had != null) {
            remove(had);
        }
        Host host = new Host(label, name, address, owner, end);
        byName.put(name, host);
        byAddress.put(address, host);
        return label;
    }

    private String keep(Host had, long end) {
        if (had == null) {
            return null;
        }
        Host host = new Host(had.label, had.name, had.address, had.owner, end);
        byName.put(host.name, host);
        byAddress.put(host.address, host);
        return host.label;
    }

    /** A label out of what a client says, in lower case, or null; it may say its domain as well. */
    private static String label(String wish, String domain) {
        String lower = wish.toLowerCase(Locale.ROOT);
        String suffix = domain == null ? "" : "." + domain.toLowerCase(Locale.ROOT);
        String label = lower.endsWith(suffix) ? lower.substring(0, lower.length() - suffix.length()) : lower;
        boolean fits = label.length() + suffix.length() <= DomainNames.MAX_LENGTH;
        return fits && LABEL.matcher(label).matches() && !RESERVED.contains(label) ? label : null;
    }

    private static String fullName(String label, String domain) {
        return domain == null ? label : label + "." + domain.toLowerCase(Locale.ROOT);
    }

    /**
     * The client no longer has the address.
     *
     * @param address the address
     * @param owner who it is; somebody else's name stays
     */
    public void ended(int address, String owner) {
        Host host = byAddress.get(address);
        if (host != null && host.owner.equals(owner)) {
            remove(host);
        }
    }

    private void remove(Host host) {
        byName.remove(host.name, host);
        byAddress.remove(host.address, host);
    }

    /**
     * Finds a host.
     *
     * @param name with its domain, in lower case
     * @return null if there is none
     */
    public Host find(String name) {
        return current(byName.get(name));
    }

    /**
     * Finds a host.
     *
     * @param address its address
     * @return null if it has no name
     */
    public Host find(int address) {
        return current(byAddress.get(address));
    }

    private Host current(Host host) {
        if (host == null || host.end > clock.getAsLong()) {
            return host;
        }
        remove(host);
        return null;
    }

    /**
     * How often a client wanted a name that it could not have. Any thread may ask.
     *
     * @return the count
     */
    public long refused() {
        return refused.get();
    }
}
