/**
 * Views of headers as they are on the wire, and the values in them.
 *
 * <p>Views know layouts, offsets, byte order, bounds and checksums, and decide nothing. Everything is static or
 * immutable, so any thread may use it; nothing here retains or releases a buffer or moves its indices, unless a method
 * says so.
 */
package io.github.nettytap.codec.wire;
