/**
 * What this process can do with TAP devices on this machine, and what is in its way, before anything is tried: {@link
 * io.github.nettytap.transport.diagnostics.Doctor#examine()}.
 */
package io.github.nettytap.transport.diagnostics;
