package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;

final class MqttEncoderTest {
    private static final int[] NO_IDENTIFIERS = {};
    private static final int NO_ALIAS = Packet.Publish.NO_ALIAS;
    private static final long NEVER = PublishProperties.NEVER;

    private final MqttEncoder v31 = MqttEncoder.forVersion(MqttVersion.V3_1);
    private final MqttEncoder v311 = MqttEncoder.forVersion(MqttVersion.V3_1_1);
    private final MqttEncoder v5 = MqttEncoder.forVersion(MqttVersion.V5_0);

    // --- CONNACK

    @Test
    @Mqtt311({"3.2.2-4", "3.2.2-6"})
    void connAckOf3() {
        assertWritten("20020000", out -> v311.connAck(out, false, ReasonCode.SUCCESS, ConnAckProperties.NONE));
        assertWritten("20020100", out -> v311.connAck(out, true, ReasonCode.SUCCESS, ConnAckProperties.NONE));
        // 3.1 has no Session Present
        assertWritten("20020000", out -> v31.connAck(out, true, ReasonCode.SUCCESS, ConnAckProperties.NONE));
        // 3.1.1: MQTT-3.2.2-4
        assertWritten("20020005", out -> v311.connAck(out, true, ReasonCode.NOT_AUTHORIZED, ConnAckProperties.NONE));
        // 3.1.1: MQTT-3.1.4-1, MQTT-3.2.2-6
        assertNotWritten(out -> v311.connAck(out, false, ReasonCode.MALFORMED_PACKET, ConnAckProperties.NONE));
        assertNotWritten(out -> v31.connAck(out, false, ReasonCode.TOPIC_NAME_INVALID, ConnAckProperties.NONE));
    }

    @Test
    @Mqtt5("3.2.2-6")
    void connAckOf5() {
        assertWritten("2003000000", out -> v5.connAck(out, false, ReasonCode.SUCCESS, ConnAckProperties.NONE));
        assertWritten("2003010000", out -> v5.connAck(out, true, ReasonCode.SUCCESS, ConnAckProperties.NONE));
        // MQTT-3.2.2-6
        assertWritten("2003008700", out -> v5.connAck(out, true, ReasonCode.NOT_AUTHORIZED, ConnAckProperties.NONE));
        assertWritten(
                "2003008400",
                out -> v5.connAck(out, false, ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, ConnAckProperties.NONE));
    }

    @Test
    void connAckWithEveryProperty() {
        ConnAckProperties all = ConnAckProperties.builder()
                .sessionExpiryInterval(3600)
                .receiveMaximum(20)
                .maximumQos(QoS.AT_LEAST_ONCE)
                .retainAvailable(false)
                .maximumPacketSize(65_536)
                .assignedClientId("id")
                .topicAliasMaximum(10)
                .reasonString("why")
                .userProperty(new UserProperty("a", "b"))
                .userProperty(new UserProperty("a", ""))
                .wildcardSubscriptionAvailable(false)
                .subscriptionIdentifierAvailable(false)
                .sharedSubscriptionAvailable(false)
                .serverKeepAlive(30)
                .responseInformation("r/")
                .serverReference("other")
                .authentication("m", new byte[] {1})
                .build();
        assertWritten(
                PacketText.hex(PacketText.bytes("20 {01 00 {11 00000E10 21 0014 24 01 25 00 27 00010000 12<'id'>"
                        + " 22 000A 28 00 29 00 2A 00 13 001E 1A<'r/'> 1C<'other'> 15<'m'> 16<01>"
                        + " 1F<'why'> 26<'a'><'b'> 26<'a'><>}}")),
                out -> v5.connAck(out, true, ReasonCode.SUCCESS, all));
    }

    /** MQTT-3.2.2-19, MQTT-3.2.2-20: Reason String first, then User Properties; hostile row 40: else nothing. */
    @Test
    @Mqtt5({"3.2.2-19", "3.2.2-20"})
    void connAckWithinTheMaximumPacketSize() {
        ConnAckProperties p = ConnAckProperties.builder()
                .assignedClientId("id")
                .reasonString("why")
                .userProperty(new UserProperty("a", "b"))
                .build();
        assertSizes(
                max -> encoder(max, true),
                (e, out) -> e.connAck(out, false, ReasonCode.SUCCESS, p),
                PacketText.bytes("20 {00 00 {12<'id'> 1F<'why'> 26<'a'><'b'>}}"),
                PacketText.bytes("20 {00 00 {12<'id'> 26<'a'><'b'>}}"),
                PacketText.bytes("20 {00 00 {12<'id'>}}"));
        assertNotWritten(out -> encoder(4, true).connAck(out, false, ReasonCode.SUCCESS, ConnAckProperties.NONE));
        assertWritten(
                "2003000000", out -> encoder(5, true).connAck(out, false, ReasonCode.SUCCESS, ConnAckProperties.NONE));
    }

