/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.transport.linux.Errno;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** What an overrun costs, against a kernel of the test's own making. */
class LinkNotificationsTest {

    private static final int NEWLINK = 16;
    private static final int DELLINK = 17;
    private static final int DONE = 3;
    private static final int ERROR = 2;
    private static final int INTERRUPTED = 0x10;
    private static final int FROM_KERNEL = 0;
    private static final int IFLA_MTU = 4;

    private final ScriptedKernel kernel = new ScriptedKernel();
    private final Picture picture = new Picture();

    /** What somebody believes who listens: the MTU by ifindex. */
    private static final class Picture implements LinkNotifications.Handler {
        final Map<Integer, Integer> mtus = new TreeMap<>();
        final List<String> history = new ArrayList<>();

        @Override
        public void changed(Link link) {
            mtus.put(link.index(), link.mtu());
            history.add(link.index() + "=" + link.mtu());
        }

        @Override
        public void gone(Link link, boolean moved) {
            mtus.remove(link.index());
            history.add(link.index() + " gone");
        }

        @Override
        public void listed(Set<Integer> present) {
            mtus.keySet().retainAll(present);
            history.add("listed");
        }
    }

    private static Consumer<ByteBuffer> link(int ifindex, int mtu) {
        return body -> body.put((byte) 0)
                .put((byte) 0)
                .putShort((short) 1)
                .putInt(ifindex)
                .putInt(0)
                .putInt(0)
                .putShort((short) 8)
                .putShort((short) IFLA_MTU)
                .putInt(mtu);
    }

    private ScriptedKernel notify(int type, int ifindex, int mtu) {
        return kernel.answer(type, 0, FROM_KERNEL, FROM_KERNEL, link(ifindex, mtu));
    }

    private ScriptedKernel list(int flags, int request, int ifindex, int mtu) {
        return kernel.answer(NEWLINK, flags, request, ScriptedKernel.PORT_ID, link(ifindex, mtu));
    }

    private void done(int request) {
        kernel.answer(DONE, 0, request, ScriptedKernel.PORT_ID, body -> body.putInt(0));
    }

    private LinkNotifications open() throws NetlinkException {
        return LinkNotifications.open(kernel.libc());
    }

    @Test
    void notificationsFromBeforeAnOverrunDoNotComeAfterTheList() throws Exception {
        try (LinkNotifications notifications = open()) {
            kernel.fail(Errno.ENOBUFS);
            notify(NEWLINK, 7, 1400);
            notify(NEWLINK, 8, 1400);
            assertThat(notifications.drain(picture)).isFalse();
            notify(NEWLINK, 7, 1300);
            kernel.atRequest(() -> {
                list(0, 1, 7, 1500);
                done(1);
            });
            assertThat(notifications.list(picture)).isTrue();
            assertThat(notifications.drain(picture)).isTrue();
        }
        assertThat(picture.history).containsExactly("7=1400", "8=1400", "7=1300", "7=1500", "listed");
        assertThat(picture.mtus).isEqualTo(Map.of(7, 1500));
    }

    @Test
    void overrunIsRememberedUntilAListIsComplete() throws Exception {
        try (LinkNotifications notifications = open()) {
            kernel.fail(Errno.ENOBUFS);
            assertThat(notifications.drain(picture)).isFalse();
            assertThat(notifications.drain(picture)).isFalse();
            kernel.atRequest(() -> list(0, 1, 7, 1500));
            assertThatThrownBy(() -> notifications.list(picture)).hasMessage("list links: errno=ETIMEDOUT");
            assertThat(notifications.drain(picture)).isFalse();
        }
    }

    @Test
    void whatIsNotifiedDuringAListWins() throws Exception {
        try (LinkNotifications notifications = open()) {
            kernel.atRequest(() -> {
                notify(NEWLINK, 7, 9000);
                notify(DELLINK, 8, 1500);
                notify(NEWLINK, 9, 1500);
                list(0, 1, 7, 1500);
                list(0, 1, 8, 1500);
                list(0, 1, 10, 1500);
                done(1);
            });
            assertThat(notifications.list(picture)).isTrue();
        }
        assertThat(picture.mtus).isEqualTo(Map.of(7, 9000, 9, 1500, 10, 1500));
    }

    @Test
    void interruptedOrOverrunListIsAskedForAgain() throws Exception {
        try (LinkNotifications notifications = open()) {
            kernel.atRequest(() -> {
                list(INTERRUPTED, 1, 7, 1500);
                done(1);
            });
            kernel.atRequest(() -> {
                list(0, 2, 7, 1400);
                kernel.fail(Errno.ENOBUFS);
                done(2);
            });
            kernel.atRequest(() -> {
                list(0, 1, 7, 1); // Left over from the first.
                list(0, 3, 7, 1300);
                done(3);
            });
            assertThat(notifications.list(picture)).isTrue();
            assertThat(kernel.requests()).isEqualTo(3);
        }
        assertThat(picture.mtus).isEqualTo(Map.of(7, 1300));
    }

    @Test
    void linksThatChangeFasterThanTheyAreListedStayAnOverrun() throws Exception {
        try (LinkNotifications notifications = open()) {
            for (int i = 1; i <= 8; i++) {
                int request = i;
                kernel.atRequest(() -> {
                    list(INTERRUPTED, request, 7, 1500);
                    done(request);
                });
            }
            assertThat(notifications.list(picture)).isFalse();
            assertThat(notifications.drain(picture)).isFalse();
        }
    }

    @Test
    void refusedListIsAnError() throws Exception {
        try (LinkNotifications notifications = open()) {
            kernel.atRequest(() ->
                    kernel.answer(ERROR, 0, 1, ScriptedKernel.PORT_ID, body -> body.putInt(-Errno.EBUSY.number())));
            assertThatThrownBy(() -> notifications.list(picture)).hasMessage("list links: errno=EBUSY");
        }
    }

    @Test
    void shortMessagesAreSurvived() throws Exception {
        try (LinkNotifications notifications = open()) {
            kernel.answer(NEWLINK, 0, 0, FROM_KERNEL, body -> {});
            kernel.answer(DELLINK, 0, 0, FROM_KERNEL, body -> body.putInt(0));
            notify(NEWLINK, 7, 1500);
            assertThat(notifications.drain(picture)).isTrue();
        }
        assertThat(picture.history).containsExactly("7=1500");
    }
}
