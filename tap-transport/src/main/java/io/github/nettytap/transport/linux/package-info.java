/**
 * All native code of netty-tap: libc calls, kernel constants, struct layouts and errno names.
 *
 * <p>{@link io.github.nettytap.transport.linux.LibC} is the one interface through which the control plane talks to the
 * kernel; {@code LibCBinding} binds it by jnr-ffi or by the JDK's Foreign Function and Memory API. What would need a
 * cast in C is done here; decisions are not. The package is not exported. Calls may block and allocate, so none belongs
 * on the path of a frame; that path uses Netty's own native code only.
 */
package io.github.nettytap.transport.linux;
