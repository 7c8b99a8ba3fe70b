/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.compare;

import io.github.nettytap.benchmarks.compare.Candidate.Kind;
import io.github.nettytap.benchmarks.compare.Candidate.Need;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Everybody, in the order of the table. */
final class Candidates {

    /** The one that all ratios are taken against. */
    static final String REFERENCE = "c-epoll";

    private final Path top;
    private final Path compiled;
    private final List<Candidate> all = new ArrayList<>();
    private final List<Candidate> variants = new ArrayList<>();

    /**
     * Lists them.
     *
     * @param top the top of the source tree
     * @param compiled where the C programs are
     */
    Candidates(Path top, Path compiled) {
        this.top = top;
        this.compiled = compiled;
        nettyTap();
        references();
        peers();
        all.add(new Candidate("bridge", Kind.BRIDGE, List.of(), List.of()));
        all.add(new Candidate("veth", Kind.VETH, List.of(), List.of()));
        variants();
    }

    private void nettyTap() {
        ours("netty-tap-epoll", "--offloads", "none", "--io", "epoll");
        ours("netty-tap-epoll-tso", "--offloads", "all", "--io", "epoll");
        ours("netty-tap-epoll-2", "--offloads", "none", "--io", "epoll", "--threads", "2");
        ours("netty-tap-uring", "--offloads", "none", "--io", "io_uring");
        ours("netty-tap-uring-tso", "--offloads", "all", "--io", "io_uring");
    }

    private void ours(String name, String... options) {
        List<String> command =
                new ArrayList<>(List.of(top.resolve("run-example.sh").toString(), "switch", "fx0", "fx1"));
        command.addAll(Arrays.asList(options));
        all.add(new Candidate(name, Kind.ANNOUNCED, command, List.of()));
    }

    private void references() {
        reference("c-epoll", "forward_epoll");
        reference("c-epoll-tso", "forward_epoll", "-a");
        reference("c-uring", "forward_uring");
        reference("c-uring-tso", "forward_uring", "-a");
    }

    private void reference(String name, String program, String... options) {
        all.add(loop(name, program, List.of(), options));
    }

    private Candidate loop(String name, String program, List<String> settings, String... options) {
        List<String> command = new ArrayList<>();
        if (!settings.isEmpty()) {
            command.add("env");
            command.addAll(settings);
        }
        command.add(compiled.resolve(program).toString());
        command.addAll(Arrays.asList(options));
        command.addAll(List.of("fx0", "fx1"));
        return new Candidate(name, Kind.ANNOUNCED, command, List.of(new Need("gcc", "gcc libc6-dev")));
    }

    /** The C loops with one switch turned each: what the defaults of the references were chosen by. */
    private void variants() {
        variant("c-epoll/rest", "forward_epoll", "REST=1");
        variant("c-epoll/burst-16", "forward_epoll", "BURST=16");
        variant("c-epoll/napi", "forward_epoll", "NAPI=1");
        variant("c-uring/batch-32", "forward_uring", "BATCH_MIN=32", "BATCH_MAX=32");
        variant("c-uring/batch-16", "forward_uring", "BATCH_MAX=16");
        variant("c-uring/turns", "forward_uring", "REST=0");
        variant("c-uring/rest-4", "forward_uring", "REST_MAX=4");
        variant("c-uring/rest-64", "forward_uring", "REST_MAX=64");
        variant("c-uring/plain-files", "forward_uring", "FIXED_FILES=0");
        variant("c-uring/fixed-buffers", "forward_uring", "FIXED_BUFFERS=1");
        variant("c-uring/coop", "forward_uring", "DEFER=0");
        variant("c-uring/overlap", "forward_uring", "OVERLAP=1");
        variant("c-uring/napi", "forward_uring", "NAPI=1");
        variant("c-uring/delay-100", "forward_uring", "DELAY_NS=100");
        variant("c-uring/delay-200", "forward_uring", "DELAY_NS=200");
        variant("c-uring/delay-400", "forward_uring", "DELAY_NS=400");
        variant("c-multishot", "forward_multishot");
    }

    private void variant(String name, String program, String... settings) {
        variants.add(loop(name, program, List.of(settings)));
    }

    private void peers() {
        peer("vde", Kind.SILENT, new Need("vde_switch", "vde-switch"));
        peer("ovs", Kind.SILENT, new Need("ovs-vswitchd", "openvswitch-switch"));
        peer("ovs-tso", Kind.SILENT, new Need("ovs-vswitchd", "openvswitch-switch"));
        peer("qemu", Kind.SILENT, new Need("qemu-system-x86_64", "qemu-system-x86"));
        peer("socat", Kind.SILENT, new Need("socat", "socat"));
        peer("testpmd", Kind.ANNOUNCED, new Need("dpdk-testpmd", "dpdk-dev"));
    }

    private void peer(String name, Kind kind, Need need) {
        String command = top.resolve("benchmarks/peers/" + name).toString();
        all.add(new Candidate(name, kind, List.of(command), List.of(need)));
    }

    List<Candidate> all() {
        return all;
    }

    /** The C loops and all their variants: who competes for being the reference. */
    List<Candidate> tournament() {
        return Stream.concat(named(List.of("c-epoll", "c-uring")).stream(), variants.stream())
                .toList();
    }

    /** Those of the given names, in the order of the table. */
    List<Candidate> named(List<String> names) {
        List<Candidate> known = Stream.concat(all.stream(), variants.stream()).toList();
        List<String> unknown = new ArrayList<>(names);
        unknown.removeAll(known.stream().map(Candidate::name).toList());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("no such candidate: name=" + unknown.get(0) + " (expected: "
                    + String.join(", ", known.stream().map(Candidate::name).toList()) + ")");
        }
        return known.stream().filter(c -> names.contains(c.name())).toList();
    }
}
