/** The one door between {@code transport.channel} and the inside of {@code transport.device}. Not exported. */
package io.github.nettytap.transport.takeover;
