/**
 * The switch that is asked and changed while it runs: the verbs, what they do, and how {@code ctl} shows the answers.
 *
 * <p>Ports are opened here, at the start and later, and a ledger keeps what they carried. The protocol of the socket is
 * in {@code tools.control}. Requests are answered on the thread of the control socket.
 */
package io.github.nettytap.tools.ctl;
