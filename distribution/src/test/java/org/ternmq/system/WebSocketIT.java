package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.RawClient.Connect;
import org.ternmq.system.RawWebSocket.Answer;
import org.ternmq.system.RawWebSocket.Cut;

/** MQTT over WebSocket, chapter 6 of both specifications: the upgrade, the frames, and real clients. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WebSocketIT {
    private BrokerFolder folder;
    private BrokerProcess broker;
    private TestCa ca;

    @BeforeAll
    void start() throws Exception {
        Path all = Files.createDirectories(Path.of("target", "system-tests").toAbsolutePath());
        folder = new BrokerFolder(TernMq.shipped(), Files.createTempDirectory(all, "web-"), p -> {});
        folder.configure("""
                listeners:
                  - name: web
                    bind: "127.0.0.1:0"
                    websocket: {allowed-origins: ["https://app.example", "http://localhost:5173"]}
                    connect-timeout: 1s
                    max-packet-size: 100KiB
                  - {name: all, bind: "127.0.0.1:0", websocket: {path: /, allowed-origins: ["*"]}, versions: [3.1.1, 5.0]}
                  - name: secure
                    bind: "127.0.0.1:0"
                    websocket: {}
                    tls: {certificate: server.crt, key: server.key}
                storage: {type: memory}
                """);
        ca = new TestCa("Test CA");
        ca.write(folder, ca.server());
        broker = folder.start();
    }

    @AfterAll
    void stop() {
        assertThat(broker.faults()).as("errors in the broker's log").isEmpty();
        broker.stop();
    }

    private RawClient connect(Cut cut) throws IOException {
        return RawClient.connect(RawWebSocket.open(broker.port("web")).cutting(cut), 5, Connect.clean(unique("web")));
    }

    @Test
    void theReadyLineNamesWhereItIs() {
        assertThat(broker.readyLine())
                .contains("web=ws://127.0.0.1:" + broker.port("web") + "/mqtt")
                .contains("all=ws://127.0.0.1:" + broker.port("all") + "/")
                .contains("secure=wss://127.0.0.1:" + broker.port("secure") + "/mqtt");
    }

    @ParameterizedTest
    @EnumSource(Cut.class)
    @Mqtt5("6.0.0-2")
    @Mqtt311("6.0.0-2")
    void whereAFrameEndsMeansNothing(Cut cut) throws Exception {
        String topic = unique("frames");
        try (RawClient client = connect(cut)) {
            client.subscribe(topic, 1);
            client.send(client.publish(topic, 1, 0, 7, "hello"));
            assertThat(client.expect(RawPacket.PUBACK).u16(0)).isEqualTo(7);
            assertThat(client.expectPublish().payload()).isEqualTo("hello");
        }
    }

    @Test
    @Mqtt5("6.0.0-2")
    @Mqtt311("6.0.0-2")
    void manyPacketsComeInOneFrame() throws Exception {
        String topic = unique("many");
        try (RawClient client = connect(Cut.WHOLE)) {
            client.subscribe(topic, 0);
            ByteArrayOutputStream frame = new ByteArrayOutputStream();
            for (int i = 1; i <= 20; i++) {
                frame.writeBytes(client.publish(topic, 1, 0, i, "m" + i));
            }
            client.send(frame.toByteArray());
            int acks = 0;
            int messages = 0;
            while (acks < 20 || messages < 20) {
                RawPacket packet = client.poll(RawClient.PATIENCE).orElseThrow();
                if (packet.type() == RawPacket.PUBACK) {
                    assertThat(packet.u16(0)).isEqualTo(++acks);
                } else {
                    assertThat(packet.publish(5).payload()).isEqualTo("m" + ++messages);
                }
            }
        }
    }

    @Test
    @Mqtt5("6.0.0-1")
    @Mqtt311("6.0.0-1")
    void aTextFrameEndsTheConnection() throws Exception {
        RawWebSocket socket = RawWebSocket.open(broker.port("web"));
        try (RawClient client = RawClient.connect(socket, 5, Connect.clean(unique("text")))) {
            socket.send(true, RawWebSocket.TEXT, "hello".getBytes(StandardCharsets.UTF_8));
            client.expectClosed();
            assertThat(socket.controls().getLast().closeCode()).isEqualTo(1003);
        }
    }

    @Test
    void framesThatBreakTheRulesOfWebSocketEndIt() throws Exception {
        byte[] ping = {(byte) 0xC0, 0};
        try (RawWebSocket unmasked = RawWebSocket.open(broker.port("web"))) {
            unmasked.send(0x80 | RawWebSocket.BINARY, false, ping);
            assertThat(unmasked.expectClose()).isEqualTo(1002);
        }
        try (RawWebSocket compressed = RawWebSocket.open(broker.port("web"))) {
            compressed.send(0xC0 | RawWebSocket.BINARY, true, ping);
            assertThat(compressed.expectClose()).isEqualTo(1002);
        }
        try (RawWebSocket large = RawWebSocket.open(broker.port("web"))) { // max-packet-size is 100KiB
            large.send(true, RawWebSocket.BINARY, new byte[102_401]);
            assertThat(large.expectClose()).isEqualTo(1009);
        }
    }

    @Test
    void pingsAreAnsweredAndACloseIsAnsweredWithAClose() throws Exception {
        RawWebSocket socket = RawWebSocket.open(broker.port("web"));
        try (RawClient client = RawClient.connect(socket, 5, Connect.clean(unique("ping")))) {
            socket.send(true, RawWebSocket.PING, new byte[] {1, 2, 3});
            RawWebSocket.Frame pong = socket.next();
            assertThat(pong.opcode()).isEqualTo(RawWebSocket.PONG);
            assertThat(pong.payload()).containsExactly(1, 2, 3);
            socket.send(true, RawWebSocket.CLOSE, new byte[] {0x03, (byte) 0xE9});
            assertThat(socket.expectClose()).isEqualTo(1001);
            client.expectClosed();
        }
    }

    @Test
    void theEndOfMqttIsAlsoTheEndOfTheWebSocket() throws Exception {
        RawWebSocket socket = RawWebSocket.open(broker.port("web"));
        try (RawClient client = RawClient.connect(socket, 5, Connect.clean(unique("end")))) {
            client.sendHex("C1 00");
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(0x81);
            client.expectClosed();
            assertThat(socket.controls().getLast().closeCode()).isEqualTo(1000);
        }
    }

    @ParameterizedTest(name = "{0}")
    @Mqtt5({"6.0.0-3", "6.0.0-4"})
    @Mqtt311({"6.0.0-3", "6.0.0-4"})
    @CsvSource(delimiter = '|', textBlock = """
            mqtt                        | web | 101 | mqtt
            chat, mqtt                  | web | 101 | mqtt
            mqttv3.1, mqtt              | web | 101 | mqtt
            mqttv3.1                    | web | 101 | mqttv3.1
            mqttv3.1                    | all | 400 | ''
            chat                        | web | 400 | ''
            MQTT                        | web | 400 | ''
            ''                          | web | 400 | ''
            """)
    void theSubprotocolIsMqtt(String offer, String listener, int status, String answered) throws Exception {
        List<String> headers = RawWebSocket.headers();
        headers.removeIf(header -> header.startsWith("Sec-WebSocket-Protocol"));
        if (!offer.isEmpty()) {
            headers.add("Sec-WebSocket-Protocol: " + offer);
        }
        Answer answer =
                RawWebSocket.ask(broker.port(listener), "GET " + (listener.equals("all") ? "/" : "/mqtt"), headers);
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.header("Sec-WebSocket-Protocol")).isEqualTo(answered);
    }

    @Test
    void pagesOfOtherSitesStayOutside() throws Exception {
        assertThat(asksFrom("web", "https://app.example")).isEqualTo(101);
        assertThat(asksFrom("web", "http://localhost:5173")).isEqualTo(101);
        assertThat(asksFrom("web", "https://evil.example")).isEqualTo(403);
        assertThat(asksFrom("web", "http://app.example")).isEqualTo(403);
        assertThat(asksFrom("web", "https://app.example.evil")).isEqualTo(403);
        assertThat(asksFrom("web", "null")).isEqualTo(403);
        // The listener's own address may, as libraries say that; a name may not: its owner can have it point here.
        assertThat(asksFrom("web", "http://127.0.0.1")).isEqualTo(101);
        assertThat(asksFrom("web", "http://127.0.0.1:80")).isEqualTo(403);
        List<String> rebound = RawWebSocket.headers();
        rebound.set(0, "Host: evil.example");
        rebound.add("Origin: http://evil.example");
        assertThat(RawWebSocket.ask(broker.port("web"), "GET /mqtt", rebound).status())
                .isEqualTo(403);
        assertThat(asksFrom("all", "https://evil.example")).isEqualTo(101);
        assertThat(broker.awaitLine("HTTP 403: ", RawClient.PATIENCE)).isPresent();
    }

    private int asksFrom(String listener, String origin) throws IOException {
        List<String> headers = RawWebSocket.headers();
        headers.add("Origin: " + origin);
        return RawWebSocket.ask(broker.port(listener), "GET " + (listener.equals("all") ? "/" : "/mqtt"), headers)
                .status();
    }

    @Test
    void whatIsNoUpgradeGetsAnAnswerOfHttp() throws Exception {
        int port = broker.port("web");
        Answer plain = RawWebSocket.ask(port, "GET /mqtt", List.of("Host: x"));
        assertThat(plain.status()).isEqualTo(426);
        assertThat(plain.header("Upgrade")).isEqualTo("websocket");
        assertThat(RawWebSocket.ask(port, "GET /other", RawWebSocket.headers()).status())
                .isEqualTo(404);
        assertThat(RawWebSocket.ask(port, "GET /mqtt?a=b", RawWebSocket.headers())
                        .status())
                .isEqualTo(101);
        assertThat(RawWebSocket.ask(port, "POST /mqtt", List.of("Host: x", "Content-Length: 0"))
                        .status())
                .isEqualTo(405);
        assertThat(RawWebSocket.ask(port, "POST /mqtt", List.of("Host: x", "Content-Length: 99999"))
                        .status())
                .isEqualTo(413);
        assertThat(RawWebSocket.ask(port, "GET /mqtt", List.of("Host: " + "x".repeat(20_000)))
                        .status())
                .isEqualTo(400);
        List<String> deflate = RawWebSocket.headers();
        deflate.add("Sec-WebSocket-Extensions: permessage-deflate");
        Answer compressed = RawWebSocket.ask(port, "GET /mqtt", deflate);
        assertThat(compressed.status()).isEqualTo(101);
        assertThat(compressed.header("Sec-WebSocket-Extensions")).isEmpty();
    }

    @Test
    void theTimeForConnectIsAlsoThatForTheUpgrade() throws Exception {
        try (RawClient silent = RawClient.open(broker.port("web"), 5)) { // connect-timeout is 1s
            silent.expectClosed();
        }
        try (RawClient mqtt = RawClient.open(broker.port("web"), 5)) {
            mqtt.send(Connect.clean("plain").packet(5));
            assertThat(mqtt.poll(Duration.ofSeconds(10))).isNotEqualTo(Optional.empty());
        } catch (IOException e) {
            // closed without an answer
        }
        try (RawClient upgraded = RawClient.open(RawWebSocket.open(broker.port("web")), 5)) {
            upgraded.expectClosed();
        }
    }

    @Test
    void aClientOfOthersComesInWithTlsAndWithout() throws Exception {
        for (String listener : List.of("web", "secure")) {
            var builder = MqttClient.builder()
                    .useMqttVersion5()
                    .serverHost("localhost")
                    .serverPort(broker.port(listener))
                    .webSocketConfig()
                    .serverPath("mqtt")
                    .applyWebSocketConfig();
            if (listener.equals("secure")) {
                builder = builder.sslConfig().trustManagerFactory(ca.trust()).applySslConfig();
            }
            Mqtt5BlockingClient client = builder.buildBlocking();
            client.connect();
            try (var publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
                client.subscribeWith().topicFilter("big/" + listener).send();
                for (int size : new int[] {0, 1, 125, 126, 65_535, 65_536, 100_000}) {
                    client.publishWith()
                            .topic("big/" + listener)
                            .qos(MqttQos.EXACTLY_ONCE)
                            .payload(new byte[size])
                            .send();
                    assertThat(publishes
                                    .receive(10, TimeUnit.SECONDS)
                                    .orElseThrow()
                                    .getPayloadAsBytes())
                            .hasSize(size);
                }
            }
            client.disconnect();
        }
    }

    @Test
    void aRawWebSocketGoesThroughTlsToo() throws Exception {
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), broker.port("secure"));
        RawWebSocket socket = RawWebSocket.open(ca.connect(plain, Optional.empty()), "/mqtt");
        try (RawClient client = RawClient.connect(socket.cutting(Cut.FRAGMENTS), 4, Connect.clean(unique("wss")))) {
            client.sendHex("C0 00");
            client.expect(RawPacket.PINGRESP);
        }
    }
}
