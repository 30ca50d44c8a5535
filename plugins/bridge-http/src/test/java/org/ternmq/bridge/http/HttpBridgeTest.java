package org.ternmq.bridge.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.bridge.http.TestHook.End;
import org.ternmq.bridge.http.TestHook.Reply;
import org.ternmq.bridge.http.TestHook.Request;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.Bridge.RefusedException;
import org.ternmq.spi.Bridge.State;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;
import org.ternmq.testkit.BridgeConformance;
import org.ternmq.testkit.TestPluginContext;
import org.ternmq.testkit.TestTls;

final class HttpBridgeTest extends BridgeConformance {
    private static final String SECRET = "0123456789abcdef-secret";

    @TempDir
    Path folder = Path.of("");

    private final TestHook hook = new TestHook();
    private final Map<String, Object> settings = new HashMap<>();
    private final List<TestPluginContext> contexts = new ArrayList<>();

    @BeforeEach
    void choosePort() throws Exception {
        hook.open();
        hook.shut();
        settings.put("url", "http://127.0.0.1:" + hook.port() + "/hook?key=hidden");
        settings.put("retry-min", "10ms");
        settings.put("retry-max", "40ms");
        settings.put("probe", "20ms");
        settings.put("linger", "5ms");
        settings.put("timeout", "5s");
        settings.put("topics", List.of(Map.of("out", "out/#", "qos", 1)));
    }

    @AfterEach
    void endHook() throws Exception {
        contexts.forEach(TestPluginContext::close);
        hook.close();
    }

    @Override
    protected Bridge bridge() {
        TestPluginContext context = new TestPluginContext("hook", folder, settings);
        contexts.add(context);
        return new HttpBridgeFactory().create(context);
    }

    @Override
    protected void comeBack() throws Exception {
        hook.open();
    }

    @Override
    protected void goAway() throws Exception {
        hook.shut();
    }

    @Override
    protected List<String> arrivedThere() {
        return hook.payloads();
    }

    @Override
    protected void sendFromThere(String payload) {
        throw new AssertionError("nothing comes from there");
    }

    @Override
    protected void leavesWithTheOtherSideWhatIsNotSafe() {
        // carries in one direction only
    }

    @Override
    protected void goesOnAfterARefusal() {
        // carries in one direction only
    }

    private void startConnected() throws Exception {
        hook.open();
        start();
        await("connected", () -> broker().states().contains(State.CONNECTED));
    }

    private CompletionStage<Void> deliver(String payload) {
        return broker().deliver(Message.builder("out/a")
                .payload(payload)
                .qos(QoS.AT_LEAST_ONCE)
                .build());
    }

    private static void awaitDone(CompletionStage<Void> stage) {
        await("completed", () -> stage.toCompletableFuture().isDone());
        assertThat(stage.toCompletableFuture()).isCompleted();
    }

    /** Answers as told, once each, and then with 200. */
    private void inTurn(Reply... replies) {
        AtomicInteger next = new AtomicInteger();
        hook.behave(request -> {
            int i = next.getAndIncrement();
            return i < replies.length ? replies[i] : TestHook.status(200);
        });
    }

    @Test
    void writesMessagesAsDocumented() throws Exception {
        startConnected();
        Message message = Message.builder("out/ä/\"b\"")
                .payload(ByteBuffer.wrap(new byte[] {(byte) 0xff, 0, 1}))
                .qos(QoS.AT_LEAST_ONCE)
                .retain(true)
                .contentType("text/x")
                .responseTopic("re/ply")
                .correlationData(ByteBuffer.wrap(new byte[] {1, 2}))
                .expiryInterval(60)
                .userProperty("k", "1")
                .userProperty("k", "2")
                .build();
        awaitDone(broker().deliver(message));
        awaitDone(deliver("tëxt\n"));
        Request first = hook.requests().get(0);
        assertThat(first.line()).isEqualTo("POST /hook?key=hidden HTTP/1.1");
        assertThat(first.header("Content-Type")).isEqualTo("application/json");
        String body = new String(first.body(), StandardCharsets.UTF_8);
        assertThat(body)
                .isEqualTo("{\"format\":1,\"broker\":\"test-broker\",\"bridge\":\"hook\",\"messages\":["
                        + "{\"topic\":\"out/ä/\\\"b\\\"\",\"qos\":1,\"retain\":true,\"repeated\":false,"
                        + "\"encoding\":\"base64\",\"payload\":\"/wAB\",\"expiry\":60,\"contentType\":\"text/x\","
                        + "\"responseTopic\":\"re/ply\",\"correlationData\":\"AQI=\","
                        + "\"userProperties\":[[\"k\",\"1\"],[\"k\",\"2\"]]}]}");
        JsonNode second = hook.requests().get(1).messages().get(0);
        assertThat(second.path("encoding").asText()).isEqualTo("text");
        assertThat(second.path("payload").asText()).isEqualTo("tëxt\n");
    }

