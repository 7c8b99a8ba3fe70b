/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

/**
 * How full a table of the router is.
 *
 * @param name {@code neighbors}, {@code nat}, {@code dns} (queries under way), or {@code leases} of a port
 * @param port the port of leases, or empty
 * @param entries how many entries there are
 * @param capacity how many there may be
 * @param evicted how many had to go for others
 * @param refused how many found no room
 */
public record RouterTable(String name, String port, long entries, long capacity, long evicted, long refused) {}
