/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.filter.BpfFilter;
import io.github.nettytap.transport.device.ClassicBpf;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

class FilterExpressionTest {

    private static final FilterExpression.Compiler NOT_INSTALLED = expression -> Optional.empty();

    @TempDir
    Path directory;

    private String compiler(String script) throws Exception {
        Path file = Files.writeString(directory.resolve("compiler"), "#!/bin/bash\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "udp port 53",
                "vlan 5 and ip host 10.0.0.1",
                "not (arp or icmp6) and greater 100",
                "ether[0] & 1 != 0",
                "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and net 192.168.0.0/16",
                "-1 < len"
            })
    void libpcapCompilesWhatTcpdumpCompiles(String expression) throws Exception {
        Process tcpdump = new ProcessBuilder("tcpdump", "-y", "EN10MB", "-ddd", "--", expression)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String expected = new String(tcpdump.getInputStream().readAllBytes()).strip();
        assertThat(ClassicBpf.compile(expression)).map(ClassicBpf::toString).contains(expected);
    }

    @Test
    void libpcapSaysWhatIsWrong() {
        assertThatThrownBy(() -> FilterExpression.compile("udp prot 53"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not a filter: filter=udp prot 53, libpcap says: ");
        assertThatThrownBy(() -> FilterExpression.compile("udp prot 53", NOT_INSTALLED, "tcpdump", 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not a filter: filter=udp prot 53, tcpdump says: ");
    }

    @Test
    void tcpdumpIsTheSecondWay() throws Exception {
        BpfFilter filter = FilterExpression.compile("less 60", NOT_INSTALLED, "tcpdump", 10);
        ByteBuf frame = Unpooled.buffer(100).writeZero(100);
        assertThat(filter.accept(frame, 0, 60, 60)).isTrue();
        assertThat(filter.accept(frame, 0, 61, 61)).isFalse();
        assertThatThrownBy(() -> FilterExpression.compile("less 60", NOT_INSTALLED, "no-such-tcpdump", 10))
                .hasMessage("no libpcap and no tcpdump to compile the filter: filter=less 60. Install one"
                        + " (`sudo apt-get install libpcap0.8` or `tcpdump`), or capture without a filter");
    }

    @Test
    void aCompilerThatHangsIsLeftBehind() throws Exception {
        String words =
                " does not compile the filter: filter=host x, waited 1 s. Names of hosts in a filter are looked up:"
                        + " where the resolver hangs, use addresses";
        CountDownLatch end = new CountDownLatch(1);
        FilterExpression.Compiler hanging = expression -> {
            try {
                end.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Optional.empty();
        };
        try {
            assertThatThrownBy(() -> FilterExpression.compile("host x", hanging, "tcpdump", 1))
                    .hasMessage("libpcap" + words);
        } finally {
            end.countDown();
        }
        // Also one that holds its pipes open, by a child that survives it.
        String script = compiler("sleep 30 & echo $! > " + directory.resolve("child") + "; wait");
        try {
            assertThatThrownBy(() -> FilterExpression.compile("host x", NOT_INSTALLED, script, 1))
                    .hasMessage("tcpdump" + words);
        } finally {
            ProcessHandle.of(Long.parseLong(
                            Files.readString(directory.resolve("child")).strip()))
                    .ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void aCompilerThatWritesMuchIsReadToItsEnd() throws Exception {
        String flood = compiler("head -c 3000000 /dev/zero | tr '\\0' x >&2; echo 1; echo 6 0 0 7");
        assertThat(FilterExpression.compile("less 60", NOT_INSTALLED, flood, 10))
                .isNotNull();
        String failing = compiler("head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 1");
        assertThatThrownBy(() -> FilterExpression.compile("less 60", NOT_INSTALLED, failing, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a filter: filter=less 60, tcpdump says: " + "x".repeat(500));
    }
}