    @Test
    void batchesUpToItsLimits() throws Exception {
        settings.put("batch-messages", 10);
        settings.put("batch-bytes", "1KiB");
        settings.put("linger", "5s");
        startConnected();
        List<CompletionStage<Void>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(deliver("m" + i));
        }
        all.add(deliver("x".repeat(3000))); // larger than a batch: alone, and at once
        all.forEach(HttpBridgeTest::awaitDone);
        assertThat(hook.requests())
                .extracting(request -> request.payloads().size())
                .containsExactly(10, 10, 1);
    }

    @Test
    void retriesWhatMayPassAndKeepsTheOrder() throws Exception {
        settings.put("timeout", "300ms");
        settings.put("batch-messages", 1);
        startConnected();
        inTurn(
                TestHook.status(500),
                TestHook.status(429, "Retry-After: 0"),
                TestHook.status(503, "Retry-After: nonsense"),
                TestHook.status(408),
                TestHook.status(401),
                TestHook.status(307, "Location: http://127.0.0.1:" + hook.port() + "/elsewhere"),
                new Reply("", End.CLOSE),
                new Reply("", End.RESET),
                new Reply("", End.HANG),
                new Reply("hello, I am no HTTP server\r\n\r\n", End.CLOSE),
                new Reply("HTTP/1.1 500 X\r\nContent-Length: 100\r\n\r\nhalf", End.CLOSE),
                new Reply("HTTP/1.1 503 X\r\nContent-Length: 100\r\n\r\nslow", End.HANG));
        List<CompletionStage<Void>> all =
                IntStream.range(0, 5).mapToObj(i -> deliver("m" + i)).toList();
        all.forEach(HttpBridgeTest::awaitDone);
        assertThat(hook.payloads()).containsExactly("m0", "m1", "m2", "m3", "m4");
        assertThat(hook.requests())
                .allSatisfy(request -> assertThat(request.line()).contains("/hook"));
        List<String> keys = hook.requests().stream()
                .filter(request -> request.payloads().contains("m0"))
                .map(request -> request.header("Idempotency-Key"))
                .distinct()
                .toList();
        assertThat(keys).as("one key for all attempts").hasSize(1);
        assertThat(broker().dropped()).isEmpty();
        assertThat(broker().states()).contains(State.DISCONNECTED).endsWith(State.CONNECTED);
    }

    @Test
    void takesHalfAnAnswerForNone() throws Exception {
        startConnected();
        inTurn(new Reply("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nhalf", End.CLOSE));
        awaitDone(deliver("twice"));
        assertThat(hook.payloads()).containsExactly("twice", "twice");
    }

    @Test
    void hangsUpOnEndlessAnswers() throws Exception {
        startConnected();
        inTurn(new Reply("HTTP/1.1 200 X\r\nContent-Length: 100000000\r\n\r\n" + "x".repeat(200_000), End.HANG));
        awaitDone(deliver("once"));
        assertThat(hook.payloads()).containsExactly("once");
    }

    @Test
    void waitsAsLongAsTheServiceAsks() throws Exception {
        startConnected();
        inTurn(TestHook.status(429, "Retry-After: 1"));
        long began = System.nanoTime();
        awaitDone(deliver("patient"));
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)).isGreaterThanOrEqualTo(1000);
    }

    /** The one that is at fault is found, and those around it arrive in order. */
    @Test
    void findsThePoisonInABatch() throws Exception {
        settings.put("dead-letter-topic", "dead/hook");
        settings.put("batch-messages", 8);
        settings.put("linger", "5s");
        startConnected();
        hook.behave(request -> request.payloads().contains("m5") ? TestHook.status(422) : TestHook.status(202));
        List<CompletionStage<Void>> all =
                IntStream.range(0, 8).mapToObj(i -> deliver("m" + i)).toList();
        all.forEach(HttpBridgeTest::awaitDone);
        assertThat(hook.payloads()).containsExactly("m0", "m1", "m2", "m3", "m4", "m6", "m7");
        assertThat(broker().dropped()).hasSize(1);
        assertThat(broker().published()).singleElement().satisfies(letter -> {
            assertThat(letter.topic()).isEqualTo("dead/hook");
            assertThat(StandardCharsets.UTF_8.decode(letter.payload()).toString())
                    .isEqualTo("m5");
            assertThat(letter.qos()).isEqualTo(QoS.AT_LEAST_ONCE);
            assertThat(letter.userProperties())
                    .contains(
                            new UserProperty("dead-letter-topic", "out/a"),
                            new UserProperty("dead-letter-bridge", "hook"))
                    .anySatisfy(each -> assertThat(each.value()).contains("answers 422"));
        });
    }

    @Test
    void completesADeadLetterOnlyWhenItIsSafe() throws Exception {
        settings.put("dead-letter-topic", "dead/hook");
        settings.put("max-attempts", 3);
        CompletableFuture<Void> safe = new CompletableFuture<>();
        broker().answers(message -> safe);
        startConnected();
        Function<Request, Reply> refusing =
                request -> request.payloads().contains("lost") ? TestHook.status(500) : TestHook.status(200);
        hook.behave(refusing);
        CompletionStage<Void> lost = deliver("lost");
        await("dead letter", () -> broker().published().size() == 1);
        awaitDone(deliver("next")); // the queue goes on
        assertThat(Collections.nCopies(3, "lost"))
                .isEqualTo(hook.requests().stream()
                        .flatMap(request -> request.payloads().stream())
                        .filter("lost"::equals)
                        .toList());
        assertThat(lost.toCompletableFuture().isDone()).isFalse();
        safe.completeExceptionally(new RefusedException(0x97, "no room"));
        awaitDone(lost);
    }

    @Test
    void signsWhatItSends() throws Exception {
        settings.put(
                "secret-file",
                Files.writeString(folder.resolve("secret"), SECRET + "\n").toString());
        settings.put("headers", Map.of("Authorization", "Bearer t"));
        startConnected();
        awaitDone(deliver("signed"));
        Request request = hook.requests().get(0);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        mac.update((request.header("TernMQ-Timestamp") + ".").getBytes(StandardCharsets.UTF_8));
        assertThat(request.header("TernMQ-Signature"))
                .isEqualTo("v1=" + HexFormat.of().formatHex(mac.doFinal(request.body())));
        assertThat(request.header("Authorization")).isEqualTo("Bearer t");
    }

    @Test
    void dropsWhatHasExpired() throws Exception {
        Bridge made = start();
        CompletionStage<Void> late = broker().deliver(Message.builder("out/a")
                .payload("late")
                .qos(QoS.AT_LEAST_ONCE)
                .expiryInterval(5)
                .build());
        contexts.get(0).clock().turn(Duration.ofSeconds(6));
        hook.open();
        awaitDone(late);
        awaitDone(deliver("fresh"));
        assertThat(hook.payloads()).containsExactly("fresh");
        assertThat(broker().dropped()).hasSize(1);
        assertThat(made).isNotNull();
    }

    private void secure(String names, boolean asks) throws Exception {
        TestTls tls = new TestTls(Files.createDirectories(folder.resolve("server")), names);
        TestTls client = new TestTls(Files.createDirectories(folder.resolve("client")), "dns:broker");
        hook.secure(asks ? tls.contextFor(client) : tls.context(), asks);
        settings.put("url", "https://127.0.0.1:" + hook.port() + "/hook");
        Map<String, Object> block = new HashMap<>(Map.of("ca", tls.pem().toString()));
        if (asks) {
            block.put("certificate", client.pem().toString());
            block.put("key", client.key().toString());
        }
        settings.put("tls", block);
    }

    @Test
    void showsItsCertificateToAServiceThatAsks() throws Exception {
        secure("ip:127.0.0.1", true);
        startConnected();
        awaitDone(deliver("mutual"));
        assertThat(hook.payloads()).containsExactly("mutual");
    }

    @Test
    void speaksToNobodyElseThanTheHostOfTheCertificate() throws Exception {
        secure("dns:elsewhere.example", false);
        startConnected();
        CompletionStage<Void> waits = deliver("secret");
        await("refused", () -> broker().states().contains(State.DISCONNECTED));
        assertThat(waits.toCompletableFuture().isDone()).isFalse();
        assertThat(hook.requests()).isEmpty();
    }

    @Test
    void saysWhatIsWrongWithItsSettings() {
        settings.put("url", "http://hooks.example/x");
        settings.put("headers", Map.of("TernMQ-Signature", "forged"));
        settings.put("permanent", List.of(429));
        settings.put("dead-letter-topic", "dead/#");
        assertThatThrownBy(this::bridge)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("allow-plain-text")
                .hasMessageContaining("TernMQ-Signature")
                .hasMessageContaining("permanent: 429")
                .hasMessageContaining("dead-letter-topic");
    }

    @Test
    void needsASecretThatIsOne() throws Exception {
        settings.put(
                "secret-file",
                Files.writeString(folder.resolve("short"), "abc\n").toString());
        assertThatThrownBy(this::bridge).hasMessageContaining("at least 16 bytes");
        settings.put("secret-file", folder.resolve("missing").toString());
        assertThatThrownBy(this::bridge).hasMessageContaining("cannot be read");
    }
}
