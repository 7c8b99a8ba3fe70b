/**
 * Views of headers as they are on the wire, and the values in them.
 *
 * <p>Here: layouts, offsets, byte order, bounds and checksums. Not here: behaviour, state or any decision about a
 * frame. Everything is static or immutable, so any thread may use it; nothing here retains or releases a buffer or
 * moves its indices, unless a method says so.
 */
package io.github.nettytap.codec.wire;
