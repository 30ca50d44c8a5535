package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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

/** Chapters 3.1, 3.2 and 3.14 of the specifications: how a client comes in, and how it goes. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class ConnectConformanceIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    private final String topic = unique("connect");
    private final String clientId = unique("client");

    private static RawClient connect(int version, Connect connect) throws IOException {
        return RawClient.connect(BROKER.port(), version, connect);
    }

    private static RawClient other(int version) throws IOException {
        return connect(version, Connect.clean(unique("other")));
    }

    /** The CONNACK, of which the connection is closed then. */
    private static RawPacket connAck(int version, byte[] connect) throws IOException {
        try (RawClient client = RawClient.open(BROKER.port(), version)) {
            client.send(connect);
            return client.expect(RawPacket.CONNACK);
        }
    }

    private void endSession(int version) throws IOException {
        connect(version, Connect.clean(clientId)).disconnect();
    }

    private static void publishAndWait(RawClient client, byte[] publish) throws IOException {
        client.send(publish);
        client.expect(RawPacket.PUBACK);
    }

    private static void ping(RawClient client) throws IOException {
        client.sendHex("C0 00");
        client.expect(RawPacket.PINGRESP);
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.1.2-6", "3.1.4-4", "3.1.4-5", "3.2.2-1", "3.2.2-2", "3.2.2-3"})
    @Mqtt311({"2.2.2-1", "3.1.4-3", "3.1.4-4", "3.2.2-1", "3.2.2-2", "3.2.2-3"})
    void connAckSaysWhetherThereWasASession(int version) throws Exception {
        byte[] persistent = Connect.persistent(clientId).packet(version);
        for (int expected : new int[] {0, 1}) {
            RawPacket connAck = connAck(version, persistent);
            assertThat(connAck.first()).isEqualTo(0x20);
            assertThat(connAck.u8(0)).as("flags").isEqualTo(expected);
            assertThat(connAck.u8(1)).as("code").isZero();
        }
        RawPacket clean = connAck(version, Connect.clean(clientId).packet(version));
        assertThat(clean.u8(0)).isZero();
        assertThat(clean.u8(1)).isZero();
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.1.2-5", "3.1.2-23", "3.2.0-1", "4.1.0-1"})
    @Mqtt311({"3.1.2-4", "3.1.2-5", "3.2.0-1", "4.1.0-1"})
    void aSessionThatGoesOnHasItsSubscriptionsAndWhatWaits(int version) throws Exception {
        RawClient first = connect(version, Connect.persistent(clientId));
        first.subscribe(topic, 2);
        first.close();
        try (RawClient publisher = other(version)) {
            publishAndWait(publisher, publisher.publish(topic, 1, 0, 1, "waits"));
            try (RawClient back = RawClient.open(BROKER.port(), version)) {
                back.send(Connect.persistent(clientId).packet(version));
                assertThat(back.expect(RawPacket.CONNACK).u8(0))
                        .as("first of all")
                        .isEqualTo(1);
                assertThat(back.expectPublish().payload()).isEqualTo("waits");
                publishAndWait(publisher, publisher.publish(topic, 1, 0, 2, "is subscribed"));
                assertThat(back.expectPublish().payload()).isEqualTo("is subscribed");
            }
        }
        endSession(version);
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.1.2-4", "3.1.4-4"})
    @Mqtt311({"3.1.2-6", "3.1.4-3"})
    void aCleanStartThrowsAwayWhatThereIs(int version) throws Exception {
        RawClient first = connect(version, Connect.persistent(clientId));
        first.subscribe(topic, 1);
        first.close();
        try (RawClient publisher = other(version)) {
            publishAndWait(publisher, publisher.publish(topic, 1, 0, 1, "waits"));
            try (RawClient clean = connect(version, Connect.clean(clientId))) {
                publishAndWait(publisher, publisher.publish(topic, 1, 0, 2, "not subscribed"));
                ping(clean); // nothing came before
            }
        }
        assertThat(connAck(version, Connect.persistent(clientId).packet(version))
                        .u8(0))
                .as("nor did the clean session stay")
                .isZero();
        endSession(version);
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5("3.1.3-2")
    @Mqtt311("3.1.3-2")
    void clientIdentifiersAreToldApartToTheLetter(int version) throws Exception {
        connect(version, Connect.persistent(clientId)).close();
        String upper = clientId.toUpperCase(Locale.ROOT);
        assertThat(connAck(version, Connect.persistent(upper).packet(version)).u8(0))
                .isZero();
        assertThat(connAck(version, Connect.persistent(clientId).packet(version))
                        .u8(0))
                .isEqualTo(1);
        connect(version, Connect.clean(upper)).disconnect();
        endSession(version);
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5("3.1.3-5")
    @Mqtt311("3.1.3-5")
    void clientIdentifiersOfDigitsAndLettersAreAccepted(int version) throws Exception {
        for (String id :
                List.of("" + version, "0123456789ABCDEFGHIJKLM", "NOPQRSTUVWXYZabcdefghij", "klmnopqrstuvwxyz")) {
            assertThat(connAck(version, Connect.clean(id).packet(version)).u8(1))
                    .as(id)
                    .isZero();
        }
    }

    @Test
    @Mqtt5({"3.1.3-6", "3.1.3-7", "3.2.2-16"})
    void anEmptyClientIdentifierGetsOneThatNobodyHas() throws Exception {
        Set<String> assigned = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            assigned.add(assignedClientId(connAck(5, Connect.clean("").packet(5))));
        }
        assertThat(assigned).hasSize(50);
        String mine = assignedClientId(connAck(5, Connect.persistent("").packet(5)));
        assertThat(assigned).doesNotContain(mine);
        assertThat(connAck(5, Connect.persistent(mine).packet(5)).u8(0))
                .as("the session is known by it")
                .isEqualTo(1);
        connect(5, Connect.clean(mine)).disconnect();
    }

    /** Looks for property 12, whose identifier is no part of another one's value in this broker's CONNACK. */
    private static String assignedClientId(RawPacket connAck) {
        byte[] body = connAck.body();
        int at = 3;
        while (body[at] != 0x12) {
            at++;
        }
        return new String(Arrays.copyOfRange(body, at + 3, at + 3 + connAck.u16(at + 1)), StandardCharsets.UTF_8);
    }

    @Test
    @Mqtt311("3.1.3-6")
    void emptyClientIdentifiersAreNotTheSame() throws Exception {
        try (RawClient one = connect(4, Connect.clean(""));
                RawClient two = connect(4, Connect.clean(""))) {
            ping(two);
            ping(one); // would be gone if both had the same
        }
    }

    @Test
    @Mqtt311({"3.1.3-7", "3.1.3-8", "3.2.2-4", "3.2.2-5"})
    void anEmptyClientIdentifierCannotKeepASession() throws Exception {
        try (RawClient client = RawClient.open(BROKER.port(), 4)) {
            client.send(Connect.persistent("").packet(4));
            assertThat(client.expect(RawPacket.CONNACK).body()).containsExactly(0, 2);
            client.expectClosed();
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.1.4-3", "3.14.2-1", "3.14.2-2", "3.14.4-1", "3.14.4-2", "4.13.2-1"})
    @Mqtt311("3.1.4-2")
    void aNewConnectionEndsTheOld(int version) throws Exception {
        try (RawClient old = connect(version, Connect.persistent(clientId));
                RawClient taker = connect(version, Connect.persistent(clientId))) {
            if (version == 5) {
                assertThat(old.expect(RawPacket.DISCONNECT).body())
                        .as("a code and no properties")
                        .containsExactly(0x8E);
            }
            old.expectClosed();
            ping(taker);
        }
        endSession(version);
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.1.4-1", "3.1.4-6", "3.2.2-6", "3.2.2-7", "3.2.2-8", "3.14.0-1"})
    @Mqtt311({"3.1.4-1", "3.1.4-5", "3.2.2-6"})
    void whatARefusedClientSendsHasNoEffect(int version) throws Exception {
        try (RawClient refused = RawClient.open(BROKER.port(), version)) {
            byte[] connect =
                    Packets.connect(version, 3, 60, Packets.none(), new Bytes().text(clientId)); // reserved flag
            refused.send(Packets.together(connect, refused.publish(topic, 0, 1, 0, "from nobody")));
            if (version == 5) {
                assertThat(refused.expect(RawPacket.CONNACK).body()).containsExactly(0, 0x81, 0);
            }
            refused.expectClosed();
        }
        try (RawClient subscriber = other(version)) {
            subscriber.subscribe(topic, 0);
            ping(subscriber); // no retained message came before
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.1.0-2", "3.2.0-2", "3.1.2-7", "3.1.2-8", "3.1.2-14", "3.14.4-1", "3.14.4-2", "4.13.1-1", "4.13.2-1"})
    @Mqtt311({"3.1.0-2", "3.1.2-8", "3.1.2-16", "4.8.0-1"})
    void aSecondConnectEndsTheConnection(int version) throws Exception {
        try (RawClient watcher = other(version);
                RawClient client = connect(version, Connect.clean(clientId).will(topic))) {
            watcher.subscribe(topic, 1);
            client.send(Connect.clean(clientId).packet(version));
            if (version == 5) {
                assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason())
                        .isEqualTo(0x82);
            }
            client.expectClosed();
            RawPacket.Publish will = watcher.expectPublish();
            assertThat(will.payload()).isEqualTo("will");
            assertThat(will.retain()).isFalse();
            watcher.send(RawClient.ack(RawPacket.PUBACK, will.packetId()));
            try (RawClient late = other(version)) {
                late.subscribe(topic, 1);
                ping(late); // it was not retained
            }
            ping(watcher); // and all others are still there
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.14.1-1", "3.1.2-8", "3.1.2-10"})
    @Mqtt311({"3.14.1-1", "3.1.2-8", "3.1.2-10", "2.2.2-2"})
    void aDisconnectOutOfOrderLeavesTheWill(int version) throws Exception {
        try (RawClient watcher = other(version)) {
            watcher.subscribe(topic, 1);
            RawClient client = connect(version, Connect.clean(clientId).will(topic));
            client.sendHex("E1 00");
            if (version == 5) {
                assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason())
                        .isEqualTo(0x81);
            }
            client.expectClosed();
            watcher.send(RawClient.ack(RawPacket.PUBACK, watcher.expectPublish().packetId()));
            connect(version, Connect.clean(clientId)).close(); // no will this time
            try (RawClient next = connect(version, Connect.clean(clientId))) {
                publishAndWait(next, next.publish(topic, 1, 0, 1, "the next"));
                assertThat(watcher.expectPublish().payload()).isEqualTo("the next");
            }
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.1.2-8", "3.1.2-10", "3.14.4-2", "3.14.4-3"})
    @Mqtt311({"3.1.2-10", "3.1.2-12", "3.14.4-2", "3.14.4-3"})
    void nothingFollowsADisconnect(int version) throws Exception {
        try (RawClient watcher = other(version)) {
            watcher.subscribe(topic, 1);
            RawClient leaving = connect(version, Connect.clean(clientId).will(topic));
            leaving.send(Packets.together(new byte[] {(byte) 0xE0, 0}, leaving.publish(topic, 0, 0, 0, "too late")));
            leaving.expectClosed();
            RawClient without = connect(version, Connect.clean(unique("without")));
            without.close();
            try (RawClient publisher = other(version)) {
                publishAndWait(publisher, publisher.publish(topic, 1, 0, 1, "end"));
            }
            assertThat(watcher.expectPublish().payload())
                    .as("no will and no message")
                    .isEqualTo("end");
            assertThat(watcher.poll(Duration.ofMillis(300))).isEmpty();
        }
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {4, 5})
    @Mqtt5({"3.1.3-1", "3.1.2-9", "3.1.2-12", "3.1.2-15", "3.1.2-17", "3.1.2-19", "3.1.2-8"})
    @Mqtt311({"3.1.3-1", "3.1.2-9", "3.1.2-14", "3.1.2-17", "3.1.2-19", "3.1.2-21", "3.1.2-8"})
    void aConnectMayHaveEveryField(int version) throws Exception {
        for (int qos = 0; qos <= 2; qos++) {
            int flags = 0xC0 | 0x20 | qos << 3 | 4 | 2; // user name, password, will retain, will QoS, will, clean
            String willTopic = topic + "/" + qos;
            Bytes payload = Packets.will(version, new Bytes().text(clientId), Packets.none(), willTopic, "gone")
                    .text("user")
                    .text("password");
            try (RawClient watcher = other(version);
                    RawClient client = RawClient.open(BROKER.port(), version)) {
                client.send(Packets.connect(version, flags, 60, Packets.none(), payload));
                assertThat(client.expect(RawPacket.CONNACK).u8(1)).isZero();
                watcher.subscribe(willTopic, 2);
                client.close();
                RawPacket.Publish will = watcher.expectPublish();
                assertThat(will.payload()).isEqualTo("gone");
                assertThat(will.qos()).isEqualTo(qos);
                assertThat(will.retain()).as("to a subscription that was there").isFalse();
            }
            try (RawClient late = other(version)) {
                late.subscribe(willTopic, 2);
                RawPacket.Publish retained = late.expectPublish();
                assertThat(retained.retain()).isTrue();
                assertThat(retained.qos()).isEqualTo(qos);
            }
            try (RawClient cleaner = other(version)) {
                publishAndWait(cleaner, cleaner.publish(willTopic, 1, 1, 9, ""));
            }
        }
    }

    @Test
    @Mqtt5({"3.14.2-1", "3.1.2-8"})
    void aCodeThatOnlyTheServerMaySendIsNoGoodbye() throws Exception {
        try (RawClient watcher = other(5);
                RawClient client = connect(5, Connect.clean(clientId).will(topic))) {
            watcher.subscribe(topic, 1);
            client.sendHex("E0 01 8B"); // Server shutting down
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(0x82);
            client.expectClosed();
            assertThat(watcher.expectPublish().payload()).isEqualTo("will");
        }
    }
}
