package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.Message;
import org.ternmq.spi.PublishInterceptor;
import org.ternmq.spi.PublishInterceptor.Verdict;
import org.ternmq.spi.QoS;

/**
 * What every interceptor must do. A plugin's test extends this class and says how to make the interceptor:
 *
 * <pre>{@code
 * final class MyInterceptorTest extends PublishInterceptorConformance {
 *     @TempDir Path folder;
 *
 *     protected PublishInterceptor interceptor() throws Exception {
 *         return new MyInterceptorFactory().create(new TestPluginContext("mine", folder, Map.of()));
 *     }
 * }
 * }</pre>
 *
 * <p>A test that cannot hold for a plugin is overridden by name in the plugin's test, with the reason beside it. What the
 * interceptor is for, its own tests say: {@link #judge} asks it and looks at the verdict as the broker would.
 */
public abstract class PublishInterceptorConformance {
    private static final int CALLS_PER_THREAD = 500;
    private static final int MANY = 20_000;
    /** Many times what is asked for: this finds who blocks, not who is slow on a busy machine. */
    private static final Duration FOR_MANY = Duration.ofSeconds(2);

    private static final int LONGEST_TEXT = 65_535;
    /** Topics, user properties and payloads that a client can choose, and that break what is careless with them. */
    private static final List<String> HOSTILE_TEXTS = List.of(
            " ",
            "/",
            "//",
            "a\nb",
            "\"}\n{",
            "\\",
            "%n %s {} {}",
            "../../etc/passwd",
            "$SYS/x",
            "\u0001\u007F",
            "\u202Eevil\u200B\uFEFF",
            "\uD83D\uDE00\u00E9\u0301",
            "\uFFFF\uE000",
            "a/".repeat(20_000),
            "x".repeat(LONGEST_TEXT));

    private PublishInterceptor interceptor = (client, message) -> {
        throw new IllegalStateException("not open");
    };

    /** For subclasses. */
    protected PublishInterceptorConformance() {}

    /**
     * Makes the interceptor. Called before each test.
     *
     * @return the interceptor
     * @throws Exception fails the test
     */
    protected abstract PublishInterceptor interceptor() throws Exception;

    /**
     * Who publishes.
     *
     * @return by default client {@code meter-1} of user {@code ada}
     */
    protected ClientInfo client() {
        return TestClientInfo.of("meter-1", "ada");
    }

    /**
     * A topic that the interceptor has something to do with.
     *
     * @return by default {@code sites/1/state}
     */
    protected String topic() {
        return "sites/1/state";
    }

    /** Makes the interceptor. */
    @BeforeEach
    final void open() throws Exception {
        interceptor = interceptor();
    }

    /** Closes it. */
    @AfterEach
    final void close() throws Exception {
        interceptor.close();
    }

    /**
     * Asks the interceptor, and fails on a verdict that the broker would not take.
     *
     * @param client who publishes
     * @param message what
     * @return the verdict
     */
    protected final Verdict judge(ClientInfo client, Message message) {
        Verdict verdict = interceptor.onPublish(client, message);
        assertThat(verdict).as("verdict on %s", message).isNotNull();
        if (verdict instanceof Verdict.Replace replace) {
            assertFit(message, replace.message());
        } else if (verdict instanceof Verdict.Drop drop) {
            int code = drop.reasonCode();
            assertThat(code == 0x00 || code == 0x10 || code >= 0x80 && code <= 0xFF)
                    .as("0x%02X is a reason code of PUBACK", code)
                    .isTrue();
        }
        return verdict;
    }

    /** MQTT-3.3.2-2, MQTT-4.7.3-1 and -3, and what the broker asks for itself. */
    private static void assertFit(Message before, Message after) {
        String topic = after.topic();
        assertThat(topic)
                .as("topic in the place of that of %s", before)
                .isNotEmpty()
                .doesNotContain("+", "#", "\0");
        assertThat(topic.getBytes(StandardCharsets.UTF_8).length)
                .as("bytes of the topic in the place of that of %s", before)
                .isLessThanOrEqualTo(LONGEST_TEXT);
        assertThat(after.qos()).as("QoS in the place of that of %s", before).isEqualTo(before.qos());
        after.responseTopic()
                .ifPresent(response ->
                        assertThat(response).as("response topic").isNotEmpty().doesNotContain("+", "#"));
    }

