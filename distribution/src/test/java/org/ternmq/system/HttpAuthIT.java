package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.ternmq.system.RawClient.Connect;

/** Who comes in, with a web service that decides, and that may be as wrong as it likes. */
@Timeout(180)
@Execution(ExecutionMode.CONCURRENT)
final class HttpAuthIT {
    private static final String PASSWORD = "correct horse";
    private static final int BAD_USER_NAME_OR_PASSWORD = 0x86;
    private static final int SERVER_UNAVAILABLE = 0x88;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch over = new CountDownLatch(1);
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer service;

    @BeforeEach
    void serve() throws IOException {
        service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        service.setExecutor(threads);
        service.createContext("/auth", this::answer);
        service.start();
    }

    @AfterEach
    void stop() {
        over.countDown();
        service.stop(0);
        threads.shutdownNow();
    }

    /** What the user name asks for. */
    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String question = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            asked.add(exchange.getRequestHeaders().getFirst("Authorization") + " " + question);
            if (question.contains("\"username\":\"hang\"")) {
                over.await();
            } else if (question.contains("\"username\":\"error\"")) {
                exchange.sendResponseHeaders(500, -1);
            } else if (question.contains("\"username\":\"moved\"")) {
                exchange.getResponseHeaders().set("Location", "/auth");
                exchange.sendResponseHeaders(307, -1);
            } else if (question.contains("\"username\":\"garbage\"")) {
                send(exchange, "accept");
            } else if (question.contains("\"username\":\"bob\"")) {
                send(exchange, "{\"result\":\"abstain\"}");
            } else {
                boolean good = question.contains("\"username\":\"ada\",\"password\":\"" + PASSWORD + "\"");
                send(exchange, "{\"result\":\"" + (good ? "accept" : "reject") + "\"}");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void send(HttpExchange exchange, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static int code(BrokerProcess broker, String user, String password) throws IOException {
        try (RawClient client = RawClient.open(broker.port(), 5)) {
            client.send(Connect.clean("client of " + user).user(user, password).packet(5));
            return client.expect(RawPacket.CONNACK).u8(1);
        }
    }

    private BrokerFolder folder(String more) throws Exception {
        BrokerFolder folder = brokers.folder("http")
                .configure(BrokerFolder.ONE_LISTENER
                        + """
                authentication:
                  timeout: 60s
                  use:
                    - type: http
                      url: "http://127.0.0.1:%d/auth"
                      headers: {Authorization: "Bearer ${TERNMQ_TEST_NO_SUCH_VARIABLE:of the broker}"}
                      timeout: %s
                    - {type: file, path: users}
                """.formatted(service.getAddress().getPort(), more));
        TernMq.shipped()
                .runWithInput("in the file\n", "passwd", folder.file("users").toString(), "bob", "--password-stdin");
        return folder;
    }

    @Test
    void theServiceDecides() throws Exception {
        BrokerProcess broker = folder("30s").start();
        assertThat(code(broker, "ada", PASSWORD)).isZero();
        assertThat(asked)
                .singleElement()
                .satisfies(question -> assertThat(question)
                        .startsWith("Bearer of the broker {")
                        .contains(
                                "\"clientId\":\"client of ada\"",
                                "\"listener\":\"mqtt\"",
                                "\"address\":\"127.0.0.1\"",
                                "\"protocolVersion\":5"));
        assertThat(code(broker, "ada", "wrong horse")).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(code(broker, "bob", "in the file")).as("it abstains").isZero();
        for (String wrong : List.of("error", "moved", "garbage")) {
            assertThat(code(broker, wrong, PASSWORD)).as(wrong).isEqualTo(SERVER_UNAVAILABLE);
        }
        assertThat(asked).as("a redirect is not followed").hasSize(6);
        assertThat(broker.awaitLine("it answered with status 307", Duration.ofSeconds(10)))
                .isPresent();
        service.stop(0);
        assertThat(code(broker, "ada", PASSWORD)).as("nobody to ask").isEqualTo(SERVER_UNAVAILABLE);
        assertThat(broker.log()).doesNotContain("horse").doesNotContain("Bearer");
        assertThat(broker.stop()).isZero();
    }

    @Test
    void aServiceThatHangsRefuses() throws Exception {
        BrokerProcess broker = folder("500ms").start();
        assertThat(code(broker, "hang", PASSWORD)).isEqualTo(SERVER_UNAVAILABLE);
        assertThat(broker.awaitLine("did not answer within", Duration.ofSeconds(10)))
                .isPresent();
        assertThat(broker.log()).doesNotContain("horse");
        assertThat(broker.stop()).isZero();
    }
}
