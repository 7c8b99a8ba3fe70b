/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The events. Numbers of periodic ones are those since the event before. */
final class TapEvents {

    private static final String CATEGORY = "Netty TAP";

    private TapEvents() {}

    @Name("nettytap.ChannelBatches")
    @Label("TAP Channel Batches")
    @Description("What a TAP channel received and sent, and in how many batches")
    @Category(CATEGORY)
    @Period("1 s")
    @StackTrace(false)
    static final class ChannelBatches extends Event {
        @Label("Interface")
        String networkInterface;

        @Label("Frames Received")
        long framesReceived;

        @Label("Bytes Received")
        @DataAmount
        long bytesReceived;

        @Label("Receive Batches")
        long receiveBatches;

        @Label("Frames by Receive Batch")
        double receiveBatchSize;

        @Label("Frames Sent")
        long framesSent;

        @Label("Bytes Sent")
        @DataAmount
        long bytesSent;

        @Label("Send Batches")
        long sendBatches;

        @Label("Frames by Send Batch")
        double sendBatchSize;
    }

    @Name("nettytap.LoopBatches")
    @Label("TAP Event Loop Batches")
    @Description("How often an event loop turned, what its TAP channels received, and how long it slept")
    @Category(CATEGORY)
    @Period("1 s")
    @StackTrace(false)
    static final class LoopBatches extends Event {
        @Label("Loop")
        @Description("A number from 0, in the order in which loops were added")
        int loop;

        @Label("Turns")
        long turns;

        @Label("Batches")
        long batches;

        @Label("Frames")
        long frames;

        @Label("Frames by Batch")
        double batchSize;

        @Label("Rests")
        @Description("Times that a drained channel was left alone for a while")
        long rests;

        @Label("Asleep")
        @Timespan(Timespan.NANOSECONDS)
        long asleep;
    }

    @Name("nettytap.Drops")
    @Label("Dropped Frames")
    @Description("Frames that went nowhere, by place and reason; none where there were none")
    @Category(CATEGORY)
    @Period("1 s")
    @StackTrace(false)
    static final class Drops extends Event {
        @Label("Source")
        @Description("What dropped them, such as channel, switch or router")
        String source;

        @Label("Port")
        String port;

        @Label("Reason")
        String reason;

        @Label("Frames")
        long frames;

        @Label("Total")
        @Description("Frames since the port was made")
        long total;
    }

    @Name("nettytap.LinkEvent")
    @Label("Link Event")
    @Description("The link of a TAP channel was changed, by whomever; of channels with the option TAP_LINK_EVENTS")
    @Category(CATEGORY)
    @StackTrace(false)
    static final class LinkChange extends Event {
        @Label("Interface")
        String networkInterface;

        @Label("Kind")
        String kind;

        @Label("Interface Index")
        int ifindex;

        @Label("Link")
        @Description("The link after the event")
        String link;
    }

    @Name("nettytap.SlowTurn")
    @Label("Slow Turn of an Event Loop")
    @Description("A turn that kept the channels of an event loop waiting; the thread of the event is that of the loop")
    @Category(CATEGORY)
    @StackTrace(false)
    static final class SlowTurn extends Event {
        @Label("Loop")
        int loop;

        @Label("Turn")
        @Timespan(Timespan.NANOSECONDS)
        long turn;

        @Label("I/O")
        @Description("Reading, writing and handlers of channels")
        @Timespan(Timespan.NANOSECONDS)
        long io;

        @Label("Tasks")
        @Timespan(Timespan.NANOSECONDS)
        long tasks;

        @Label("Frames")
        @Description("Frames that TAP channels received in this turn")
        long frames;
    }
}
