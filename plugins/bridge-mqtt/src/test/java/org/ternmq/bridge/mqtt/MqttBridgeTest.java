package org.ternmq.bridge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.Bridge.State;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;
import org.ternmq.testkit.BridgeConformance;
import org.ternmq.testkit.TestPluginContext;

final class MqttBridgeTest extends BridgeConformance {
    @TempDir
    Path folder = Path.of("");

    private final FakeRemote remote = new FakeRemote();
    private final Map<String, Object> settings = new HashMap<>();
    private final List<TestPluginContext> contexts = new ArrayList<>();

    @BeforeEach
    void choosePort() {
        remote.open();
        remote.shut();
        settings.put("url", "mqtt://127.0.0.1:" + remote.port());
        settings.put("reconnect-min", "10ms");
        settings.put("reconnect-max", "50ms");
        settings.put("topics", List.of(Map.of("out", "out/#", "qos", 2), Map.of("in", "in/#", "qos", 2)));
    }

    @AfterEach
    void endRemote() {
        contexts.forEach(TestPluginContext::close);
        remote.end();
    }

    @Override
    protected Bridge bridge() {
        TestPluginContext context = new TestPluginContext("hq", folder, settings);
        contexts.add(context);
        return new MqttBridgeFactory().create(context);
    }

    @Override
    protected void comeBack() {
        remote.open();
    }

    @Override
    protected void goAway() {
        remote.shut();
    }

    @Override
    protected List<String> arrivedThere() {
        return remote.texts();
    }

    @Override
    protected void sendFromThere(String payload) {
        remote.send("in/a", payload);
    }

    private void startConnected() throws Exception {
        remote.open();
        start();
        await("connected", () -> broker().states().contains(State.CONNECTED));
    }

    private CompletionStage<Void> deliver(Message.Builder message) {
        return broker().deliver(message.build());
    }

    private static void awaitDone(CompletionStage<Void> stage) {
        await("completed", () -> stage.toCompletableFuture().isDone());
        assertThat(stage.toCompletableFuture()).isCompleted();
    }

    private static boolean refuse(ChannelHandlerContext at, MqttConnectReturnCode code) {
        at.writeAndFlush(new MqttConnAckMessage(
                new MqttFixedHeader(MqttMessageType.CONNACK, false, MqttQoS.AT_MOST_ONCE, false, 0),
                new MqttConnAckVariableHeader(code, false)));
        at.close();
        return true;
    }

    @Test
    void mapsTopicsByTheirPrefixes() throws Exception {
        settings.put(
                "topics",
                List.of(
                        Map.of("out", "#", "local-prefix", "site/", "remote-prefix", "plant-7/"),
                        Map.of("in", "#", "local-prefix", "from-hq/", "remote-prefix", "commands/")));
        startConnected();
        assertThat(broker().filters()).containsExactly(new Bridge.Filter("site/#", QoS.AT_LEAST_ONCE));
        awaitDone(deliver(Message.builder("site/a/b").payload("x").qos(QoS.AT_LEAST_ONCE)));
        assertThat(remote.came().get(0).topic()).isEqualTo("plant-7/a/b");
        remote.send("commands/go", "y");
        await("published", () -> !broker().published().isEmpty());
        assertThat(broker().published().get(0).topic()).isEqualTo("from-hq/go");
        assertThat(remote.subscribes()
                        .get(0)
                        .payload()
                        .topicSubscriptions()
                        .get(0)
                        .topicFilter())
                .isEqualTo("commands/#");
    }

