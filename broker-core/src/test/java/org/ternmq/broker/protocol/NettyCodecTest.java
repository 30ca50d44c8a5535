package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttUnsubAckMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;

/** Netty's own MQTT codec as a second opinion: what one writes the other reads. */
final class NettyCodecTest {
    // Netty's codec needs to see the CONNECT pass, to know the version in which it writes and reads.
    private final EmbeddedChannel writer = new EmbeddedChannel(io.netty.handler.codec.mqtt.MqttEncoder.INSTANCE);
    private final EmbeddedChannel reader = new EmbeddedChannel(new io.netty.handler.codec.mqtt.MqttDecoder(1 << 20));
    private final TopicNames names = new TopicNames();
    private final MqttDecoder decoder = new MqttDecoder(names, DecoderLimits.DEFAULT);

    @AfterEach
    void nothingIsLeft() {
        assertThat(writer.finishAndReleaseAll()).isFalse();
        assertThat(reader.finishAndReleaseAll()).isFalse();
    }

    // --- Netty writes, we read

    @ParameterizedTest
    @EnumSource(MqttVersion.class)
    void connectOfNetty(MqttVersion version) {
        MqttMessageBuilders.ConnectBuilder connect = connectBuilder(version)
                .willFlag(true)
                .willTopic("w/t")
                .willMessage("bye".getBytes(StandardCharsets.UTF_8))
                .willQoS(MqttQoS.EXACTLY_ONCE)
                .willRetain(true)
                .hasUser(true)
                .username("user")
                .hasPassword(true)
                .password(new byte[] {0, -1});
        String expected = "CONNECT " + version
                + " id=client clean keepalive=60 user=user password=00ff will(w/t qos=2 retain%s payload=627965)%s";
        if (version == MqttVersion.V5_0) {
            MqttProperties p = new MqttProperties();
            p.add(new MqttProperties.IntegerProperty(0x11, 3600));
            p.add(new MqttProperties.IntegerProperty(0x21, 20));
            p.add(new MqttProperties.UserProperty("k", "v"));
            MqttProperties w = new MqttProperties();
            w.add(new MqttProperties.IntegerProperty(0x18, 30));
            w.add(new MqttProperties.StringProperty(0x03, "text"));
            connect.properties(p).willProperties(w);
            expected = expected.formatted(" delay=30 forwarded=03000474657874", " expiry=3600 receive=20 k:v");
        } else {
            expected = expected.formatted("", "");
        }
        assertThat(PacketText.describe(ours(connect.build()))).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(MqttVersion.class)
    void packetsOfNetty(MqttVersion version) {
        ours(connectBuilder(version).build());
        boolean properties = version == MqttVersion.V5_0;

        MqttMessageBuilders.PublishBuilder publish = MqttMessageBuilders.publish()
                .topicName("a/b")
                .qos(MqttQoS.AT_LEAST_ONCE)
                .messageId(10)
                .retained(true)
                .payload(Unpooled.copiedBuffer("hi", StandardCharsets.UTF_8));
        if (properties) {
            MqttProperties p = new MqttProperties();
            p.add(new MqttProperties.IntegerProperty(0x02, 60));
            p.add(new MqttProperties.IntegerProperty(0x23, 5));
            p.add(new MqttProperties.UserProperty("k", "v"));
            publish.properties(p);
        }
        assertThat(PacketText.describe(ours(publish.build())))
                .isEqualTo("PUBLISH a/b qos=1 retain id=10"
                        + (properties ? " alias=5 expiry=60 forwarded=2600016b000176" : "") + " payload=6869");

        MqttMessageBuilders.SubscribeBuilder subscribe =
                MqttMessageBuilders.subscribe().messageId(11);
        if (properties) {
            subscribe.addSubscription(
                    "a/#",
                    new MqttSubscriptionOption(
                            MqttQoS.EXACTLY_ONCE,
                            true,
                            true,
                            MqttSubscriptionOption.RetainedHandlingPolicy.DONT_SEND_AT_SUBSCRIBE));
        } else {
            subscribe.addSubscription(MqttQoS.EXACTLY_ONCE, "a/#");
        }
        assertThat(PacketText.describe(ours(subscribe.build())))
                .isEqualTo("SUBSCRIBE 11 a/#/2" + (properties ? "/nolocal/asPublished/DO_NOT_SEND" : ""));
        assertThat(PacketText.describe(ours(MqttMessageBuilders.unsubscribe()
                        .messageId(12)
                        .addTopicFilter("a/#")
                        .build())))
                .isEqualTo("UNSUBSCRIBE 12 a/#");
        assertThat(PacketText.describe(ours(MqttMessageBuilders.pubAck()
                        .packetId(13)
                        .reasonCode((byte) (properties ? 0x87 : 0))
                        .build())))
                .isEqualTo("PUBACK 13 " + (properties ? "NOT_AUTHORIZED" : "SUCCESS"));
        assertThat(ours(MqttMessage.PINGREQ)).isInstanceOf(Packet.PingReq.class);
        assertThat(PacketText.describe(ours(MqttMessage.DISCONNECT))).isEqualTo("DISCONNECT SUCCESS");
    }

    // --- we write, Netty reads

    @ParameterizedTest
    @EnumSource(MqttVersion.class)
    void packetsOfOurs(MqttVersion version) {
        boolean properties = version == MqttVersion.V5_0;
        netty(out -> new ClientPackets(version, names)
                .connect(out, Packet.Connect.of(version, "client", true, 60, 0, null, null, null)));
        MqttEncoder encoder = MqttEncoder.forVersion(version);

        MqttConnAckMessage connAck = (MqttConnAckMessage) netty(out -> encoder.connAck(
                out,
                true,
                ReasonCode.SUCCESS,
                ConnAckProperties.builder()
                        .assignedClientId("id")
                        .topicAliasMaximum(10)
                        .userProperty(new UserProperty("k", "v"))
                        .build()));
        assertThat(connAck.variableHeader().connectReturnCode()).isEqualTo(MqttConnectReturnCode.CONNECTION_ACCEPTED);
        assertThat(connAck.variableHeader().isSessionPresent()).isEqualTo(version != MqttVersion.V3_1);
        if (properties) {
            MqttProperties p = connAck.variableHeader().properties();
            assertThat(p.getProperty(0x12).value()).isEqualTo("id");
            assertThat(p.getProperty(0x22).value()).isEqualTo(10);
            assertThat(p.getProperties(0x26)).hasSize(1);
        }

        ApplicationMessage message = new ApplicationMessage(
                TopicName.ofValid("a/b"),
                QoS.EXACTLY_ONCE,
                true,
                "hi".getBytes(StandardCharsets.UTF_8),
                PacketText.bytes("01 01 26<'k'><'v'>"),
                ApplicationMessage.NEVER,
                null);
        MqttPublishMessage publish = (MqttPublishMessage) netty(out -> encoder.publish(
                out, message.topic(), message, 7, QoS.EXACTLY_ONCE, true, true, 9, 60, new int[] {1, 300}));
        try {
            assertThat(publish.fixedHeader().isDup()).isTrue();
            assertThat(publish.fixedHeader().isRetain()).isTrue();
            assertThat(publish.fixedHeader().qosLevel()).isEqualTo(MqttQoS.EXACTLY_ONCE);
            assertThat(publish.variableHeader().topicName()).isEqualTo("a/b");
            assertThat(publish.variableHeader().packetId()).isEqualTo(7);
            assertThat(publish.payload().toString(StandardCharsets.UTF_8)).isEqualTo("hi");
            MqttProperties p = publish.variableHeader().properties();
            if (properties) {
                assertThat(p.getProperty(0x01).value()).isEqualTo(1);
                assertThat(p.getProperty(0x02).value()).isEqualTo(60);
                assertThat(p.getProperty(0x23).value()).isEqualTo(9);
                assertThat(p.getProperties(0x0B))
                        .extracting(property -> property.value())
                        .isEqualTo(List.of(1, 300));
            } else {
                assertThat(p.isEmpty()).isTrue();
            }
        } finally {
            publish.release();
        }

        for (MqttMessageType type : List.of(
                MqttMessageType.PUBACK, MqttMessageType.PUBREC, MqttMessageType.PUBREL, MqttMessageType.PUBCOMP)) {
            MqttMessage ack = netty(out -> {
                switch (type) {
                    case PUBACK -> encoder.pubAck(out, 8, ReasonCode.QUOTA_EXCEEDED, "why");
                    case PUBREC -> encoder.pubRec(out, 8, ReasonCode.QUOTA_EXCEEDED, "why");
                    case PUBREL -> encoder.pubRel(out, 8, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND);
                    default -> encoder.pubComp(out, 8, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND);
                }
            });
            assertThat(ack.fixedHeader().messageType()).isEqualTo(type);
            if (properties) {
                byte code = (byte) (type == MqttMessageType.PUBACK || type == MqttMessageType.PUBREC ? 0x97 : 0x92);
                assertThat(((MqttPubReplyMessageVariableHeader) ack.variableHeader()).reasonCode())
                        .isEqualTo(code);
            }
        }

        MqttSubAckMessage subAck = (MqttSubAckMessage) netty(out ->
                encoder.subAck(out, 9, List.of(ReasonCode.GRANTED_QOS_1, ReasonCode.TOPIC_FILTER_INVALID), "why"));
        assertThat(subAck.payload().reasonCodes()).containsExactly(1, properties ? 0x8F : 0x80);
        MqttMessage unsubAck = netty(
                out -> encoder.unsubAck(out, 9, List.of(ReasonCode.SUCCESS, ReasonCode.NO_SUBSCRIPTION_EXISTED), null));
        if (properties) {
            assertThat(((MqttUnsubAckMessage) unsubAck).payload().unsubscribeReasonCodes())
                    .containsExactly((short) 0, (short) 0x11);
        }
        assertThat(((MqttMessageIdAndPropertiesVariableHeader) unsubAck.variableHeader()).messageId())
                .isEqualTo(9);
        assertThat(netty(encoder::pingResp).fixedHeader().messageType()).isEqualTo(MqttMessageType.PINGRESP);
        if (properties) {
            MqttMessage disconnect =
                    netty(out -> encoder.disconnect(out, ReasonCode.SERVER_MOVED, "why", "other:1883"));
            MqttReasonCodeAndPropertiesVariableHeader header =
                    (MqttReasonCodeAndPropertiesVariableHeader) disconnect.variableHeader();
            assertThat(header.reasonCode()).isEqualTo((byte) 0x9D);
            assertThat(header.properties().getProperty(0x1C).value()).isEqualTo("other:1883");
            MqttMessage auth =
                    netty(out -> encoder.auth(out, ReasonCode.CONTINUE_AUTHENTICATION, "m", new byte[] {1}, null));
            header = (MqttReasonCodeAndPropertiesVariableHeader) auth.variableHeader();
            assertThat(header.properties().getProperty(0x15).value()).isEqualTo("m");
        }
    }

    private static MqttMessageBuilders.ConnectBuilder connectBuilder(MqttVersion version) {
        return MqttMessageBuilders.connect()
                .protocolVersion(
                        switch (version) {
                            case V3_1 -> io.netty.handler.codec.mqtt.MqttVersion.MQTT_3_1;
                            case V3_1_1 -> io.netty.handler.codec.mqtt.MqttVersion.MQTT_3_1_1;
                            case V5_0 -> io.netty.handler.codec.mqtt.MqttVersion.MQTT_5;
                        })
                .clientId("client")
                .cleanSession(true)
                .keepAlive(60);
    }

    /** What our decoder makes of what Netty's encoder writes. */
    private Packet ours(MqttMessage message) {
        writer.writeOutbound(message);
        ByteBuf bytes = writer.readOutbound();
        try {
            Packet packet = decoder.decode(bytes);
            assertThat(bytes.isReadable()).isFalse();
            return packet;
        } finally {
            assertThat(bytes.release()).as("last reference").isTrue();
        }
    }

    /** What Netty's decoder makes of what we write. */
    private MqttMessage netty(Consumer<ByteBuf> write) {
        ByteBuf out = reader.alloc().buffer();
        write.accept(out);
        reader.writeInbound(out);
        MqttMessage message = reader.readInbound();
        assertThat(message).isNotNull();
        assertThat(message.decoderResult().cause()).isNull();
        assertThat(reader.inboundMessages()).isEmpty();
        return message;
    }
}
