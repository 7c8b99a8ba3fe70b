/**
 * Capture from a TAP, reading of capture files, and replay into a TAP.
 *
 * <p>File formats, the ring and the writer thread are the library's ({@code io.github.nettytap.codec.pcap}, {@code
 * io.github.nettytap.codec.capture}). Live capture runs on the event loop and never waits there; files are read,
 * printed, copied and replayed on the thread of the caller. Filters in the syntax of tcpdump are compiled by libpcap or
 * tcpdump and run in this program. Frames from files are heap memory without a reference count.
 */
package io.github.nettytap.tools.capture;