    @Test
    void carriesPropertiesRetainAndExpiry() throws Exception {
        startConnected();
        awaitDone(deliver(Message.builder("out/a")
                .payload("x")
                .qos(QoS.EXACTLY_ONCE)
                .retain(true)
                .expiryInterval(100)
                .contentType("text/plain")
                .responseTopic("reply/here")
                .correlationData(ByteBuffer.wrap(new byte[] {1, 2}))
                .userProperty("k", "v")));
        FakeRemote.Came came = remote.came().get(0);
        assertThat(came.retain()).isTrue();
        assertThat(came.qos()).isEqualTo(2);
        MqttPublishMessage packet = new MqttPublishMessage(
                new MqttFixedHeader(MqttMessageType.PUBLISH, false, MqttQoS.EXACTLY_ONCE, true, 0),
                new MqttPublishVariableHeader("out/a", 1, came.properties()),
                Unpooled.wrappedBuffer(new byte[] {'x'}));
        Message message = Messages.decode(packet, "out/a");
        assertThat(message.expiryInterval()).hasValue(100);
        assertThat(message.utf8Payload()).isTrue();
        assertThat(message.contentType()).contains("text/plain");
        assertThat(message.responseTopic()).contains("reply/here");
        assertThat(message.correlationData()).contains(ByteBuffer.wrap(new byte[] {1, 2}));
        assertThat(message.userProperties())
                .extracting(Object::toString)
                .hasSize(2)
                .anyMatch(each -> each.contains("ternmq-via") && each.contains("test-broker"));
    }

    @Test
    void doesNotTakeInWhatHasPassedThisBroker() throws Exception {
        startConnected();
        MqttProperties properties = new MqttProperties();
        properties.add(new MqttProperties.UserProperty("ternmq-via", "test-broker"));
        remote.behaves((at, packet) -> {
            if (packet.fixedHeader().messageType() == MqttMessageType.PUBLISH) {
                MqttPublishMessage back = FakeRemote.publish("in/loop", "round", 1, 77, false);
                at.writeAndFlush(new MqttPublishMessage(
                        back.fixedHeader(), new MqttPublishVariableHeader("in/loop", 77, properties), back.payload()));
            }
            return false;
        });
        awaitDone(deliver(Message.builder("out/a").payload("x").qos(QoS.AT_LEAST_ONCE)));
        remote.send("in/after", "plain");
        await("the one behind it", () -> !broker().published().isEmpty());
        assertThat(broker().published()).extracting(Message::topic).containsExactly("in/after");
    }

    @Test
    void doesNotSendAgainWhatHasLeftThisBrokerBefore() throws Exception {
        startConnected();
        awaitDone(deliver(Message.builder("out/a")
                .payload("round")
                .qos(QoS.AT_LEAST_ONCE)
                .userProperty("ternmq-via", "test-broker")));
        awaitDone(deliver(Message.builder("out/a")
                .payload("through")
                .qos(QoS.AT_LEAST_ONCE)
                .userProperty("ternmq-in", "test-broker")));
        assertThat(remote.texts()).containsExactly("through");
    }

    @Test
    void fallsBackTo311WithTheBridgeFlagAndThenWithout() throws Exception {
        List<Integer> levels = new CopyOnWriteArrayList<>();
        remote.behaves((at, packet) -> {
            if (packet instanceof MqttConnectMessage connect) {
                levels.add(connect.variableHeader().version());
                return connect.variableHeader().version() == 5
                        && refuse(at, MqttConnectReturnCode.CONNECTION_REFUSED_UNACCEPTABLE_PROTOCOL_VERSION);
            }
            return false;
        });
        settings.put("bridge-flag", false); // which the fake's decoder does not know
        startConnected();
        assertThat(levels).startsWith(5, 4);
        awaitDone(deliver(Message.builder("out/a").payload("x").qos(QoS.AT_LEAST_ONCE)));
    }

    /** MQTT5 3.4.2.1, 0x97: the other side is full, which says nothing about the message. */
    @Test
    void whatIsRefusedForAQuotaWaits() throws Exception {
        AtomicInteger refused = new AtomicInteger();
        remote.behaves((at, packet) -> {
            if (packet instanceof MqttPublishMessage publish && refused.incrementAndGet() <= 3) {
                boolean qos1 = publish.fixedHeader().qosLevel() == MqttQoS.AT_LEAST_ONCE;
                at.writeAndFlush(new MqttMessage(
                        new MqttFixedHeader(
                                qos1 ? MqttMessageType.PUBACK : MqttMessageType.PUBREC,
                                false,
                                MqttQoS.AT_MOST_ONCE,
                                false,
                                0),
                        new MqttPubReplyMessageVariableHeader(
                                publish.variableHeader().packetId(), (byte) 0x97, MqttProperties.NO_PROPERTIES)));
                return true;
            }
            return false;
        });
        startConnected();
        CompletionStage<Void> first =
                deliver(Message.builder("out/a").payload("1").qos(QoS.AT_LEAST_ONCE));
        CompletionStage<Void> second =
                deliver(Message.builder("out/b").payload("2").qos(QoS.EXACTLY_ONCE));
        awaitDone(first);
        awaitDone(second);
        assertThat(remote.texts()).containsExactlyInAnyOrder("1", "2");
        assertThat(remote.came()).noneMatch(FakeRemote.Came::dup);
        assertThat(broker().dropped()).isEmpty();
    }

