/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.pcap.CapturedFrame;

/** One way to print frames. */
public interface FrameText {

    /**
     * Appends a frame, line end included.
     *
     * @param text what to append to
     * @param frame the frame
     * @param several whether frames of more than one interface are printed, so that each must say which it is of
     */
    void append(StringBuilder text, CapturedFrame frame, boolean several);
}
