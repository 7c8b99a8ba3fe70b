/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.option;

import io.github.nettytap.tools.argument.IoConverter;
import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.transport.channel.TapIoType;
import picocli.CommandLine.Option;

/** How frames get from the kernel into the program and back: for programs on TAPs to mix in. */
public final class DataPlane {

    @Option(
            names = "--offloads",
            paramLabel = "all|none",
            description = "Let the kernel leave checksums and segmentation to the other end (default: all).")
    private Offloads offloads = Offloads.ALL;

    @Option(
            names = "--io",
            paramLabel = "epoll|io_uring|auto",
            completionCandidates = IoConverter.Names.class,
            description = "What drives the event loops (default: epoll; io_uring is faster for many small frames).")
    private TapIoType io = TapIoType.EPOLL;

    public Offloads offloads() {
        return offloads;
    }

    public TapIoType io() {
        return io;
    }
}
