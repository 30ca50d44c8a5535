package org.ternmq.auth.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.ternmq.auth.http.TestService.json;
import static org.ternmq.auth.http.TestService.send;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.auth.http.TestService.Behaviour;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.AuthResult.Abstained;
import org.ternmq.spi.AuthResult.Accepted;
import org.ternmq.spi.AuthResult.Rejected;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.testkit.AuthenticatorConformance;
import org.ternmq.testkit.TestCredentials;
import org.ternmq.testkit.TestPluginContext;
import org.ternmq.testkit.TestTls;

@Timeout(120)
final class HttpAuthenticatorTest extends AuthenticatorConformance {
    private static final String PASSWORD = "correct horse";
    private static final JsonMapper JSON = new JsonMapper();
    private static final String ACCEPT = "{\"result\":\"accept\"}";

    @TempDir
    Path folder = Path.of("");

    private TestService service;
    private final List<AutoCloseable> toClose = new ArrayList<>();

    HttpAuthenticatorTest() throws Exception {
        service = TestService.plain(HttpAuthenticatorTest::adaAlone);
        toClose.add(service);
    }

    @BeforeEach
    void quiet() {
        service.questions().clear();
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : toClose) {
            each.close();
        }
    }

    private static void adaAlone(HttpExchange exchange, String question) throws Exception {
        JsonNode asked = JSON.readTree(question);
        boolean ada = asked.path("username").asText("").equals("ada");
        boolean right = PASSWORD.equals(asked.path("password").textValue());
        send(exchange, 200, "{\"result\":\"" + (ada ? right ? "accept" : "reject" : "abstain") + "\"}");
    }

    private TestPluginContext context(Map<String, ?> settings) {
        TestPluginContext context = new TestPluginContext("calls", folder, settings);
        toClose.add(context);
        return context;
    }

    private Authenticator with(Map<String, ?> settings) {
        Authenticator made = new HttpAuthenticatorFactory().create(context(settings));
        toClose.add(made);
        return made;
    }

    private Authenticator asking(Map<String, ?> more) {
        Map<String, Object> settings = new HashMap<>(Map.of("url", service.url("http")));
        settings.putAll(more);
        return with(settings);
    }

    @Override
    protected Authenticator authenticator() {
        return asking(Map.of("timeout", "60s")); // it is no part of these tests
    }

    @Override
    protected TestCredentials good() {
        return TestCredentials.of("ada", PASSWORD);
    }

    @Test
    void tellsTheServiceWhatTheClientShows() throws Exception {
        CompletableFuture<List<String>> headers = new CompletableFuture<>();
        service.behave((exchange, question) -> {
            headers.complete(List.of(
                    exchange.getRequestMethod(),
                    String.valueOf(exchange.getRequestURI()),
                    String.valueOf(TestService.header(exchange, "Content-Type")),
                    String.valueOf(TestService.header(exchange, "Authorization")),
                    String.valueOf(TestService.header(exchange, "User-Agent"))));
            send(exchange, 200, ACCEPT);
        });
        Authenticator asking = asking(Map.of("headers", Map.of("Authorization", "Bearer s3cr3t")));
        asking.authenticate(TestCredentials.of("ada", "p\"ä\n")
                .withClientId("c/1")
                .withListener("web")
                .withProtocolVersion(4)
                .withRemoteAddress(new InetSocketAddress("192.0.2.7", 4711)));
        assertThat(headers.get(10, TimeUnit.SECONDS))
                .containsExactly("POST", "/auth", "application/json", "Bearer s3cr3t", "TernMQ/0.0.0-test");
        assertThat(JSON.readTree(service.questions().get(0)))
                .isEqualTo(JSON.readTree("{\"clientId\":\"c/1\",\"username\":\"ada\",\"password\":\"p\\\"ä\\n\","
                        + "\"address\":\"192.0.2.7\",\"listener\":\"web\",\"protocolVersion\":4}"));

        asking.authenticate(new TestCredentials());
        assertThat(JSON.readTree(service.questions().get(1)))
                .isEqualTo(JSON.readTree("{\"clientId\":\"client\",\"username\":null,\"password\":null,"
                        + "\"address\":\"127.0.0.1\",\"listener\":\"mqtt\",\"protocolVersion\":5}"));

        asking.authenticate(good().withPassword(new byte[] {(byte) 0xFF, 0}));
        JsonNode binary = JSON.readTree(service.questions().get(2));
        assertThat(binary.get("password").isNull()).isTrue();
        assertThat(binary.get("passwordBase64").textValue()).isEqualTo("/wA=");
    }

    @Test
    void takesTheServicesVerdict() throws Exception {
        Authenticator asking = asking(Map.of());
        service.behave(json("{\"result\":\"accept\",\"attributes\":{\"groups\":[\"a\",\"b\"],\"site\":\"n\",\"n\":7,"
                + "\"none\":[]},\"more\":{}}"));
        assertThat(asking.authenticate(good()))
                .isEqualTo(new Accepted(Map.of("groups", "a\nb", "site", "n", "n", "7", "none", "")));
        service.behave(json("{\"result\":\"accept\",\"attributes\":null}"));
        assertThat(asking.authenticate(good())).isEqualTo(AuthResult.accepted());
        service.behave(json("{\"result\":\"reject\",\"attributes\":{}}"));
        assertThat(asking.authenticate(good())).isInstanceOf(Rejected.class);
        service.behave(json(" {\"result\" : \"abstain\"}\r\n"));
        assertThat(asking.authenticate(good())).isInstanceOf(Abstained.class);
    }

    /** It throws, so that the broker refuses the client, and does not tell the password. */
    private void assertNoAnswer(Authenticator asked, String why) {
        assertThatThrownBy(() -> asked.authenticate(good()))
                .isInstanceOf(Exception.class)
                .satisfies(e -> {
                    StringWriter trace = new StringWriter();
                    e.printStackTrace(new PrintWriter(trace));
                    assertThat(trace.toString())
                            .contains(why)
                            .doesNotContain("horse")
                            .doesNotContain("s3cr3t");
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "accept",
                "\"accept\"",
                "null",
                "[]",
                "{}",
                "{\"result\":true}",
                "{\"result\":null}",
                "{\"result\":\"ACCEPT\"}",
                "{\"result\":[\"accept\"]}",
                "{\"result\":{\"accept\":1}}",
                "{\"result\":\"accept\"",
                "{\"result\":\"accept\"}}",
                "{\"result\":\"accept\"} {\"result\":\"reject\"}",
                "{\"result\":\"reject\",\"result\":\"accept\"}",
                "{\"result\":\"accept\",\"attributes\":[]}",
                "{\"result\":\"accept\",\"attributes\":\"x\"}",
                "{\"result\":\"accept\",\"attributes\":{\"a\":{}}}",
                "{\"result\":\"accept\",\"attributes\":{\"a\":null}}",
                "{\"result\":\"accept\",\"attributes\":{\"a\":[[]]}}",
                "{\"result\":\"accept\",\"attributes\":{\"a\":\"staff\\nadmin\"}}",
                "<html>correct horse</html>"
            })
    void whatIsNoAnswerRefuses(String body) {
        service.behave(json(body));
        assertNoAnswer(asking(Map.of()), "answer");
    }

    @TestFactory
    Stream<DynamicTest> everyOtherStatusRefuses() {
        return Stream.of(201, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 500, 502, 503)
                .map(status -> DynamicTest.dynamicTest(String.valueOf(status), () -> {
                    service.questions().clear();
                    service.behave((exchange, question) -> {
                        exchange.getResponseHeaders().set("Location", service.url("http") + "/elsewhere");
                        send(exchange, status, status == 204 ? "" : ACCEPT);
                    });
                    assertNoAnswer(asking(Map.of()), "status " + status);
                    assertThat(service.questions())
                            .as("not followed, not asked again")
                            .hasSize(1);
                }));
    }

    @Test
    void aServiceThatHangsRefuses() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        toClose.add(0, over::countDown);
        service.behave((exchange, question) -> over.await());
        assertNoAnswer(asking(Map.of("timeout", "300ms")), "did not answer within");
    }

    @Test
    void aBodyThatDoesNotEndInTimeRefuses() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        toClose.add(0, over::countDown);
        service.behave((exchange, question) -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("{\"result\":\"accept\"".getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            over.await();
        });
        assertNoAnswer(asking(Map.of("timeout", "500ms")), "did not answer within");
    }

    @Test
    void aHugeBodyRefuses() throws Exception {
        service.behave((exchange, question) -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] blanks = " ".repeat(8192).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseBody().write(ACCEPT.getBytes(StandardCharsets.UTF_8));
            while (true) { // until the client has had enough
                exchange.getResponseBody().write(blanks);
            }
        });
        assertNoAnswer(asking(Map.of("timeout", "60s")), "longer than");
    }

    @Test
    void noServiceAndOneThatTalksNoHttpRefuse() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertNoAnswer(with(Map.of("url", "http://127.0.0.1:" + port + "/?key=s3cr3t")), "gave no answer");
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread garbage = new Thread(() -> {
                try (Socket taken = socket.accept()) {
                    taken.getOutputStream().write("220 smtp.example\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                    taken.getInputStream().read();
                } catch (IOException e) {
                    // the test is over
                }
            });
            garbage.setDaemon(true);
            garbage.start();
            assertNoAnswer(with(Map.of("url", "http://127.0.0.1:" + socket.getLocalPort())), "gave no answer");
        }
    }

    private TestService tls(String names, Behaviour behaviour) throws Exception {
        TestTls tls = new TestTls(folder, names);
        TestService secure = TestService.tls(tls.context(), behaviour);
        toClose.add(secure);
        return secure;
    }

    @Test
    void aCertificateThatIsNotTrustedRefuses() throws Exception {
        TestService secure = tls("ip:127.0.0.1", json(ACCEPT));
        assertNoAnswer(with(Map.of("url", secure.url("https"), "timeout", "30s", "connect-timeout", "30s")), "PKIX");
        assertThat(secure.questions()).as("no password went there").isEmpty();
        Map<String, ?> trusting =
                Map.of("url", secure.url("https"), "trust", "server.pem", "timeout", "30s", "connect-timeout", "30s");
        Authenticator trusted = with(trusting);
        assertThat(trusted.authenticate(good())).isInstanceOf(Accepted.class);

        Files.writeString(folder.resolve("server.pem"), "no certificate");
        assertThatThrownBy(trusted::reload).hasMessageContaining("server.pem");
        assertThat(trusted.authenticate(good())).as("as before").isInstanceOf(Accepted.class);
        assertThatThrownBy(() -> with(trusting)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void aCertificateOfAnotherHostRefuses() throws Exception {
        TestService secure = tls("dns:other.example", json(ACCEPT));
        assertNoAnswer(
                with(Map.of(
                        "url", secure.url("https"), "trust", "server.pem", "timeout", "30s", "connect-timeout", "30s")),
                "127.0.0.1");
        assertThat(secure.questions()).isEmpty();
    }

    @Test
    void asksNoMoreAtOnceThanAllowed() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        service.behave((exchange, question) -> {
            asked.countDown();
            answer.await();
            send(exchange, 200, ACCEPT);
        });
        Authenticator one = asking(Map.of("max-concurrent", 1, "timeout", "60s"));
        ExecutorService threads = Executors.newFixedThreadPool(2);
        toClose.add(threads::shutdownNow);
        CompletableFuture<AuthResult> first = CompletableFuture.supplyAsync(() -> ask(one, good()), threads);
        asked.await();
        CompletableFuture<AuthResult> second =
                CompletableFuture.supplyAsync(() -> ask(one, good().withClientId("second")), threads);
        assertThatThrownBy(() -> second.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        assertThat(service.questions()).hasSize(1);
        answer.countDown();
        assertThat(first.get()).isInstanceOf(Accepted.class);
        assertThat(second.get()).isInstanceOf(Accepted.class);
    }

    private static AuthResult ask(Authenticator authenticator, TestCredentials credentials) {
        try {
            return authenticator.authenticate(credentials);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** As the broker does at the end of its own patience. */
    @Test
    void anInterruptEndsAQuestion() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        toClose.add(0, over::countDown);
        service.behave((exchange, question) -> {
            asked.countDown();
            over.await();
        });
        Authenticator asking = asking(Map.of("timeout", "60s"));
        CompletableFuture<AuthResult> result = new CompletableFuture<>();
        Thread worker = new Thread(() -> {
            try {
                result.complete(asking.authenticate(good()));
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        worker.start();
        asked.await();
        worker.interrupt();
        assertThatThrownBy(result::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
    }

    @Test
    void remembersAcceptancesIfThatIsWanted() throws Exception {
        TestPluginContext context = context(Map.of("url", service.url("http"), "cache", "30s", "timeout", "60s"));
        Authenticator remembering = new HttpAuthenticatorFactory().create(context);
        toClose.add(remembering);
        service.behave(json("{\"result\":\"accept\",\"attributes\":{\"a\":\"b\"}}"));
        AuthResult accepted = remembering.authenticate(good());
        service.behave(json("{\"result\":\"reject\"}"));
        context.clock().turn(Duration.ofMillis(29_999));
        assertThat(remembering.authenticate(good())).isEqualTo(accepted);
        assertThat(service.questions()).hasSize(1);
        for (TestCredentials other : List.of(
                good().withPassword("wrong"),
                good().withoutPassword(),
                good().withClientId("other"),
                good().withListener("other"),
                good().withRemoteAddress(new InetSocketAddress("192.0.2.1", 1)))) {
            assertThat(remembering.authenticate(other)).as("another question").isInstanceOf(Rejected.class);
        }
        context.clock().turn(Duration.ofMillis(1));
        assertThat(remembering.authenticate(good())).as("too long ago").isInstanceOf(Rejected.class);
        service.behave(json(ACCEPT));
        assertThat(remembering.authenticate(good()))
                .as("a rejection is not remembered")
                .isInstanceOf(Accepted.class);
        service.behave(json("{\"result\":\"reject\"}"));
        remembering.reload();
        assertThat(remembering.authenticate(good())).as("after a reload").isInstanceOf(Rejected.class);
    }

    @Test
    void remembersNothingIfNothingIsSaid() throws Exception {
        Authenticator asking = asking(Map.of());
        asking.authenticate(good());
        asking.authenticate(good());
        assertThat(service.questions()).hasSize(2);
    }

    @Test
    void itsThreadsEndWithIt() throws Exception {
        TestPluginContext context = new TestPluginContext("ends", folder, Map.of("url", service.url("http")));
        toClose.add(context);
        Authenticator asking = new HttpAuthenticatorFactory().create(context);
        asking.authenticate(good());
        assertThat(threads()).isNotEmpty();
        asking.close();
        for (Thread thread : threads()) {
            thread.join(30_000);
        }
        assertThat(threads()).isEmpty();
    }

    private static List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("ends-"))
                .toList();
    }

    @Test
    void settingsThatAreNotSafeAreRefused() {
        List<Map<String, ?>> wrong = List.of(
                Map.of(),
                Map.of("url", "http://auth.example/"),
                Map.of("url", "http://127.0.0.1.evil.example/"),
                Map.of("url", "http://localhost.evil.example/"),
                Map.of("url", "ftp://127.0.0.1/"),
                Map.of("url", "https:///path"),
                Map.of("url", "/path"),
                Map.of("url", "https://user:s3cr3t@auth.example/"),
                Map.of("url", "https://auth.example/#x"),
                Map.of("url", "http://127.0.0.1/", "trust", "server.pem"),
                Map.of("url", "https://auth.example/", "trust", "missing.pem"),
                Map.of("url", "https://auth.example/", "timeout", "0s"),
                Map.of("url", "https://auth.example/", "timeout", "1h"),
                Map.of("url", "https://auth.example/", "max-concurrent", 0),
                Map.of("url", "https://auth.example/", "cache", "0s"),
                Map.of("url", "https://auth.example/", "cache", "1d"),
                Map.of("url", "https://auth.example/", "headers", Map.of("Host", "s3cr3t")),
                Map.of("url", "https://auth.example/", "headers", Map.of("Content-Type", "s3cr3t")),
                Map.of("url", "https://auth.example/", "headers", Map.of("A b", "s3cr3t")),
                Map.of("url", "https://auth.example/", "headers", Map.of("Authorization", "s3cr3t\r\nX: y")));
        for (Map<String, ?> settings : wrong) {
            assertThatThrownBy(() -> with(settings))
                    .as("%s", settings)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageNotContaining("s3cr3t");
        }
        for (String url :
                List.of("http://localhost:1/", "http://[::1]:1/x", "http://127.1.2.3", "https://auth.example")) {
            assertThat(with(Map.of("url", url)).toString()).contains(url);
        }
        assertThat(with(Map.of("url", "http://auth.example/", "allow-plain-text", true)))
                .isNotNull();
        HttpSettings settings = context(Map.of(
                        "url", "https://auth.example/?key=s3cr3t", "headers", Map.of("Authorization", "Bearer s3cr3t")))
                .config(HttpSettings.class);
        assertThat(settings.toString()).doesNotContain("s3cr3t").contains("Authorization");
    }
}
