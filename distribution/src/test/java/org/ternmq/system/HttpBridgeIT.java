package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.ternmq.system.RawClient.Connect;

/** The recipe "Webhook" of docs/bridges.md, with a service that fails, and a broker that is killed. */
@Timeout(180)
@Execution(ExecutionMode.CONCURRENT)
final class HttpBridgeIT {
    private static final String SECRET = "a secret of the webhook";
    private static final Pattern PAYLOAD = Pattern.compile("\"encoding\":\"text\",\"payload\":\"([^\"]*)\"");

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> taken = new CopyOnWriteArrayList<>();
    private final List<String> forged = new CopyOnWriteArrayList<>();
    private final AtomicInteger failures = new AtomicInteger();
    private HttpsServer service;
    private BrokerFolder folder;

    @BeforeEach
    void serve() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        TestCa ca = new TestCa("hooks");
        KeyManagerFactory keys = ca.server().toKeyManagerFactory();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        service = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        service.setHttpsConfigurator(new HttpsConfigurator(context));
        service.setExecutor(threads);
        service.createContext("/mqtt", this::answer);
        service.start();
        String recipe = Recipes.bridges("Webhook");
        String url = "https://127.0.0.1:" + service.getAddress().getPort() + "/mqtt";
        assertThat(recipe).contains("https://hooks.example/mqtt");
        folder = brokers.folder("hook")
                .configure(BrokerFolder.ONE_LISTENER
                        + recipe.replace("https://hooks.example/mqtt", url)
                        + "    retry-max: 500ms\n");
        folder.write("hooks-ca.crt", ca.root().getCertificatePEM());
        folder.write("hook.secret", SECRET + "\n");
    }

    @AfterEach
    void stop() {
        service.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String text = new String(body, StandardCharsets.UTF_8);
            String time = exchange.getRequestHeaders().getFirst("TernMQ-Timestamp");
            if (!signature(time, body).equals(exchange.getRequestHeaders().getFirst("TernMQ-Signature"))) {
                forged.add(text);
            }
            if (failures.getAndDecrement() > 0) {
                exchange.sendResponseHeaders(503, -1);
            } else if (text.contains("\"poison\"")) {
                exchange.sendResponseHeaders(422, -1);
            } else {
                Matcher payloads = PAYLOAD.matcher(text);
                while (payloads.find()) {
                    taken.add(payloads.group(1));
                }
                exchange.sendResponseHeaders(204, -1);
            }
        }
    }

    private static String signature(String time, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            mac.update((time + ".").getBytes(StandardCharsets.UTF_8));
            return "v1=" + HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void publish(BrokerProcess broker, List<String> payloads) throws Exception {
        try (RawClient client = RawClient.connect(broker.port(), 5, Connect.clean("sensor"))) {
            for (String payload : payloads) {
                client.send(client.publish("alarms/a", 1, 0, 1, payload));
                client.expect(RawPacket.PUBACK);
            }
            client.disconnect();
        }
    }

    private static List<String> numbered(String prefix) {
        return IntStream.range(0, 20).mapToObj(i -> prefix + i).toList();
    }

    @Test
    void nothingIsLostAndWhatIsNotTakenIsADeadLetter() throws Exception {
        BrokerProcess broker = folder.start();
        List<String> all = new ArrayList<>(numbered("first-"));
        try (RawClient dead = RawClient.connect(broker.port(), 5, Connect.clean("coroner"))) {
            dead.subscribe("dead/hook", 1);
            failures.set(2);
            publish(broker, numbered("first-"));
            publish(broker, List.of("poison"));
            assertThat(dead.expectPublish().payload()).isEqualTo("poison");
        }
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> taken.containsAll(all));
        assertThat(taken).containsExactlyElementsOf(all);

        failures.set(Integer.MAX_VALUE);
        publish(broker, numbered("second-"));
        assertThat(broker.awaitLine("answers 503", Duration.ofSeconds(20))).isPresent();
        broker.kill9();
        failures.set(0);
        BrokerProcess again = folder.start();
        all.addAll(numbered("second-"));
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> taken.containsAll(all));
        assertThat(taken.stream().distinct()).as("in order").containsExactlyElementsOf(all);
        assertThat(forged).isEmpty();
        assertThat(again.stop()).isZero();
        assertThat(again.faults()).isEmpty();
    }

    @Test
    void saysWhatIsWrongBeforeItStarts() throws Exception {
        folder.write("hook.secret", "short\n");
        TernMq.Result result =
                TernMq.shipped().run("check", "--config", folder.config().toString());
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.all()).contains("secret-file").contains("at least 16 bytes");
    }
}