    // --- PUBLISH

    @Test
    void publishOf3HasNoProperties() {
        ApplicationMessage message = message("a/b", "hi", PacketText.bytes("01 01 03<'x'>"));
        for (MqttEncoder encoder : List.of(v31, v311)) {
            assertPublish(encoder, "30 {<'a/b'> 'hi'}", message, 7, QoS.AT_MOST_ONCE, false, false, NO_ALIAS, 60, 3);
            assertPublish(
                    encoder, "3B {<'a/b'> 0007 'hi'}", message, 7, QoS.AT_LEAST_ONCE, true, true, NO_ALIAS, 60, 3);
        }
    }

    @Test
    void publishOf5() {
        ApplicationMessage bare = message("a/b", "hi", new byte[0]);
        assertPublish(v5, "30 {<'a/b'> {} 'hi'}", bare, 7, QoS.AT_MOST_ONCE, false, false, NO_ALIAS, NEVER);
        assertPublish(v5, "3D {<'a/b'> 0007 {} 'hi'}", bare, 7, QoS.EXACTLY_ONCE, true, true, NO_ALIAS, NEVER);
        ApplicationMessage message = message("a/b", "hi", PacketText.bytes("01 01 26<'k'><'v'>"));
        assertPublish(
                v5,
                "32 {<'a/b'> FFFF {23 0009 02 0000003C 0B 01 0B 8001 0B FFFFFF7F 01 01 26<'k'><'v'>} 'hi'}",
                message,
                65_535,
                QoS.AT_LEAST_ONCE,
                false,
                false,
                9,
                60,
                1,
                128,
                268_435_455);
        assertPublish(
                v5, "30 {<'a/b'> {02 FFFFFFFF} 'hi'}", bare, 0, QoS.AT_MOST_ONCE, false, false, NO_ALIAS, 0xFFFF_FFFFL);
    }

    @Test
    void publishWithAKnownAliasHasNoTopic() {
        ApplicationMessage message = message("a/b", "hi", new byte[0]);
        assertWritten(
                PacketText.hex(PacketText.bytes("30 {<> {23 0009} 'hi'}")),
                out -> v5.publish(out, null, message, 0, QoS.AT_MOST_ONCE, false, false, 9, NEVER, NO_IDENTIFIERS));
        assertThat(v5.publishSize(null, message, QoS.AT_MOST_ONCE, 9, false, NO_IDENTIFIERS))
                .isEqualTo(10);
    }

    /** MQTT-3.1.2-24, -25: a message that is too large is not written, not even in part. */
    @Test
    @Mqtt5("3.1.2-24")
    void publishWithinTheMaximumPacketSize() {
        ApplicationMessage message = message("a/b", "x".repeat(200), PacketText.bytes("01 01"));
        int[] identifiers = {200};
        int size = v5.publishSize(message.topic(), message, QoS.AT_LEAST_ONCE, 3, true, identifiers);
        for (int max : new int[] {size - 1, size}) {
            ByteBuf out = Unpooled.buffer();
            boolean written = encoder(max, true)
                    .publish(out, message.topic(), message, 1, QoS.AT_LEAST_ONCE, false, false, 3, 60, identifiers);
            assertThat(written).isEqualTo(max == size);
            assertThat(out.readableBytes()).isEqualTo(max == size ? size : 0);
        }
    }

    @Test
    void publishThatNoPacketCanHold() {
        ApplicationMessage message = message("t", "", new byte[0]);
        ApplicationMessage huge = new ApplicationMessage(
                message.topic(),
                QoS.AT_MOST_ONCE,
                false,
                new byte[268_435_455],
                new byte[0],
                ApplicationMessage.NEVER,
                null);
        assertNotWritten(out -> v5.publish(
                out, huge.topic(), huge, 0, QoS.AT_MOST_ONCE, false, false, NO_ALIAS, NEVER, NO_IDENTIFIERS));
        assertThat(v5.fits(v5.publishSize(huge.topic(), huge, QoS.AT_MOST_ONCE, NO_ALIAS, false, NO_IDENTIFIERS)))
                .isFalse();
    }

    // --- acknowledgements

    @ParameterizedTest
    @EnumSource(MqttVersion.class)
    void acknowledgementsInTheirShortestForm(MqttVersion version) {
        MqttEncoder e = MqttEncoder.forVersion(version);
        assertWritten("40020001", out -> e.pubAck(out, 1, ReasonCode.SUCCESS, null));
        assertWritten("5002ffff", out -> e.pubRec(out, 65_535, ReasonCode.SUCCESS, null));
        assertWritten("62020001", out -> e.pubRel(out, 1, ReasonCode.SUCCESS)); // MQTT-3.6.1-1
        assertWritten("70020001", out -> e.pubComp(out, 1, ReasonCode.SUCCESS));
        assertWritten("d000", e::pingResp);
    }

