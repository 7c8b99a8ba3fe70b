/**
 * Capture from a TAP, reading of capture files, and replay into a TAP.
 *
 * <p>Here: the pipelines of live capture and replay, the way of frames out of a file, and filters in the syntax of tcpdump,
 * which compiles them. Not here: the file format, the ring and the writer thread, which are the library's ({@code
 * io.github.nettytap.codec.capture}). Live capture runs on the event loop and never waits there; files are read, printed
 * and replayed on the thread of the caller. Frames from files are heap memory without a count.
 */
package io.github.nettytap.tools.capture;