    @Test
    void dropsWhatIsTooLargeForTheRemoteAndGoesOn() throws Exception {
        MqttProperties small = new MqttProperties();
        small.add(new IntegerProperty(MqttProperties.MAXIMUM_PACKET_SIZE, 100));
        remote.announces(small);
        startConnected();
        CompletionStage<Void> large =
                deliver(Message.builder("out/a").payload("x".repeat(200)).qos(QoS.EXACTLY_ONCE));
        CompletionStage<Void> fits =
                deliver(Message.builder("out/a").payload("y").qos(QoS.EXACTLY_ONCE));
        awaitDone(large);
        awaitDone(fits);
        assertThat(broker().dropped()).hasSize(1);
        assertThat(remote.texts()).containsExactly("y");
    }

    @Test
    void keepsToTheRemotesLimits() throws Exception {
        MqttProperties poor = new MqttProperties();
        poor.add(new IntegerProperty(MqttProperties.RECEIVE_MAXIMUM, 1));
        poor.add(new IntegerProperty(MqttProperties.MAXIMUM_QOS, 1));
        poor.add(new IntegerProperty(MqttProperties.RETAIN_AVAILABLE, 0));
        poor.add(new IntegerProperty(MqttProperties.WILDCARD_SUBSCRIPTION_AVAILABLE, 0));
        remote.announces(poor);
        AtomicInteger open = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        remote.behaves((at, packet) -> {
            if (packet.fixedHeader().messageType() == MqttMessageType.PUBLISH) {
                most.accumulateAndGet(open.incrementAndGet(), Math::max);
                at.executor().execute(open::decrementAndGet); // behind the PUBACK
            }
            return false;
        });
        startConnected();
        List<CompletionStage<Void>> all = IntStream.range(0, 50)
                .mapToObj(i -> deliver(Message.builder("out/a")
                        .payload("m" + i)
                        .qos(QoS.EXACTLY_ONCE)
                        .retain(true)))
                .toList();
        all.forEach(MqttBridgeTest::awaitDone);
        assertThat(most).hasValue(1);
        assertThat(remote.came()).hasSize(50).allMatch(came -> came.qos() == 1 && !came.retain());
        assertThat(remote.subscribes()).as("subscriptions with a wildcard").isEmpty();
    }

    @Test
    void survivesARemoteThatNeverAnswersConnect() throws Exception {
        settings.put("connect-timeout", "100ms");
        AtomicInteger tries = new AtomicInteger();
        remote.behaves((at, packet) -> packet instanceof MqttConnectMessage && tries.incrementAndGet() <= 2);
        startConnected();
        assertThat(tries.get()).isGreaterThan(2);
    }

    @Test
    void survivesPacketsThatAreWrong() throws Exception {
        AtomicInteger rounds = new AtomicInteger();
        remote.behaves((at, packet) -> {
            if (!(packet instanceof MqttConnectMessage)) {
                return false;
            }
            switch (rounds.getAndIncrement()) {
                case 0 ->
                    at.channel().pipeline().firstContext().writeAndFlush(Unpooled.wrappedBuffer(new byte[] {0, 0}));
                case 1 -> at.writeAndFlush(FakeRemote.publish("in/a", "before CONNACK", 0, 0, false));
                case 2 ->
                    at.channel().pipeline().firstContext().writeAndFlush(Unpooled.wrappedBuffer(new byte[] {
                        0x20, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF
                    }));
                default -> {
                    return false;
                }
            }
            return true;
        });
        startConnected();
        awaitDone(deliver(Message.builder("out/a").payload("x").qos(QoS.AT_LEAST_ONCE)));
        assertThat(broker().published()).isEmpty();
    }

