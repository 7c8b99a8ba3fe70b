/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.testkit.KernelTest;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.FaultyLibC;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

@KernelTest
class NetworkNamespaceKernelTest {

    @Test
    void failureOfTheTaskIsTheVeryObject() throws Exception {
        IOException failure = new IOException("mine");
        Error error = new AssertionError("mine too");
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            assertThatThrownBy(() -> namespace.run(() -> {
                        throw failure;
                    }))
                    .isSameAs(failure);
            assertThatThrownBy(() -> namespace.run(() -> {
                        throw error;
                    }))
                    .isSameAs(error);
        }
    }

    @Test
    void taskRunsOnAThreadOfItsOwnThatHasEndedAfterwards() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            Thread thread = namespace.call(Thread::currentThread);
            assertThat(thread).isNotSameAs(Thread.currentThread());
            assertThat(thread.isAlive()).isFalse();
        }
    }

    @Test
    void interruptIsPassedOnToTheTaskAndKept() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        AtomicBoolean kept = new AtomicBoolean();
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            Thread caller = new Thread(() -> {
                try {
                    namespace.run(() -> {
                        started.countDown();
                        try {
                            new CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                            interrupted.set(true);
                        }
                    });
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
                kept.set(Thread.currentThread().isInterrupted());
            });
            caller.start();
            started.await();
            caller.interrupt();
            caller.join();
        }
        assertThat(interrupted).isTrue();
        assertThat(kept).isTrue();
    }

    @Test
    void namespaceOfAProcessAndOfThisThreadAreOpened() throws Exception {
        try (NetworkNamespace current = NetworkNamespace.current();
                NetworkNamespace ofProcess =
                        NetworkNamespace.ofProcess(ProcessHandle.current().pid());
                NetworkNamespace other = NetworkNamespace.create()) {
            assertThat(current.isCurrent()).isTrue();
            assertThat(ofProcess.isCurrent()).isTrue();
            assertThat(other.isCurrent()).isFalse();
            assertThat(other.call(other::isCurrent)).isTrue();
        }
    }

    @Test
    void closedNamespaceSaysSo() throws Exception {
        NetworkNamespace namespace = NetworkNamespace.create();
        namespace.close();
        namespace.close();
        assertThat(namespace.fd()).isEqualTo(-1);
        assertThatThrownBy(() -> namespace.run(() -> {}))
                .isInstanceOf(TapException.class)
                .hasMessageStartingWith("duplicate network namespace: namespace=fd -1: errno=EBADF");
    }

    @Test
    void namesOutsideOfTheDirectoryAreRefused() {
        for (String name : new String[] {"", ".", "..", "../x", "a/b"}) {
            assertThatThrownBy(() -> NetworkNamespace.named(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("not the name of a network namespace: name=" + name
                            + " (expected: a file name in /run/netns)");
        }
    }

    @Test
    void failedCallsLeaveNothingOpen() {
        for (String call : new String[] {"unshare", "open"}) {
            assertThatThrownBy(() -> NetworkNamespace.create(FaultyLibC.failing(call, Errno.EMFILE)))
                    .isInstanceOf(TapException.class)
                    .hasMessageContaining("EMFILE");
        }
    }
}
