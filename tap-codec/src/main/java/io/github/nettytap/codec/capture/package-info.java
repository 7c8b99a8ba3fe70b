/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Live capture: a {@link io.github.nettytap.codec.capture.CaptureHandler} in any pipeline copies frames to a {@link
 * io.github.nettytap.codec.capture.Capture}, which writes them to pcapng files.
 *
 * <p>Handlers run on their event loops and copy into a bounded ring; they never wait. One thread for each capture
 * writes. A handler passes each message on and keeps nothing.
 */
package io.github.nettytap.codec.capture;
