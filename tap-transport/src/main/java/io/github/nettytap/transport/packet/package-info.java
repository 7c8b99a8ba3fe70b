/** What a packet socket and the channel that took it over have in common. Not exported. */
package io.github.nettytap.transport.packet;
