package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.conformance.Statements;

/** Bytes to the broker, bytes back, or a close: what depends on the order of packets and not on one packet alone. */
@Timeout(60)
final class PacketIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    /** All that comes until the broker closes, or until that many packets have come. */
    private static String answers(RawClient client, int packets) throws IOException {
        StringBuilder hex = new StringBuilder();
        try {
            for (int i = 0; i < packets; i++) {
                Optional<RawPacket> packet = client.poll(RawClient.PATIENCE);
                if (packet.isEmpty()) {
                    return hex.append("silence").toString();
                }
                hex.append(hex.isEmpty() ? "" : " ").append(hex(packet.get()));
            }
        } catch (EOFException | SocketException e) {
            hex.append(hex.isEmpty() ? "" : " ").append("close");
        }
        return hex.toString();
    }

    private static String hex(RawPacket packet) {
        return HexFormat.of().withUpperCase().formatHex(new byte[] {(byte) packet.first()})
                + HexFormat.of().withUpperCase().formatHex(packet.body());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            MQTT5-3.1.0-1 MQTT-3.1.0-1 PINGREQ first       | C000                                     | close
            MQTT5-3.1.0-1 MQTT-3.1.0-1 PUBLISH first       | 3003000161                               | close
            MQTT5-3.14.0-1 MQTT-3.1.0-1 an HTTP request    | 474554202F20485454502F312E310D0A         | close
            MQTT5-3.1.0-1 a TLS ClientHello                | 1603010200010001FC0303                   | close
            MQTT5-3.1.2-1 MQTT-3.1.2-1 another name        | 100C00044D51545505020000000000           | close
            MQTT5-3.1.2-2 level 6                          | 100D00044D5154540602003C00000161         | 20008400 close
            MQTT5-3.1.2-2 level 0                          | 100D00044D5154540002003C00000161         | 200001 close
            MQTT-3.1.2-2 MQIsdp with level 4               | 100F00064D5149736470040200 3C000161      | 200001 close
            MQTT5-3.1.2-3 MQTT5-3.1.4-1 reserved flag      | 100E00044D5154540503003C0000 0161        | 20008100 close
            MQTT-3.1.2-3 MQTT-3.1.4-1 reserved flag        | 100D00044D5154540403003C000161           | close
            MQTT-3.1.3-8 no client id, session to be kept  | 100C00044D5154540400003C0000             | 200002 close
            MQTT5-3.1.2.11.2 Receive Maximum 0             | 101100044D5154540502003C03210000000161   | 20008200 close
            MQTT5-4.12.0-1 unknown authentication method   | 101200044D5154540502003C0415000158000161 | 20008C00 close
            """)
    void beforeTheClientIsIn(String name, String sent, String expected, TestReporter reporter) throws Exception {
        reporter.publishEntry(Statements.in(name));
        try (RawClient client = RawClient.open(BROKER.port(), 5)) {
            client.sendHex(sent);
            assertThat(answers(client, 3)).isEqualTo(expected);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            MQTT5-3.1.0-2 a second CONNECT                 | 100E00044D5154540502003C00000161         | E082 close
            MQTT5-3.12.4-1 PINGREQ                         | C000                                     | D0
            MQTT5-2.1.3-1 PINGREQ with flags               | C100                                     | E081 close
            MQTT5 4 row 46 CONNACK from a client           | 20020000                                 | E082 close
            MQTT5 4 row 6 packet type 0                    | 0000                                     | E082 close
            MQTT5 4 row 8 a length without end             | 30FFFFFFFF                               | E081 close
            MQTT5-3.2.2-15 larger than announced           | 30FFFFFF7F                               | E095 close
            MQTT5-3.3.1-4 QoS 3                            | 3604000161 00                            | E081 close
            MQTT5-3.3.2-2 a wildcard in a topic            | 300500022F2B00                           | E090 close
            MQTT5-3.3.2-8 alias 0                          | 300700016103230000                       | E094 close
            MQTT5-3.2.2-17 an alias above the maximum      | 30070001610323FFFF                       | E094 close
            MQTT5-3.3.4 an alias that was never set        | 3006000003230001                         | E082 close
            MQTT5-3.3.4-6 a subscription identifier        | 3006000161020B01                         | E082 close
            MQTT5-3.3.4-1 QoS 1 that nobody wants          | 320600016100 0700                        | 40000710
            MQTT5 5 row 20 a topic of the broker           | 320A0005245359532F000800                 | 40000887
            MQTT5-4.3.3-11 PUBREL of an unknown id         | 62020009                                 | 70000992
            MQTT5 5 row 14 PUBREC of an unknown id         | 50020009                                 | 62000992
            MQTT5 3.5 PUBACK of an unknown id, then PING   | 40020009C000                             | D0
            MQTT5-3.8.3-2 SUBSCRIBE without a filter       | 8203000100                               | E082 close
            MQTT5-4.7.1-1 an invalid filter                | 820800010000026123 00                    | E08F close
            MQTT5-4.8.2-1 an empty share name              | 820F0001000009247368617265 2F2F6100      | E08F close
            MQTT5-3.8.3-4 No Local on a shared filter      | 8210000100000A2473686172652F672F6104     | E082 close
            MQTT5-3.10.4-5 UNSUBSCRIBE of nothing          | A206000200000161                         | B0000200 11
            MQTT5-3.14.2.2.2 expiry after none in CONNECT  | E00700051100000005                       | E082 close
            MQTT5-4.12.0-7 AUTH without a method           | F000                                     | E082 close
            MQTT5-3.14.4-2 packets behind DISCONNECT       | E000C000                                 | close
            """)
    void onceTheClientIsIn(String name, String sent, String expected, TestReporter reporter) throws Exception {
        reporter.publishEntry(Statements.in(name));
        try (RawClient client = RawClient.connect(BROKER.port(), 5, RawClient.Connect.clean(unique("packets")))) {
            client.sendHex(sent);
            boolean closes = expected.endsWith("close");
            assertThat(answers(client, closes ? 3 : 1)).isEqualTo(closes ? expected : expected.replace(" ", ""));
        }
        // whole or cut at every byte, it comes to the same
        try (RawClient client = RawClient.connect(BROKER.port(), 5, RawClient.Connect.clean(unique("packets")))) {
            try {
                for (byte b : HexFormat.of().parseHex(sent.replace(" ", ""))) {
                    client.send(new byte[] {b});
                }
            } catch (SocketException e) {
                // the broker has seen enough
            }
            boolean closes = expected.endsWith("close");
            assertThat(answers(client, closes ? 3 : 1)).isIn(closes ? expected : expected.replace(" ", ""), "close");
        }
    }

    @Test
    @Mqtt311("4.3.3-2")
    void aRepeatedQos2PublishIsAnsweredAgainAndDeliveredOnce() throws Exception { // MQTT5-4.3.3-10, MQTT5-4.3.3-12
        String topic = unique("twice");
        try (RawClient subscriber = RawClient.connect(BROKER.port(), 4, RawClient.Connect.clean(unique("sub")));
                RawClient publisher = RawClient.connect(BROKER.port(), 4, RawClient.Connect.clean(unique("pub")))) {
            subscriber.subscribe(topic, 0);
            publisher.send(publisher.publish(topic, 2, 0, 5, "one"));
            publisher.expect(RawPacket.PUBREC);
            publisher.send(publisher.publish(topic, 2, 8, 5, "one"));
            publisher.expect(RawPacket.PUBREC);
            publisher.send(RawClient.ack(RawPacket.PUBREL, 5));
            publisher.expect(RawPacket.PUBCOMP);
            publisher.send(publisher.publish(topic, 2, 0, 5, "two"));
            publisher.expect(RawPacket.PUBREC);
            assertThat(subscriber.expectPublish().payload()).isEqualTo("one");
            assertThat(subscriber.expectPublish().payload()).isEqualTo("two");
        }
    }

    @Test
    @Mqtt5("3.3.4-7")
    void moreThanReceiveMaximumEndsTheConnection() throws Exception { // MQTT5-3.3.4-7
        try (RawClient client = RawClient.connect(BROKER.port(), 5, RawClient.Connect.clean(unique("many")))) {
            for (int id = 1; id <= 1025; id++) { // limits.receive-maximum is 1024
                client.send(client.publish("a", 2, 0, id, ""));
            }
            for (int i = 0; i < 1024; i++) {
                client.expect(RawPacket.PUBREC);
            }
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(0x93);
            client.expectClosed();
        }
    }

    /** It cannot be told of a limit: a bridge of Mosquitto that has a long queue would be sent away for ever. */
    @Test
    void aClientOfMqtt3MayHaveAsManyUnfinishedAsThereAreIdentifiers() throws Exception {
        try (RawClient client = RawClient.connect(BROKER.port(), 4, RawClient.Connect.clean(unique("many")))) {
            for (int id = 1; id <= 3000; id++) {
                client.send(client.publish("a", 2, 0, id, ""));
            }
            for (int i = 0; i < 3000; i++) {
                client.expect(RawPacket.PUBREC);
            }
            client.send(RawClient.ack(RawPacket.PUBREL, 3000));
            client.expect(RawPacket.PUBCOMP);
        }
    }
}
