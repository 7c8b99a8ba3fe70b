/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SocketPortAddressTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unix:/run/lan.sock",
                "unix-connect:/run/lan.sock",
                "tcp:[0:0:0:0:0:0:0:1]:7000",
                "tcp:127.0.0.1:0",
                "tcp-connect:192.0.2.1:7000",
                "unixgram:vm.sock",
                "unixgram-connect:/run/vm.sock",
                "udp:127.0.0.1:7000-127.0.0.1:7001"
            })
    void isTypedAsItIsPrinted(String text) {
        assertThat(SocketPortAddress.parse(text)).hasToString(text);
        assertThat(SocketPortAddress.isOne(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tap0", "unix", "unixx:/a", "if:eth0", ":", ""})
    void whatBeginsOtherwiseIsNone(String text) {
        assertThat(SocketPortAddress.isOne(text)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "serial:x | unknown kind of socket port: address=serial:x (expected: unix:…, unix-connect:…, tcp:…, tcp-connect:…, unixgram:…, unixgram-connect:…, udp:…)",
                "unix: | bad path of a socket: path=, bytes=0 (expected: 1 to 107)",
                "tcp:7000 | no port: address=7000 (expected: ADDRESS:PORT, such as 127.0.0.1:7000 or [::1]:7000)",
                "tcp:localhost:7000 | bad IP address: address=localhost:7000 (expected: numbers, an IPv6 address in brackets, such as 127.0.0.1:7000 or [::1]:7000)",
                "tcp:::1:7000 | bad IP address: address=::1:7000 (expected: numbers, an IPv6 address in brackets, such as 127.0.0.1:7000 or [::1]:7000)",
                "tcp:127.0.0.999:1 | bad IP address: address=127.0.0.999:1 (expected: numbers, an IPv6 address in brackets, such as 127.0.0.1:7000 or [::1]:7000)",
                "tcp:127.0.0.1:65536 | bad port: port=65536, address=127.0.0.1:65536 (expected: 0 to 65535)",
                "tcp-connect:127.0.0.1:0 | no port to send to: address=127.0.0.1:0 (expected: 1 to 65535)",
                "udp:127.0.0.1:1 | no remote address: address=127.0.0.1:1 (expected: LOCAL-REMOTE, such as 127.0.0.1:7000-127.0.0.1:7001)",
                "udp:127.0.0.1:1-[::1]:2 | addresses of different IP versions: address=127.0.0.1:1-[::1]:2"
            })
    void whatIsWrongIsSaid(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SocketPortAddress.parse(text))
                .withMessage(message);
    }

    @Test
    void aLongPathIsNotRepeatedInFull() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SocketPortAddress.parse("unix:/" + "x".repeat(5_000)))
                .withMessage("bad path of a socket: path=/" + "x".repeat(124) + "…, bytes=5001 (expected: 1 to 107)");
    }
}
