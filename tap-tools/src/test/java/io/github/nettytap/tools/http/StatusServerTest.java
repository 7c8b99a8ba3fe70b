/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Clients are plain sockets: what a library would not send is sent as well. */
@Timeout(300)
class StatusServerTest {

    private StatusServer server;

    @BeforeEach
    void start() throws IOException {
        server = StatusServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), new CannedStatus());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.connect(server.address());
        socket.setSoTimeout(30_000);
        return socket;
    }

    private String ask(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            try {
                socket.getInputStream().transferTo(answer);
            } catch (SocketException e) {
                // The server had not read all when it closed, and the kernel resets the connection then (RFC 2525,
                // 2.17).
                if (answer.size() == 0) {
                    throw e;
                }
            }
            return answer.toString(StandardCharsets.UTF_8);
        }
    }

    private String get(String path) throws IOException {
        return ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    }

    @Test
    void metricsAreThoseOfPrometheus() throws IOException {
        String answer = get("/metrics");
        assertThat(answer)
                .startsWith("HTTP/1.1 200 OK")
                .contains("content-type: text/plain; version=0.0.4; charset=utf-8")
                .contains("# TYPE netty_tap_port_frames_total counter\n")
                .contains("netty_tap_port_frames_total{port=\"tap0\",direction=\"in\"} 1000\n")
                .contains("netty_tap_port_bytes_total{port=\"tap0\",direction=\"out\"} 2000000\n")
                .contains(
                        "netty_tap_port_drops_total{port=\"<img src=x onerror=alert(1)>\\\"\\\\\",reason=\"mac_limit\"} 7\n")
                .contains("netty_tap_port_packets_total{port=\"tap0\",outcome=\"no_route\"} 3\n")
                .contains("netty_tap_arp_requests_total 5\n");
        // Each line is of the form that the format has, each family is declared once and before its samples.
        String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
        List<String> families = new ArrayList<>();
        for (String line : body.split("\n")) {
            if (line.startsWith("# TYPE ")) {
                families.add(line.split(" ")[2]);
            } else if (!line.startsWith("#")) {
                assertThat(line).matches("[a-z_]+(\\{([a-z]+=\"([^\"\\\\]|\\\\.)*\",?)+\\})? [0-9]+");
                assertThat(line).startsWith(families.get(families.size() - 1));
            }
        }
        assertThat(families).doesNotHaveDuplicates();
    }

    @Test
    void portsAndFdbAreJson() throws IOException {
        assertThat(get("/api/v1/ports"))
                .contains("content-type: application/json")
                .contains("\r\n\r\n{\"program\":\"switch\",\"event\":\"now\",\"seconds\":")
                .contains("\"port\":\"tap0\",\"framesIn\":1000,")
                .contains("\"counts\":{\"arpRequests\":5}");
        String fdb = get("/api/v1/fdb");
        assertThat(fdb).contains("{\"entries\":[{\"mac\":\"02:00:00:00:00:00\"").endsWith("],\"truncated\":true}");
        assertThat(fdb.split("\"mac\"")).hasSize(StatusText.MAX_FDB_ENTRIES + 1);
    }

    @Test
    void aHeadHasNoBodyAndTheConnectionStays() throws IOException {
        try (Socket socket = connect()) {
            for (int i = 0; i < 3; i++) {
                socket.getOutputStream()
                        .write("HEAD /health HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                assertThat(head(socket.getInputStream()))
                        .startsWith("HTTP/1.1 200 OK")
                        .contains("content-length: 3\r\n");
            }
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            head.append((char) next);
        }
        return head.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET /nothing HTTP/1.1 | localhost | 404 Not Found",
                "GET /page.html HTTP/1.1 | localhost | 404 Not Found",
                "GET /../page.js HTTP/1.1 | localhost | 404 Not Found",
                "POST /health HTTP/1.1 | localhost | 405 Method Not Allowed",
                "DELETE / HTTP/1.1 | localhost | 405 Method Not Allowed",
                "GET / HTTP/1.1 | evil.example | 421 Misdirected Request",
                "GET / HTTP/1.1 | evil.example:80 | 421 Misdirected Request",
                "GET / HTTP/1.1 | [evil]:80 | 421 Misdirected Request",
                "GET / HTTP/1.1 | 192.0.2.1:9100 | 200 OK",
                "GET / HTTP/1.1 | [::1]:9100 | 200 OK",
                "nonsense | localhost | 400 Bad Request"
            })
    void whatIsAnsweredToWhom(String line, String host, String status) throws IOException {
        assertThat(ask(line + "\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status);
    }

    @Test
    void aRequestWithoutEndIsNotKept() throws IOException {
        assertThat(ask("GET /" + "x".repeat(2 * StatusServer.MAX_REQUEST_BYTES)
                        + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .startsWith("HTTP/1.1 400");
        assertThat(ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n"))
                .startsWith("HTTP/1.1 413");
    }

    @Test
    void connectionsAreCounted() throws IOException {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < StatusServer.MAX_CONNECTIONS; i++) {
                sockets.add(connect());
            }
            // Closed as soon as it is accepted, perhaps before all of the request is sent.
            try (Socket tooMany = connect()) {
                assertThat(tooMany.getInputStream().read()).isEqualTo(-1);
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        while (!isAnswered()) {
            Thread.onSpinWait();
        }
    }

    private boolean isAnswered() {
        try {
            return get("/health").endsWith("ok\n");
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void eventsComeOnceASecond() throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream()
                    .write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            StringBuilder text = new StringBuilder();
            while (text.toString().split("data: ", -1).length < 4) {
                text.append((char) socket.getInputStream().read());
            }
            assertThat(text).contains("content-type: text/event-stream").contains("\"framesIn\":1000,");
        }
    }

    @Test
    void streamsOfEventsAreCounted() throws IOException {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i <= StatusStream.MAX_STREAMS; i++) {
                Socket socket = connect();
                sockets.add(socket);
                socket.getOutputStream()
                        .write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                .getBytes(StandardCharsets.UTF_8));
                assertThat(head(socket.getInputStream()))
                        .startsWith(i < StatusStream.MAX_STREAMS ? "HTTP/1.1 200" : "HTTP/1.1 503");
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void aPortThatIsTakenIsSaid() {
        assertThatIOException()
                .isThrownBy(() -> StatusServer.start(server.address(), new CannedStatus()))
                .withMessageStartingWith("cannot listen for HTTP: address=127.0.0.1:"
                        + server.address().getPort() + ", cause=")
                .withMessageEndingWith(" (expected: a free port of an address that this machine has)");
    }

    @ParameterizedTest
    @CsvSource({"9100, 127.0.0.1", "0.0.0.0:0, 0.0.0.0", "[::1]:80, ::1"})
    void addressesAreNumbers(String text, String host) throws Exception {
        assertThat(new HttpAddress().convert(text).getAddress()).isEqualTo(InetAddress.getByName(host));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost:80", "::1:80", "127.0.0.1", "127.0.0.1:65536", "[::1]", "1.2.3:4"})
    void whatIsNoAddressIsSaid(String text) {
        assertThatThrownBy(() -> new HttpAddress().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("http=" + text + " (expected: PORT on the loopback interface, or ADDRESS:PORT");
    }
}
