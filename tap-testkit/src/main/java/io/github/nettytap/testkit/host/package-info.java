/**
 * The demonstration: two hosts on one machine, joined by the switch, with real traffic between them.
 *
 * <p>Here: the hosts, which are network namespaces with a TAP as their only link, and the traffic, which goes through
 * plain JDK sockets and the kernel's own TCP/IP. Not here: the switch. Everything blocks, so it runs on threads of its
 * own and never on an event loop.
 */
package io.github.nettytap.tools.demo;
