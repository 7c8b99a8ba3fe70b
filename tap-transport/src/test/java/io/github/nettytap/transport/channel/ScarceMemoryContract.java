/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import static io.github.nettytap.transport.channel.ModelStep.Kind.AUTO_READ_OFF;
import static io.github.nettytap.transport.channel.ModelStep.Kind.AUTO_READ_ON;
import static io.github.nettytap.transport.channel.ModelStep.Kind.CHANGE_LOOP;
import static io.github.nettytap.transport.channel.ModelStep.Kind.DRAIN_PEER;
import static io.github.nettytap.transport.channel.ModelStep.Kind.FLUSH;
import static io.github.nettytap.transport.channel.ModelStep.Kind.KEEP_FRAMES;
import static io.github.nettytap.transport.channel.ModelStep.Kind.LIMIT_MEMORY;
import static io.github.nettytap.transport.channel.ModelStep.Kind.PAUSE;
import static io.github.nettytap.transport.channel.ModelStep.Kind.READ;
import static io.github.nettytap.transport.channel.ModelStep.Kind.RELEASE_FRAMES;
import static io.github.nettytap.transport.channel.ModelStep.Kind.SEND_TO_CHANNEL;
import static io.github.nettytap.transport.channel.ModelStep.Kind.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * Everything that a channel does, each time with another allocation that fails, until every one has failed once; then
 * with room for a few receive buffers only.
 *
 * <p>The other contracts expect every frame. This one expects what {@link ModelRun} does: each frame comes once and in
 * order, or its promise fails, or it is lost and a handler hears of the OutOfMemoryError; each promise completes, the
 * channel closes, and no buffer stays behind.
 */
@Timeout(300)
abstract class ScarceMemoryContract {

    private static final List<ModelStep> SCRIPT = script();

    private final LoopKind loop;
    private final Callable<? extends Subject> opening;
    private MultiThreadIoEventLoopGroup group;

    ScarceMemoryContract(LoopKind loop, Callable<? extends Subject> opening) {
        this.loop = loop;
        this.opening = opening;
    }

    /** Reads, writes of each kind of buffer, autoRead off and on, frames that are kept, and a change of loops. */
    private static List<ModelStep> script() {
        List<ModelStep> script = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            add(script, SEND_TO_CHANNEL, 7);
            // A heap buffer, which is copied, one of two parts, and a direct one.
            add(script, WRITE, 400);
            add(script, WRITE, 401);
            add(script, WRITE, 402);
            add(script, FLUSH, 0);
            add(script, PAUSE, 0);
            add(script, AUTO_READ_OFF, 0);
            add(script, SEND_TO_CHANNEL, 19);
            add(script, READ, 0);
            add(script, WRITE, 800);
            add(script, PAUSE, 0);
            add(script, READ, 0);
            add(script, FLUSH, 0);
            add(script, AUTO_READ_ON, 0);
            add(script, KEEP_FRAMES, 0);
            for (int i = 0; i < 2; i++) {
                add(script, SEND_TO_CHANNEL, 39);
                add(script, PAUSE, 0);
            }
            add(script, RELEASE_FRAMES, 0);
            add(script, WRITE, 1_200);
            add(script, DRAIN_PEER, 0);
            // Divisible by 3: with a write and a flush between the two loops.
            add(script, CHANGE_LOOP, 3 + round);
            add(script, PAUSE, 0);
        }
        return List.copyOf(script);
    }

    private static void add(List<ModelStep> script, ModelStep.Kind kind, int argument) {
        script.add(ModelStep.of(kind, argument));
    }

    @BeforeEach
    void makeGroup() {
        group = new MultiThreadIoEventLoopGroup(2, loop.handlerFactory());
    }

    @AfterEach
    void endGroup() throws InterruptedException {
        group.shutdownGracefully(0, ChannelContract.PATIENCE_SECONDS, TimeUnit.SECONDS)
                .sync();
    }

    private ModelRun run(List<ModelStep> steps, int failingAllocation) throws Exception {
        try (Subject subject = opening.call()) {
            ModelRun run = ModelRun.of(steps, subject, group, failingAllocation);
            assertThat(run.violations())
                    .as("allocation that fails: %d, of %d", failingAllocation, run.allocations())
                    .isEmpty();
            return run;
        }
    }

    @Test
    void anyAllocationMayFail() throws Exception {
        int failures = 0;
        int failing = 1;
        // Two runs do not allocate alike, so each is asked whether there was an allocation that could fail.
        while (run(SCRIPT, failing).failedAllocations() > 0) {
            failures++;
            failing++;
        }
        assertThat(failures).isGreaterThan(5);
    }

    @Test
    void memoryMayBeOfAFewReceiveBuffers() throws Exception {
        for (int slabs = 0; slabs < 5; slabs++) {
            List<ModelStep> steps = new ArrayList<>();
            add(steps, LIMIT_MEMORY, slabs);
            steps.addAll(SCRIPT);
            ModelRun run = run(steps, 0);
            if (slabs == 0) {
                assertThat(run.failedAllocations()).isPositive();
            }
        }
    }
}
