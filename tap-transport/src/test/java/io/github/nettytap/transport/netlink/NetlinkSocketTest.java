/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.linux.FaultyLibC;
import io.github.nettytap.transport.linux.LibC;
import org.junit.jupiter.api.Test;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

class NetlinkSocketTest {

    /** Notes which descriptors were made and not closed. */
    private static LibC watching(LibC libc, List<Integer> open) {
        return (LibC) Proxy.newProxyInstance(
                LibC.class.getClassLoader(), new Class<?>[] {LibC.class}, (proxy, method, arguments) -> {
                    Object result = method.invoke(libc, arguments);
                    if (method.getName().equals("socket") && (Integer) result >= 0) {
                        open.add((Integer) result);
                    } else if (method.getName().equals("close")) {
                        open.remove(arguments[0]);
                    }
                    return result;
                });
    }

    @Test
    void failedOpeningLeavesNoDescriptor() {
        for (String call : new String[] {"socket", "setsockopt", "bind", "getsockname", "connect"}) {
            List<Integer> open = new ArrayList<>();
            LibC libc = watching(FaultyLibC.failing(call, Errno.ENOBUFS), open);
            assertThatThrownBy(() -> NetlinkSocket.forRequests(libc))
                    .as(call)
                    .isInstanceOf(NetlinkException.class)
                    .hasMessageEndingWith(": errno=ENOBUFS");
            assertThat(open).as(call).isEmpty();
        }
    }

    @Test
    void closedSocketDoesNotTouchItsNumberAgain() throws Exception {
        List<Integer> open = new ArrayList<>();
        NetlinkSocket socket = NetlinkSocket.forRequests(watching(LibC.get(), open));
        socket.close();
        socket.close();
        assertThat(open).isEmpty();
        assertThatThrownBy(() -> socket.receive("receive")).hasMessage("receive: errno=EBADF");
    }

    @Test
    void nothingArrivedIsNoError() throws Exception {
        try (NetlinkSocket socket = NetlinkSocket.forNotifications(LibC.get(), 0)) {
            assertThat(socket.receive("receive")).isNull();
        }
    }
}