    private static Message full(String topic, QoS qos) {
        return Message.builder(topic)
                .payload("{\"state\":\"on\"}")
                .qos(qos)
                .retain(true)
                .expiryInterval(60)
                .contentType("application/json")
                .responseTopic("answers/1")
                .correlationData(ByteBuffer.wrap(new byte[] {0, -1, 7}))
                .userProperty("unit", "kWh")
                .userProperty("unit", "again")
                .build();
    }

    /** Every QoS, with all properties and with none. */
    @Test
    protected void takesEveryKindOfMessage() {
        for (QoS qos : QoS.values()) {
            judge(client(), full(topic(), qos));
            judge(client(), Message.builder(topic()).qos(qos).build());
        }
    }

    /** A client of MQTT 3, or of a listener without authentication, has no user name. */
    @Test
    protected void takesMessagesOfClientsWithoutName() {
        judge(TestClientInfo.anonymous("meter-1"), full(topic(), QoS.AT_LEAST_ONCE));
    }

    @Test
    protected void bearsWhateverClientsPublish() {
        for (String text : HOSTILE_TEXTS) {
            Message.Builder hostile = Message.builder(topic())
                    .payload(text)
                    .contentType(text)
                    .userProperty(text, text)
                    .qos(QoS.AT_LEAST_ONCE);
            judge(client(), hostile.build());
            judge(TestClientInfo.of(text, text), hostile.topic(text).build());
        }
    }

    /** A payload is bytes, not text. */
    @Test
    protected void bearsPayloadsOfAnyBytes() {
        byte[] all = new byte[256];
        IntStream.range(0, all.length).forEach(i -> all[i] = (byte) i);
        for (byte[] payload : List.of(new byte[0], new byte[] {-1}, all, new byte[1 << 20])) {
            judge(
                    client(),
                    Message.builder(topic()).payload(ByteBuffer.wrap(payload)).build());
        }
    }

    @Test
    protected void bearsAThousandUserProperties() {
        Message.Builder message = Message.builder(topic());
        IntStream.range(0, 1_000).forEach(i -> message.userProperty("name", "value " + i));
        judge(client(), message.build());
    }

    /** A message goes to every subscriber, and is shown to interceptors that follow: nobody may read it up. */
    @Test
    protected void leavesTheMessageAsItIs() {
        Message message = full(topic(), QoS.AT_LEAST_ONCE);
        judge(client(), message);
        assertThat(message).isEqualTo(full(topic(), QoS.AT_LEAST_ONCE));
    }

    /** Event loops ask at the same time, each for its own clients: one must not be given what is another's. */
    @Test
    protected void keepsApartWhatIsAskedAtOnce() throws Exception {
        AtOnce.run(thread -> {
            ClientInfo client = TestClientInfo.of("meter-" + thread, "user-" + thread);
            Message message = Message.builder(topic() + "/" + thread)
                    .payload("payload " + thread)
                    .userProperty("thread", "thread " + thread)
                    .build();
            Verdict alone = judge(client, message);
            for (int i = 0; i < CALLS_PER_THREAD; i++) {
                if (alone instanceof Verdict.Replace first && judge(client, message) instanceof Verdict.Replace next) {
                    assertBelongsTo(thread, first.message());
                    assertBelongsTo(thread, next.message());
                }
            }
        });
    }

    private static void assertBelongsTo(int thread, Message message) {
        List<String> texts = new ArrayList<>(List.of(message.topic()));
        message.userProperties().forEach(property -> texts.add(property.value()));
        texts.add(StandardCharsets.UTF_8.decode(message.payload()).toString());
        for (int other = 0; other < AtOnce.THREADS; other++) {
            if (other != thread) {
                assertThat(texts)
                        .as("what came of a message of thread %d", thread)
                        .doesNotContain("payload " + other, "thread " + other);
            }
        }
    }

    /** It is asked on event loops: while it waits for something, so do all clients of the loop. */
    @Test
    protected void doesNotBlock() {
        List<Message> messages = List.of(
                full(topic(), QoS.AT_MOST_ONCE), Message.builder(topic()).build());
        long began = System.nanoTime();
        for (int i = 0; i < MANY; i++) {
            interceptor.onPublish(client(), messages.get(i % messages.size()));
            if (System.nanoTime() - began > FOR_MANY.toNanos()) {
                throw new AssertionError("asked " + (i + 1) + " times in "
                        + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)
                        + " ms: an interceptor must not block, and should take a microsecond");
            }
        }
    }

    @Test
    protected void bearsBeingClosedTwice() throws Exception {
        judge(client(), full(topic(), QoS.AT_LEAST_ONCE));
        interceptor.close();
        assertThatCode(interceptor::close).doesNotThrowAnyException();
    }
}
