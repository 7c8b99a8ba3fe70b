/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * What tests of frames and handlers need, without a TAP: {@link io.github.nettytap.testkit.LeakGate} fails a class that
 * leaves something behind, {@link io.github.nettytap.testkit.KernelTest} says which tests need the kernel, and
 * {@link io.github.nettytap.testkit.Frames} builds what they send.
 *
 * <p>It depends on JUnit, which is optional for the frame builders, and Netty alone, so that the codec's own tests can
 * use it. Networks of hosts and TAPs are in {@code io.github.nettytap.testkit.host} of the module tap-testkit.
 */
package io.github.nettytap.testkit;
