package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.RawClient.Connect;

/** What a broker says that is configured to do less, and what a client gets that asks for more; and small packets. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class CapabilityConformanceIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    private int port(String... settings) throws IOException {
        String[] arguments = new String[settings.length * 2];
        for (int i = 0; i < settings.length; i++) {
            arguments[2 * i] = "--set";
            arguments[2 * i + 1] = settings[i];
        }
        return brokers.folder("broker").start(arguments).port();
    }

    private static RawClient opened(int port, byte[] connect) throws IOException {
        RawClient client = RawClient.open(port, 5);
        client.send(connect);
        return client;
    }

    private static String properties(RawPacket connAck) {
        return HexFormat.of().formatHex(connAck.body()).substring(6);
    }

    private static byte[] willing(int flags) {
        return Packets.connect(
                5,
                flags | 4 | 2,
                60,
                Packets.none(),
                Packets.will(5, new Bytes().text("willing"), Packets.none(), "t", "will"));
    }

    private static void expectRefusal(int port, byte[] connect, int code) throws IOException {
        try (RawClient client = opened(port, connect)) {
            RawPacket connAck = client.expect(RawPacket.CONNACK);
            assertThat(connAck.u8(0)).as("flags").isZero();
            assertThat(connAck.u8(1)).isEqualTo(code);
            client.expectClosed();
        }
    }

    private static void expectDisconnect(RawClient client, int code) throws IOException {
        assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(code);
        client.expectClosed();
    }

    @ParameterizedTest(name = "maximum QoS {0}")
    @ValueSource(ints = {0, 1})
    @Mqtt5({"3.2.2-9", "3.2.2-10", "3.2.2-11", "3.2.2-12", "3.2.2-6", "3.2.2-7", "3.2.2-8"})
    void aMaximumQosIsSaidAndKept(int maximum) throws Exception {
        int port = port("protocol.maximum-qos=" + maximum);
        try (RawClient client = opened(port, Packets.connect("client", Packets.none()))) {
            assertThat(properties(client.expect(RawPacket.CONNACK))).contains("240" + maximum);
            client.send(Packets.subscribe(5, 1, Packets.none(), "a", 0, "b", 1, "c", 2));
            assertThat(client.expect(RawPacket.SUBACK).body())
                    .containsExactly(0, 1, 0, 0, Math.min(1, maximum), maximum);
            client.send(client.publish("a", maximum + 1, 0, 1, ""));
            expectDisconnect(client, 0x9B);
        }
        expectRefusal(port, willing(maximum + 1 << 3), 0x9B);
    }

    @Test
    @Mqtt5({"3.2.2-9", "4.12.0-6"})
    void aBrokerThatDoesEverythingNeedNotSaySo() throws Exception {
        try (RawClient client = opened(port(), Packets.connect("client", Packets.none()))) {
            String properties = properties(client.expect(RawPacket.CONNACK));
            // Receive Maximum, Maximum Packet Size, Topic Alias Maximum, in whatever order
            assertThat(properties).hasSize(2 * (3 + 5 + 3)).contains("210400", "2700100000", "220020");
        }
    }

    @Test
    @Mqtt5({"3.2.2-13", "3.2.2-14", "3.2.2-7", "3.2.2-8"})
    void aBrokerThatRetainsNothing() throws Exception {
        int port = port("protocol.retain-available=false");
        try (RawClient client = opened(port, Packets.connect("client", Packets.none()))) {
            assertThat(properties(client.expect(RawPacket.CONNACK))).contains("2500");
            client.send(client.publish("a", 0, 1, 0, "retained"));
            expectDisconnect(client, 0x9A);
        }
        expectRefusal(port, willing(0x20), 0x9A);
    }

    @Test
    @Mqtt5("3.2.2-18")
    void aBrokerThatTakesNoAliases() throws Exception {
        try (RawClient client = opened(port("limits.topic-alias-max=0"), Packets.connect("client", Packets.none()))) {
            client.expect(RawPacket.CONNACK);
            client.send(Packets.publish("a", 0, 0, 0, new Bytes().u8(0x23).u16(1), ""));
            expectDisconnect(client, 0x94);
        }
    }

    @Test
    @Mqtt311({"3.8.3-2", "3.8.4-5", "3.9.3-1", "3.9.3-2"})
    void aBrokerThatServesNoWildcards() throws Exception {
        int port = port("protocol.wildcard-subscription-available=false");
        try (RawClient client = RawClient.connect(port, 4, Connect.clean("client"))) {
            client.send(Packets.subscribe(4, 1, Packets.none(), "a", 1, "b/#", 1, "c/+", 0, "d", 2));
            assertThat(client.expect(RawPacket.SUBACK).body()).containsExactly(0, 1, 1, 0x80, 0x80, 2);
        }
    }

    @Test
    @Mqtt5({"3.1.2-22", "3.2.2-21", "3.2.2-22"})
    void theKeepAliveThatTheBrokerGivesHolds() throws Exception {
        int port = port("limits.max-keep-alive=2s");
        try (RawClient long60 = opened(port, Packets.connect("long", Packets.none()))) {
            assertThat(properties(long60.expect(RawPacket.CONNACK))).contains("130002");
            expectSilenceEnds(long60, Duration.ofMillis(2900));
        }
        byte[] one = Packets.connect(5, 2, 1, Packets.none(), new Bytes().text("short"));
        try (RawClient short1 = opened(port, one)) {
            assertThat(short1.expect(RawPacket.CONNACK).body()).doesNotContain(0x13);
            expectSilenceEnds(short1, Duration.ofMillis(1400));
        }
    }

    private static void expectSilenceEnds(RawClient client, Duration after) throws IOException {
        long start = System.nanoTime();
        expectDisconnect(client, 0x8D);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(after, Duration.ofSeconds(9));
    }

    @Test
    @Mqtt5({"3.1.3-8", "3.1.4-2", "3.2.2-6", "3.2.2-7", "3.2.2-8", "3.2.2-19", "3.2.2-20"})
    @Mqtt311({"3.1.3-9", "3.2.2-4", "3.2.2-5"})
    void aClientIdentifierThatIsTooLong() throws Exception {
        int port = port("limits.client-id-max-length=23");
        String tooLong = "x".repeat(24);
        try (RawClient client = opened(port, Packets.connect(tooLong, Packets.none()))) {
            RawPacket connAck = client.expect(RawPacket.CONNACK);
            assertThat(connAck.u8(0)).isZero();
            assertThat(connAck.u8(1)).isEqualTo(0x85);
            assertThat(connAck.body().length).as("it says why").isGreaterThan(20);
            client.expectClosed();
        }
        Bytes small = new Bytes().u8(0x27).u32(20);
        try (RawClient client = opened(port, Packets.connect(tooLong, small))) {
            assertThat(client.expect(RawPacket.CONNACK).body())
                    .as("no room for a reason string, nor for anything else")
                    .containsExactly(0, 0x85, 0);
            client.expectClosed();
        }
        try (RawClient client = RawClient.open(port, 4)) {
            client.send(Connect.clean(tooLong).packet(4));
            assertThat(client.expect(RawPacket.CONNACK).body()).containsExactly(0, 2);
            client.expectClosed();
        }
    }

    /** Where there is room the broker says in words why it refuses; user properties it never adds. */
    @Test
    @Mqtt5({
        "3.4.2-2",
        "3.4.2-3",
        "3.5.2-2",
        "3.5.2-3",
        "3.6.2-2",
        "3.6.2-3",
        "3.7.2-2",
        "3.7.2-3",
        "3.9.2-1",
        "3.9.2-2",
        "3.11.2-1",
        "3.11.2-2",
        "3.14.2-3",
        "3.14.2-4",
        "3.14.2-2",
        "3.6.2-1",
        "3.7.2-1",
        "3.9.3-2",
        "3.11.3-2"
    })
    void wordsAreLeftOutWhereTheyDoNotFit() throws Exception {
        int port = port("limits.topic-levels=2", "protocol.payload-format-check=true");
        byte[] notText = {(byte) 0xFF};
        Bytes text = new Bytes().u8(1).u8(1);
        for (int limit : new int[] {20, 1000}) {
            Bytes maximum = new Bytes().u8(0x27).u32(limit);
            try (RawClient client = opened(port, Packets.connect("client", maximum))) {
                client.expect(RawPacket.CONNACK);
                client.send(Packets.publish("a", 1, 0, 1, text, notText));
                check(client.expect(RawPacket.PUBACK), limit, 3);
                client.send(Packets.publish("a", 2, 0, 2, text, notText));
                check(client.expect(RawPacket.PUBREC), limit, 3);
                client.send(Packets.subscribe(5, 3, Packets.none(), "a/b/c", 0));
                check(client.expect(RawPacket.SUBACK), limit, 4);
                client.send(Packets.unsubscribe(5, 4, "a/b"));
                assertThat(client.expect(RawPacket.UNSUBACK).body()).containsExactly(0, 4, 0, 0x11);
                client.send(RawClient.ack(RawPacket.PUBREL, 5));
                assertThat(client.expect(RawPacket.PUBCOMP).body()).containsExactly(0, 5, 0x92);
                client.send(RawClient.ack(RawPacket.PUBREC, 6));
                assertThat(client.expect(RawPacket.PUBREL).body()).containsExactly(0, 6, 0x92);
                client.sendHex("36 00"); // QoS 3
                check(client.expect(RawPacket.DISCONNECT), limit, 1);
                client.expectClosed();
            }
        }
    }

    private static void check(RawPacket packet, int limit, int least) {
        assertThat(packet.body().length + 2).as("size of %s", packet).isLessThanOrEqualTo(limit);
        if (limit == 20) {
            assertThat(packet.body()).as("no properties").hasSize(least);
        } else {
            assertThat(packet.body().length).as("words in %s", packet).isGreaterThan(20);
        }
    }
}
