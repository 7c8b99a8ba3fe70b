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

/** Everybody, in the order of the table. */
final class Candidates {

    /** The one that all ratios are taken against. */
    static final String REFERENCE = "c-epoll";

    private final Path top;
    private final Path compiled;
    private final List<Candidate> all = new ArrayList<>();

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
        List<String> command = new ArrayList<>(List.of(compiled.resolve(program).toString()));
        command.addAll(Arrays.asList(options));
        command.addAll(List.of("fx0", "fx1"));
        all.add(new Candidate(name, Kind.ANNOUNCED, command, List.of(new Need("gcc", "gcc libc6-dev"))));
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

    /** Those of the given names, in the order of the table. */
    List<Candidate> named(List<String> names) {
        List<String> unknown = new ArrayList<>(names);
        unknown.removeAll(all.stream().map(Candidate::name).toList());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("no such contestant: name=" + unknown.get(0) + " (expected: "
                    + String.join(", ", all.stream().map(Candidate::name).toList()) + ")");
        }
        return all.stream().filter(c -> names.contains(c.name())).toList();
    }
}
