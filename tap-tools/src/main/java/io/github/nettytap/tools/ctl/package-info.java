/**
 * The switch that is asked and changed while it runs: the verbs, what they do, and how {@code ctl} shows the answers.
 *
 * <p>Here: opening ports, at the start and later, and the ledger of what they carried. Not here: the protocol of the
 * socket, which is {@code examples.control}, and the forwarding. Requests are answered on the thread of the control
 * socket; no buffer.
 */
package io.github.nettytap.tools.ctl;
