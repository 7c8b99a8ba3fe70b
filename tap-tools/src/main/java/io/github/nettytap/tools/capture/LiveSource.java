/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import io.github.nettytap.codec.capture.Capture;
import io.github.nettytap.codec.filter.FrameFilter;
import io.github.nettytap.transport.channel.TapChannel;
import io.netty.channel.EventLoopGroup;

import java.io.IOException;

/** What a live capture listens to: the other end of a TAP, or links of the kernel. */
public interface LiveSource extends AutoCloseable {

    /**
     * Starts to capture. Once.
     *
     * @param loops what drives the channel
     * @param capture where the frames go
     * @param filter which of them
     * @return the channel, which closes when the interface is deleted; the caller closes it
     */
    TapChannel start(EventLoopGroup loops, Capture capture, FrameFilter filter) throws Exception;

    /**
     * Frames that came since the start and that the kernel did not keep until they were read. Puts back what was set for
     * the capture.
     *
     * @return 0 where the interface is gone
     */
    long end() throws IOException;

    /**
     * What the user should know of what was left out.
     *
     * @return empty if nothing was
     */
    default String leftOut() {
        return "";
    }

    /** Closes what {@link #start} did not give to a channel. */
    @Override
    void close();
}
