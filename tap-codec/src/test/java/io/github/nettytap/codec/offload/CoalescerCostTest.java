/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.offload;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.nettytap.codec.virtio.ChecksumState;
import io.github.nettytap.codec.virtio.VirtioNetFrame;
import io.github.nettytap.testkit.Frames;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** What a burst costs is linear in its frames, whatever flows their senders choose. */
class CoalescerCostTest {

    private static final int FRAMES = 20_000;
    /** Runs that a frame is compared with, and what is asked of the table of ended hosts. */
    private static final int STEPS_PER_FRAME = 16;

    private final Coalescer coalescer = new Coalescer();
    private final Frames frames = Frames.udp4();
    private final List<VirtioNetFrame> results = new ArrayList<>();

    @AfterEach
    void release() {
        results.forEach(VirtioNetFrame::release);
        coalescer.discard();
    }

    private void add() {
        coalescer.add(VirtioNetFrame.complete(frames.frame(), ChecksumState.VALID));
    }

    private void addFragment() {
        Frames fragment = frames.like();
        fragment.fragment = 0x2000;
        coalescer.add(VirtioNetFrame.complete(fragment.frame(), ChecksumState.NONE));
    }

    @Test
    void aFrameIsNotComparedWithAllFlows() {
        for (int i = 0; i < FRAMES; i++) {
            frames.sourcePort = i;
            add();
        }
        assertThat(coalescer.comparisons()).isLessThan((long) STEPS_PER_FRAME * FRAMES);
    }

    @Test
    void aFragmentDoesNotWalkOverAllFlows() {
        for (int i = 0; i < FRAMES / 2; i++) {
            frames.sourcePort = i;
            frames.lastAddressByte = 2;
            add();
            frames.lastAddressByte = 3 + i % 200;
            addFragment();
        }
        assertThat(coalescer.comparisons()).isLessThan((long) STEPS_PER_FRAME * FRAMES);
    }

    @Test
    void aFragmentEndsEachRunOfItsHostsAndNoOther() {
        for (int flow = 0; flow < 40; flow++) {
            frames.lastAddressByte = flow < 20 ? 2 : 3;
            frames.sourcePort = flow;
            frames.identification = 7;
            add();
        }
        frames.lastAddressByte = 2;
        addFragment();
        for (int k = 1; k <= 2; k++) {
            for (int flow = 0; flow < 40; flow++) {
                frames.lastAddressByte = flow < 20 ? 2 : 3;
                frames.sourcePort = flow;
                frames.identification = 7 + k;
                add();
            }
        }
        coalescer.flush(results::add);
        // Twenty frames alone, twenty of three, the fragment, and twenty of two that began behind it.
        assertThat(results).hasSize(61);
        assertThat(results.subList(0, 20)).noneMatch(VirtioNetFrame::isGsoFrame);
        assertThat(results.subList(20, 40)).allMatch(VirtioNetFrame::isGsoFrame);
        assertThat(results.get(40).isGsoFrame()).isFalse();
        assertThat(results.subList(41, 61)).allMatch(VirtioNetFrame::isGsoFrame);
    }

    @Test
    void aFragmentEndsTheRunWhoseNextFrameIsPredicted() {
        for (int k = 0; k < 5; k++) {
            if (k == 3) {
                addFragment();
            }
            frames.identification = 7 + k;
            add();
        }
        coalescer.flush(results::add);
        assertThat(results).hasSize(3);
        assertThat(results.get(0).content().readableBytes()).isEqualTo(42 + 300);
        assertThat(results.get(2).content().readableBytes()).isEqualTo(42 + 200);
    }

    @Test
    void aFlushForgetsWhichRunsWereEnded() {
        addFragment();
        add();
        coalescer.flush(results::add);
        frames.identification = 8;
        add();
        frames.identification = 9;
        add();
        coalescer.flush(results::add);
        assertThat(results).hasSize(3);
        assertThat(results.get(2).isGsoFrame()).isTrue();
    }
}
