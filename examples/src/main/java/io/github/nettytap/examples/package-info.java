/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * Programs of one idea each, to be read from top to bottom, tried as their head says, and copied.
 *
 * <ul>
 *   <li>{@link io.github.nettytap.examples.PrintFrames}: frames come out of a TAP
 *   <li>{@link io.github.nettytap.examples.EchoHost}: a host that exists in the program alone
 *   <li>{@link io.github.nettytap.examples.TwoPortSwitch}: a learning switch
 *   <li>{@link io.github.nettytap.examples.RouterInTwentyLines}: a router between two networks
 *   <li>{@link io.github.nettytap.examples.FrameTunnel}: a layer-2 VPN over UDP
 *   <li>{@link io.github.nettytap.examples.CaptureToFile}: a pcapng file of what passes a pipeline
 *   <li>{@link io.github.nettytap.examples.OffloadPipeline}: segmentation and coalescing as handlers
 *   <li>{@link io.github.nettytap.examples.FaultyLink}: a cable with delay and losses
 * </ul>
 *
 * <p>Build them by {@code mvn -pl examples -am package}. Handlers run on the event loop of their channel, and own the
 * frames that they get.
 */
package io.github.nettytap.examples;
