package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.conformance.Mqtt5;

/** What the broker tells a 5.0 client beside the reason code. */
@Timeout(60)
final class AnswersIT {
    private static final int REASON_STRING = 0x1F;
    private static final int RESPONSE_INFORMATION = 0x1A;
    private static final int SERVER_REFERENCE = 0x1C;
    private static final String ASKS_RESPONSE_INFORMATION = "1901";
    private static final String WANTS_NO_PROBLEM_INFORMATION = "1700";

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private static byte[] connect(String clientId, String properties) {
        Bytes body = new Bytes().text("MQTT").u8(5).u8(2).u16(60);
        body.counted(new Bytes().bytes(HexFormat.of().parseHex(properties)));
        return new Bytes().u8(0x10).counted(body.text(clientId)).toArray();
    }

    private static RawClient connected(int port, String clientId, String properties) throws IOException {
        RawClient client = RawClient.open(port, 5);
        client.send(connect(clientId, properties));
        return client;
    }

    /** The text of a string property, "" if the packet has none. Only for packets whose text holds no such byte. */
    private static String property(int id, RawPacket packet) {
        byte[] body = packet.body();
        for (int i = 0; i + 2 < body.length; i++) {
            int length = (body[i + 1] & 0xFF) << 8 | (body[i + 2] & 0xFF);
            if (body[i] == id && length > 0 && i + 3 + length <= body.length) {
                return new String(Arrays.copyOfRange(body, i + 3, i + 3 + length), StandardCharsets.UTF_8);
            }
        }
        return "";
    }

    @Test
    @Mqtt5({"3.1.2-28", "3.1.2-29"})
    void wordsAreForThoseWhoWantThem() throws Exception {
        int port = brokers.folder("broker")
                .start(
                        "--set",
                        "protocol.payload-format-check=true",
                        "--set",
                        "protocol.response-information=replies/%c/")
                .port();
        byte[] wrong = HexFormat.of().parseHex("3209" + "000161" + "0007" + "020101" + "FF"); // marked as UTF-8
        try (RawClient client = connected(port, "curious", ASKS_RESPONSE_INFORMATION)) {
            assertThat(property(RESPONSE_INFORMATION, client.expect(RawPacket.CONNACK)))
                    .isEqualTo("replies/curious/");
            client.send(wrong);
            RawPacket ack = client.expect(RawPacket.PUBACK);
            assertThat(ack.ackReason()).isEqualTo(0x99);
            assertThat(property(REASON_STRING, ack)).contains("UTF-8");
            client.sendHex("82 06 00 01 00 00 01 61"); // no options byte
            RawPacket disconnect = client.expect(RawPacket.DISCONNECT);
            assertThat(disconnect.disconnectReason()).isEqualTo(0x81);
            assertThat(property(REASON_STRING, disconnect)).isNotEmpty();
            client.expectClosed();
        }
        try (RawClient client = connected(port, "taciturn", WANTS_NO_PROBLEM_INFORMATION)) {
            assertThat(property(RESPONSE_INFORMATION, client.expect(RawPacket.CONNACK)))
                    .as("not asked for")
                    .isEmpty();
            client.send(wrong);
            RawPacket ack = client.expect(RawPacket.PUBACK);
            assertThat(ack.ackReason()).isEqualTo(0x99);
            assertThat(ack.body()).as("nothing but identifier and code").hasSize(3);
        }
    }

    @Test
    void whoFindsNoPlaceIsSentToAnotherServer() throws Exception {
        BrokerProcess broker = brokers.folder("broker")
                .start("--set", "limits.max-connections=1", "--set", "protocol.server-reference=other.example:1883");
        try (RawClient first = connected(broker.port(), "first", "")) {
            assertThat(first.expect(RawPacket.CONNACK).u8(1)).isZero();
            try (RawClient second = connected(broker.port(), "second", "")) {
                RawPacket connAck = second.expect(RawPacket.CONNACK);
                assertThat(connAck.u8(1)).isEqualTo(0x9C);
                assertThat(property(SERVER_REFERENCE, connAck)).isEqualTo("other.example:1883");
                second.expectClosed();
            }
            broker.sigterm();
            RawPacket disconnect = first.expect(RawPacket.DISCONNECT);
            assertThat(disconnect.disconnectReason()).isEqualTo(0x9C);
            assertThat(property(SERVER_REFERENCE, disconnect)).isEqualTo("other.example:1883");
        }
    }

    @Test
    void anOlderClientThatFindsNoPlaceIsToldSoInItsOwnWords() throws Exception {
        BrokerProcess broker = brokers.folder("broker")
                .start("--set", "limits.max-connections=1", "--set", "protocol.server-reference=other.example:1883");
        try (RawClient first = connected(broker.port(), "first", "");
                RawClient second = RawClient.open(broker.port(), 4)) {
            first.expect(RawPacket.CONNACK);
            second.send(RawClient.Connect.clean("second").packet(4));
            assertThat(second.expect(RawPacket.CONNACK).body()).containsExactly(0, 3);
            second.expectClosed();
        }
    }
}
