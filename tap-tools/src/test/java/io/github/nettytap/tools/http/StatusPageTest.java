/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The page as a browser shows it: headless Chromium, driven by WebDriver (W3C), whose messages are few enough to write.
 */
@Timeout(300)
class StatusPageTest {

    private static final String CAPABILITIES = """
            {"capabilities":{"alwaysMatch":{
              "goog:loggingPrefs":{"browser":"ALL"},
              "goog:chromeOptions":{"args":["--headless","--no-sandbox","--disable-gpu","--disable-quic","--no-first-run",
                "--disable-background-networking","--disable-component-update","--disable-sync",
                "--window-size=1000,900","--user-data-dir=%s"]}}}}
            """;

    @TempDir
    Path profile;

    private StatusServer server;
    private Process driver;
    private String session;

    @BeforeEach
    void openPage() throws Exception {
        boolean there = isThere("chromedriver") && isThere("chromium");
        Assumptions.assumeTrue(
                there || "true".equals(System.getenv("CI")), "no browser: apt-get install chromium chromium-driver");
        server = StatusServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), new CannedStatus());
        driver = new ProcessBuilder("chromedriver", "--port=0")
                .redirectErrorStream(true)
                .start();
        BufferedReader lines = driver.inputReader();
        Matcher started = null;
        while (started == null || !started.find()) {
            started = Pattern.compile("started successfully on port (\\d+)").matcher(lines.readLine());
        }
        String url = "http://localhost:" + started.group(1) + "/session";
        session = url + "/" + text(call("POST", url, CAPABILITIES.formatted(profile)), "sessionId");
        call("POST", session + "/url", "{\"url\":\"" + server.url() + "\"}");
    }

    private static boolean isThere(String program) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    @AfterEach
    void closePage() throws Exception {
        if (session != null) {
            call("DELETE", session, null);
        }
        if (driver != null) {
            driver.destroy();
            driver.waitFor();
            driver.getInputStream().close();
        }
        if (server != null) {
            server.close();
        }
    }

    private static String call(String method, String url, String body) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestProperty("Connection", "close");
        connection.setRequestMethod(method);
        if (body != null) {
            connection.setDoOutput(true);
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String text(String json, String member) {
        Matcher matcher = Pattern.compile("\"" + member + "\":\\s*\"((?:[^\"\\\\]|\\\\.)*)\"")
                .matcher(json);
        assertThat(matcher.find()).as(json).isTrue();
        return matcher.group(1);
    }

    /** The value of an expression, as text. */
    private String value(String expression) throws IOException {
        String script = "return String(" + expression + ")";
        String quoted = script.replace("\\", "\\\\").replace("\"", "\\\"");
        String answer = call("POST", session + "/execute/sync", "{\"script\":\"" + quoted + "\",\"args\":[]}");
        return text(answer, "value")
                .replace("\\u003C", "<")
                .replace("\\\"", "\"")
                .replace("\\\\", "\\");
    }

    private void await(String expression, String expected) throws Exception {
        for (int i = 0; i < 1_200 && !value(expression).matches(expected); i++) {
            Thread.sleep(50);
        }
        assertThat(value(expression)).matches(expected);
    }

    @Test
    void portsMoveNamesAreTextAndTheKeyboardDoes() throws Exception {
        String cell = "document.querySelector('#ports tbody td')?.textContent";
        await(cell, "[0-9.]+\u2009?k?");
        await("document.querySelector('#chart .in')?.getAttribute('points').split(' ').length > 2", "true");
        assertThat(value("document.querySelector('#program').textContent")).isEqualTo("switch");
        await("document.querySelector('#state').textContent", "live · up .*2 ports");
        // A port may be called anything.
        assertThat(value("document.querySelectorAll('#ports tbody th')[1].textContent"))
                .isEqualTo(CannedStatus.NASTY);
        assertThat(value("document.querySelectorAll('main img').length")).isEqualTo("0");
        // Drops by reason behind a button, which Enter presses as well.
        String reasons = "document.querySelectorAll('#ports tr.reasons')[1]";
        assertThat(value(reasons + ".hidden")).isEqualTo("true");
        value("document.querySelectorAll('#ports button')[1].focus()");
        String enter =
                "{\"actions\":[{\"type\":\"key\",\"id\":\"k\",\"actions\":[{\"type\":\"keyDown\",\"value\":\"\\uE007\"},"
                        + "{\"type\":\"keyUp\",\"value\":\"\\uE007\"}]}]}";
        call("POST", session + "/actions", enter);
        assertThat(value(reasons + ".hidden")).isEqualTo("false");
        assertThat(value(reasons + ".textContent")).contains("mac limit: 7").contains("no route: 3");
        // The FDB, searched.
        await("document.querySelector('#found').textContent", "10000 of 10000 and more entries, the first 200 shown");
        value("(s => { s.value = '02:00:00:00:01:0a'; s.dispatchEvent(new Event('input')); })"
                + "(document.querySelector('#search'))");
        assertThat(value("document.querySelectorAll('#fdb tbody tr').length")).isEqualTo("1");
        picture("page.png");
        // It stays readable when the program is gone, and says so.
        assertThat(call("POST", session + "/se/log", "{\"type\":\"browser\"}"))
                .as("errors on the console")
                .isEqualTo("{\"value\":[]}");
        server.close();
        server = null;
        await("document.querySelector('#state').textContent", "no answer from the program; trying again");
    }

    @Test
    void networkIsDrawnAndTheKeyboardChoosesANode() throws Exception {
        // Away from the page, which would complain of its server.
        call("POST", session + "/url", "{\"url\":\"data:,\"}");
        call("POST", session + "/se/log", "{\"type\":\"browser\"}");
        server.close();
        String nasty = CannedStatus.NASTY.replace("\\", "\\\\").replace("\"", "\\\"");
        String network = """
                {"nodes":[{"name":"tap0","kind":"switch","detail":"2 ports"},
                {"name":"r1","kind":"router","detail":"2 ports"},{"name":"far","kind":"switch","detail":"2 ports"},
                {"name":"tap0/a","kind":"tap","label":"a","detail":"10.0.0.2/24"},
                {"name":"far/NASTY","kind":"socket","label":"NASTY","detail":"NASTY"}],
                "links":[{"from":"tap0","to":"r1","name":"patch:x","detail":"delay=5ms,loss=1%","state":"forwarding"},
                {"from":"r1","to":"far","name":"patch:y","detail":"","state":"lost"},
                {"from":"tap0","to":"tap0/a","name":"a","detail":"","state":"forwarding"},
                {"from":"far","to":"far/NASTY","name":"NASTY","detail":"NASTY","state":"forwarding"}]}
                """.replace("NASTY", nasty);
        server = StatusServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), new CannedStatus(network));
        call("POST", session + "/url", "{\"url\":\"" + server.url() + "\"}");
        await("document.querySelectorAll('#map g').length", "5");
        assertThat(value("document.querySelectorAll('#map line').length")).isEqualTo("4");
        assertThat(value("document.querySelectorAll('#map line.lost').length")).isEqualTo("1");
        assertThat(value("document.querySelectorAll('main img').length")).isEqualTo("0");
        assertThat(value("[...document.querySelectorAll('#map text, #map title')].map(t => t.textContent).join()"))
                .contains("delay=5ms", "loss=1%", "r1", "10.0.0.2/24", CannedStatus.NASTY);
        // No two nodes lie on each other.
        assertThat(value("(c => c.every((a, i) => c.every((b, j) => i === j"
                        + " || Math.hypot(a.cx.baseVal.value - b.cx.baseVal.value,"
                        + " a.cy.baseVal.value - b.cy.baseVal.value) > 40)))"
                        + "([...document.querySelectorAll('#map .hit')])"))
                .isEqualTo("true");
        // Each node is reached with Tab, and says what it is.
        value("document.querySelector('#map g').focus()");
        await("document.querySelector('#chosen').textContent", "switch tap0 \\(2 ports\\): tap0 .*bit/s");
        assertThat(value("[...document.querySelectorAll('#map g')].every(g => g.tabIndex === 0)"))
                .isEqualTo("true");
        assertThat(value("document.activeElement.getAttribute('aria-label')")).isEqualTo("switch tap0, 2 ports");
        picture("network.png");
        // On a phone the picture is high, and the page is not wider than the screen.
        call("POST", session + "/window/rect", "{\"width\":500,\"height\":900}");
        call("POST", session + "/url", "{\"url\":\"" + server.url() + "\"}");
        await("document.querySelectorAll('#map g').length", "5");
        assertThat(value("(b => b.height > b.width)(document.querySelector('#map').viewBox.baseVal)"))
                .isEqualTo("true");
        assertThat(value("document.documentElement.scrollWidth <= window.innerWidth"))
                .isEqualTo("true");
        picture("network-phone.png");
        assertThat(call("POST", session + "/se/log", "{\"type\":\"browser\"}"))
                .as("errors on the console")
                .isEqualTo("{\"value\":[]}");
    }

    /** To be looked at: target/page.png and others. */
    private void picture(String name) throws IOException {
        String answer = call("GET", session + "/screenshot", null);
        byte[] png = Base64.getDecoder().decode(answer.substring(answer.indexOf(":\"") + 2, answer.lastIndexOf('"')));
        assertThatCode(() -> Files.write(Path.of("target", name), png)).doesNotThrowAnyException();
    }
}