    @Test
    void acknowledgementsWithACode() {
        assertWritten("4003000187", out -> v5.pubAck(out, 1, ReasonCode.NOT_AUTHORIZED, null));
        assertWritten("5003000110", out -> v5.pubRec(out, 1, ReasonCode.NO_MATCHING_SUBSCRIBERS, null));
        assertWritten("6203000192", out -> v5.pubRel(out, 1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
        assertWritten("7003000192", out -> v5.pubComp(out, 1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
        // digest 1.7: older clients get the plain packet
        assertWritten("40020001", out -> v311.pubAck(out, 1, ReasonCode.NOT_AUTHORIZED, "no"));
        assertWritten("70020001", out -> v31.pubComp(out, 1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
    }

    /** MQTT-3.4.2-2, MQTT-3.5.2-2. */
    @Test
    @Mqtt5({"3.4.2-2", "3.5.2-2"})
    void reasonStringOfAnAcknowledgementIfItFits() {
        assertSizes(
                max -> encoder(max, true),
                (e, out) -> e.pubAck(out, 1, ReasonCode.NOT_AUTHORIZED, "no"),
                PacketText.bytes("40 {0001 87 {1F<'no'>}}"),
                PacketText.bytes("40 {0001 87}"));
        assertSizes(
                max -> encoder(max, true),
                (e, out) -> e.pubRec(out, 1, ReasonCode.SUCCESS, "ok"),
                PacketText.bytes("50 {0001 00 {1F<'ok'>}}"),
                PacketText.bytes("50 {0001}"));
    }

    /** MQTT-3.1.2-29: no Reason String for who wants none, but on CONNACK and DISCONNECT. */
    @Test
    @Mqtt5("3.1.2-29")
    void reasonStringsOnlyForWhoWantsThem() {
        MqttEncoder e = encoder(1000, false);
        assertWritten("4003000187", out -> e.pubAck(out, 1, ReasonCode.NOT_AUTHORIZED, "no"));
        assertWritten("9004000100" + "87", out -> e.subAck(out, 1, List.of(ReasonCode.NOT_AUTHORIZED), "no"));
        assertWritten("b004000100" + "87", out -> e.unsubAck(out, 1, List.of(ReasonCode.NOT_AUTHORIZED), "no"));
        assertWritten(
                PacketText.hex(PacketText.bytes("F0 {18 {15<'m'>}}")),
                out -> e.auth(out, ReasonCode.CONTINUE_AUTHENTICATION, "m", null, "no"));
        assertWritten(
                PacketText.hex(PacketText.bytes("E0 {87 {1F<'no'>}}")),
                out -> e.disconnect(out, ReasonCode.NOT_AUTHORIZED, "no", null));
        ConnAckProperties no = ConnAckProperties.builder().reasonString("no").build();
        assertWritten(
                PacketText.hex(PacketText.bytes("20 {00 87 {1F<'no'>}}")),
                out -> e.connAck(out, false, ReasonCode.NOT_AUTHORIZED, no));
    }

    /** MQTT-3.8.4-6, MQTT-3.9.3-1; 3.1.1: MQTT-3.9.3-2. */
    @Test
    @Mqtt5({"3.8.4-6", "3.9.3-1"})
    @Mqtt311("3.9.3-2")
    void subAck() {
        List<ReasonCode> codes = List.of(
                ReasonCode.SUCCESS, ReasonCode.GRANTED_QOS_1, ReasonCode.GRANTED_QOS_2, ReasonCode.NOT_AUTHORIZED);
        assertWritten("9007000100" + "00010287", out -> v5.subAck(out, 1, codes, null));
        assertWritten("90060001" + "00010280", out -> v311.subAck(out, 1, codes, null));
        assertSizes(
                max -> encoder(max, true),
                (e, out) -> e.subAck(out, 1, codes, "why"),
                PacketText.bytes("90 {0001 {1F<'why'>} 00010287}"),
                PacketText.bytes("90 {0001 {} 00010287}"));
    }

    /** MQTT-3.11.3-1; 3.x has no codes. */
    @Test
    @Mqtt5("3.11.3-1")
    void unsubAck() {
        List<ReasonCode> codes = List.of(ReasonCode.SUCCESS, ReasonCode.NO_SUBSCRIPTION_EXISTED);
        assertWritten("b005000100" + "0011", out -> v5.unsubAck(out, 1, codes, null));
        assertWritten("b0020001", out -> v311.unsubAck(out, 1, codes, null));
        assertWritten("b0020001", out -> v31.unsubAck(out, 1, codes, "why"));
    }

    // --- DISCONNECT, AUTH

    @Test
    void disconnect() {
        assertWritten("e000", out -> v5.disconnect(out, ReasonCode.SUCCESS, null, null));
        assertWritten("e0018e", out -> v5.disconnect(out, ReasonCode.SESSION_TAKEN_OVER, null, null));
        assertWritten(
                PacketText.hex(PacketText.bytes("E0 {9D {1F<'bye'> 1C<'host'>}}")),
                out -> v5.disconnect(out, ReasonCode.SERVER_MOVED, "bye", "host"));
        assertNotWritten(out -> v311.disconnect(out, ReasonCode.SESSION_TAKEN_OVER, null, null));
        assertNotWritten(out -> v31.disconnect(out, ReasonCode.SESSION_TAKEN_OVER, null, null));
    }

    /** MQTT-3.14.2-3. */
    @Test
    @Mqtt5("3.14.2-3")
    void disconnectWithinTheMaximumPacketSize() {
        assertSizes(
                max -> encoder(max, true),
                (e, out) -> e.disconnect(out, ReasonCode.MALFORMED_PACKET, "why", null),
                PacketText.bytes("E0 {81 {1F<'why'>}}"),
                PacketText.bytes("E0 01 81"));
        assertSizes(
                max -> encoder(max, true),
                (e, out) -> e.disconnect(out, ReasonCode.SERVER_MOVED, "why", "host"),
                PacketText.bytes("E0 {9D {1F<'why'> 1C<'host'>}}"),
                PacketText.bytes("E0 {9D {1C<'host'>}}"));
    }

    /** MQTT-4.12.0-2, MQTT-3.15.2-2. */
    @Test
    @Mqtt5({"4.12.0-2", "3.15.2-2"})
    void auth() {
        assertSizes(
                max -> encoder(max, true),
                (e, out) -> e.auth(out, ReasonCode.CONTINUE_AUTHENTICATION, "m", new byte[] {7}, "why"),
                PacketText.bytes("F0 {18 {15<'m'> 16<07> 1F<'why'>}}"),
                PacketText.bytes("F0 {18 {15<'m'> 16<07>}}"));
        assertNotWritten(out -> v311.auth(out, ReasonCode.SUCCESS, "m", null, null));
    }

    // ---

    private interface Writer {
        boolean write(MqttEncoder encoder, ByteBuf out);
    }

    /** For each maximum: the first of the forms that fits, or nothing. */
    private static void assertSizes(IntFunction<MqttEncoder> encoders, Writer writer, byte[]... forms) {
        for (int max = 1; max <= forms[0].length + 1; max++) {
            ByteBuf out = Unpooled.buffer();
            boolean written = writer.write(encoders.apply(max), out);
            String expected = "";
            for (byte[] form : forms) {
                if (form.length <= max) {
                    expected = PacketText.hex(form);
                    break;
                }
            }
            assertThat(hex(out)).as("maximum packet size %d", max).isEqualTo(expected);
            assertThat(written).isEqualTo(!expected.isEmpty());
        }
    }

    private static void assertPublish(
            MqttEncoder encoder,
            String expected,
            ApplicationMessage message,
            int packetId,
            QoS qos,
            boolean dup,
            boolean retain,
            int alias,
            long expiry,
            int... identifiers) {
        byte[] bytes = PacketText.bytes(expected);
        assertWritten(
                PacketText.hex(bytes),
                out -> encoder.publish(
                        out, message.topic(), message, packetId, qos, dup, retain, alias, expiry, identifiers));
        assertThat(encoder.publishSize(message.topic(), message, qos, alias, expiry != NEVER, identifiers))
                .isEqualTo(bytes.length);
    }

    private static ApplicationMessage message(String topic, String payload, byte[] properties) {
        return new ApplicationMessage(
                TopicName.ofValid(topic),
                QoS.EXACTLY_ONCE,
                true,
                payload.getBytes(StandardCharsets.UTF_8),
                properties,
                ApplicationMessage.NEVER,
                null);
    }

    private static MqttEncoder encoder(int maximumPacketSize, boolean problemInformation) {
        return new MqttEncoder(MqttVersion.V5_0, maximumPacketSize, problemInformation);
    }

    private static void assertWritten(String hex, Predicate<ByteBuf> writer) {
        ByteBuf out = Unpooled.buffer();
        assertThat(writer.test(out)).isTrue();
        assertThat(hex(out)).isEqualTo(hex);
    }

    private static void assertNotWritten(Predicate<ByteBuf> writer) {
        ByteBuf out = Unpooled.buffer();
        assertThat(writer.test(out)).isFalse();
        assertThat(out.isReadable()).isFalse();
    }

    private static String hex(ByteBuf out) {
        byte[] bytes = new byte[out.readableBytes()];
        out.getBytes(out.readerIndex(), bytes);
        return PacketText.hex(bytes);
    }
}
