/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * Networks for tests: {@link io.github.nettytap.testkit.host.Host hosts} with TCP/IP stacks of their own,
 * {@link io.github.nettytap.testkit.host.HostLink cables} with faults between them,
 * {@link io.github.nettytap.testkit.host.Traffic traffic} over plain sockets, and
 * {@link io.github.nettytap.testkit.host.HostProcess programs} that run in them.
 *
 * <p>{@link io.github.nettytap.testkit.host.NetworkExtension} makes and closes them for JUnit; the rest does not need
 * JUnit. Hosts are network namespaces, and their links are TAPs, so whatever reads and writes the TAPs of two hosts (a
 * switch, a router, the code under test) is the network between them. Everything blocks: use it on the threads of
 * tests, never on an event loop.
 */
package io.github.nettytap.testkit.host;
