/**
 * All native code of netty-tap: libc calls, kernel constants, struct layouts and errno names.
 *
 * <p>Here: {@link io.github.nettytap.transport.linux.LibC}, the one interface through which the control plane talks to
 * the kernel, with its only real implementation; everything that would need a cast in C. Not here: any decision. The
 * package is not exported. Calls may block and allocate, so none belongs on the path of a frame; that path uses
 * Netty's own native code only.
 */
package io.github.nettytap.transport.linux;