    @Test
    void aRefusedSubscriptionDoesNotHoldUpTheOtherDirection() throws Exception {
        remote.answersSubscribe(0x80);
        startConnected();
        awaitDone(deliver(Message.builder("out/a").payload("x").qos(QoS.AT_LEAST_ONCE)));
    }

    @Test
    void failsOverAndBack() throws Exception {
        FakeRemote second = new FakeRemote();
        second.open();
        settings.put("url", "mqtt://127.0.0.1:" + remote.port() + " mqtt://127.0.0.1:" + second.port());
        settings.put("failback", "50ms");
        try {
            start();
            await("connected to the second", () -> broker().states().contains(State.CONNECTED));
            awaitDone(deliver(Message.builder("out/a").payload("one").qos(QoS.AT_LEAST_ONCE)));
            assertThat(second.texts()).containsExactly("one");
            remote.open();
            await("back at the first", () -> !remote.connects().isEmpty());
            awaitDone(deliver(Message.builder("out/a").payload("two").qos(QoS.AT_LEAST_ONCE)));
            await(
                    "carried by the first",
                    () -> remote.texts().contains("two") || second.texts().contains("two"));
        } finally {
            second.end();
        }
    }

    @Test
    void aLazyBridgeConnectsForWorkAndLeavesWhenIdle() throws Exception {
        settings.put("start", "lazy");
        settings.put("idle", "100ms");
        settings.put("topics", List.of(Map.of("out", "out/#", "qos", 1)));
        remote.open();
        start();
        CompletionStage<Void> done =
                deliver(Message.builder("out/a").payload("x").qos(QoS.AT_LEAST_ONCE));
        awaitDone(done);
        await("left", () -> {
            List<State> states = broker().states();
            return states.get(states.size() - 1) == State.DISCONNECTED;
        });
        assertThat(remote.connects()).hasSize(1);
        awaitDone(deliver(Message.builder("out/a").payload("y").qos(QoS.AT_LEAST_ONCE)));
        assertThat(remote.connects()).hasSize(2);
    }

    @Test
    void aScheduledBridgeComesOnceInAnInterval() throws Exception {
        settings.put("start", "schedule");
        settings.put("idle", "50ms");
        settings.put("every", "200ms");
        remote.open();
        start();
        await("came twice", () -> remote.connects().size() >= 2);
    }

    @Test
    void readsThePasswordFileForEachConnection() throws Exception {
        Path file = folder.resolve("password");
        Files.writeString(file, "secret\n");
        settings.put("username", "edge");
        settings.put("password-file", file.toString());
        AtomicReference<String> seen = new AtomicReference<>("");
        remote.behaves((at, packet) -> {
            if (packet instanceof MqttConnectMessage connect) {
                seen.set(connect.payload().userName()
                        + ":"
                        + new String(connect.payload().passwordInBytes(), StandardCharsets.UTF_8));
            }
            return false;
        });
        startConnected();
        assertThat(seen).hasValue("edge:secret");
    }

    @Test
    void saysWhatIsWrongWithItsSettings() {
        wrong(Map.of("url", "http://x"), "begins with none of");
        wrong(Map.of("url", "mqtt://u:p@x"), "not in the URL");
        wrong(Map.of("topics", List.of()), "carries nothing");
        wrong(Map.of("topics", List.of(Map.of("out", "a", "in", "b"))), "exactly one of");
        wrong(Map.of("topics", List.of(Map.of("out", "a#"))), "is no filter");
        wrong(Map.of("topics", List.of(Map.of("out", "#", "remote-prefix", "+/"))), "holds a wildcard");
        wrong(Map.of("version", "4"), "version is");
        wrong(Map.of("password", "x"), "without a username");
        wrong(Map.of("tls", Map.of("certificate", "c.pem")), "belong together");
    }

    private void wrong(Map<String, Object> changes, String words) {
        Map<String, Object> all = new HashMap<>(settings);
        all.putAll(changes);
        try (TestPluginContext context = new TestPluginContext("wrong", folder, all)) {
            assertThatThrownBy(() -> new MqttBridgeFactory().create(context))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(words);
        }
    }
}
