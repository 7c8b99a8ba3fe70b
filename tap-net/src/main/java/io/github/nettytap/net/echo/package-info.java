/**
 * The echo responder: the shortest program with addresses of its own, and the load target of tests.
 *
 * <p>Requests by ARP, neighbor discovery, ping and UDP echo are turned round in place; fragments one by one. Everything
 * runs on the event loop of the TAP's channel, which owns a frame until it has been written back or released.
 */
package io.github.nettytap.net.echo;
