/**
 * The echo responder: the shortest program with addresses of its own, and the load target of tests.
 *
 * <p>Here: answers to ARP, neighbor discovery, ping and UDP echo, each of them the request turned round in place. Not
 * here: TCP, reassembly (fragments are turned round one by one), and opening of devices. Everything runs on the event
 * loop of the TAP's channel, which owns a frame until it has been written back or released.
 */
package io.github.nettytap.net.echo;
