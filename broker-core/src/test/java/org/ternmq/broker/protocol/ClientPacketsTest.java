package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;

/** Client and server side against each other. */
final class ClientPacketsTest {
    private static final ApplicationMessage MESSAGE = new ApplicationMessage(
            TopicName.ofValid("a/b"),
            QoS.AT_LEAST_ONCE,
            true,
            "hi".getBytes(StandardCharsets.UTF_8),
            PacketText.bytes("03<'x'>"),
            ApplicationMessage.NEVER,
            null);

    @ParameterizedTest
    @EnumSource(MqttVersion.class)
    void serverReadsWhatTheClientWrites(MqttVersion version) {
        boolean v5 = version == MqttVersion.V5_0;
        ClientPackets client = new ClientPackets(version, new TopicNames());
        MqttDecoder server = new MqttDecoder(new TopicNames(), DecoderLimits.DEFAULT);
        WillMessage will = new WillMessage(
                TopicName.ofValid("w"),
                QoS.EXACTLY_ONCE,
                true,
                new byte[] {1},
                v5 ? new PublishProperties(PacketText.bytes("26<'a'><'b'>"), 60) : PublishProperties.NONE,
                v5 ? 5 : 0);
        Packet.Connect connect = v5
                ? new Packet.Connect(
                        version,
                        "c",
                        false,
                        60,
                        will,
                        "u",
                        new byte[] {2},
                        3600,
                        20,
                        4096,
                        10,
                        true,
                        false,
                        "m",
                        new byte[] {3},
                        List.of(new UserProperty("k", "v"), new UserProperty("k", "w")))
                : Packet.Connect.of(version, "c", false, 60, Packet.SESSION_NEVER_EXPIRES, will, "u", new byte[] {2});
        assertThat(received(server, out -> client.connect(out, connect))).isEqualTo(PacketText.describe(connect));

        String properties = v5 ? " expiry=60 forwarded=03000178" : "";
        assertThat(received(server, out -> client.publish(out, MESSAGE, 7, true, 60)))
                .isEqualTo("PUBLISH a/b qos=1 retain dup id=7" + properties + " payload=6869");
        assertThat(received(server, out -> client.pubAck(out, 1))).isEqualTo("PUBACK 1 SUCCESS");
        assertThat(received(server, out -> client.pubRec(out, 2))).isEqualTo("PUBREC 2 SUCCESS");
        assertThat(received(server, out -> client.pubRel(out, 3))).isEqualTo("PUBREL 3 SUCCESS");
        assertThat(received(server, out -> client.pubComp(out, 4))).isEqualTo("PUBCOMP 4 SUCCESS");
        Packet.Subscribe subscribe = new Packet.Subscribe(
                5,
                200,
                List.of(
                        SubscriptionRequest.of("ä/#", QoS.AT_LEAST_ONCE),
                        new SubscriptionRequest("b", QoS.EXACTLY_ONCE, true, true, RetainHandling.SEND_IF_NEW)));
        assertThat(received(server, out -> client.subscribe(out, subscribe)))
                .isEqualTo(v5 ? PacketText.describe(subscribe) : "SUBSCRIBE 5 ä/#/1 b/2");
        assertThat(received(server, out -> client.unsubscribe(out, new Packet.Unsubscribe(6, List.of("ä/#", "b")))))
                .isEqualTo("UNSUBSCRIBE 6 ä/# b");
        assertThat(received(server, client::pingReq)).isEqualTo("PINGREQ");
        if (v5) {
            Packet.Auth auth = new Packet.Auth(ReasonCode.RE_AUTHENTICATE, "m", new byte[] {1}, "r");
            assertThat(received(server, out -> client.auth(out, auth))).isEqualTo(PacketText.describe(auth));
            Packet.Disconnect code =
                    new Packet.Disconnect(ReasonCode.DISCONNECT_WITH_WILL_MESSAGE, Packet.Disconnect.ABSENT, null);
            assertThat(received(server, out -> client.disconnect(out, code))).isEqualTo(PacketText.describe(code));
            Packet.Disconnect full = new Packet.Disconnect(ReasonCode.SUCCESS, 60, "bye");
            assertThat(received(server, out -> client.disconnect(out, full))).isEqualTo(PacketText.describe(full));
        }
        Packet.Disconnect plain = new Packet.Disconnect(ReasonCode.SUCCESS, Packet.Disconnect.ABSENT, null);
        assertThat(received(server, out -> client.disconnect(out, plain))).isEqualTo("DISCONNECT SUCCESS");
    }

    @ParameterizedTest
    @EnumSource(MqttVersion.class)
    void clientReadsWhatTheServerWrites(MqttVersion version) {
        boolean v5 = version == MqttVersion.V5_0;
        ClientPackets client = new ClientPackets(version, new TopicNames());
        MqttEncoder server = MqttEncoder.forVersion(version);
        ConnAckProperties properties = ConnAckProperties.builder()
                .sessionExpiryInterval(3600)
                .receiveMaximum(20)
                .maximumQos(QoS.AT_LEAST_ONCE)
                .retainAvailable(false)
                .maximumPacketSize(65_536)
                .assignedClientId("id")
                .topicAliasMaximum(10)
                .reasonString("why")
                .userProperty(new UserProperty("a", "b"))
                .sharedSubscriptionAvailable(false)
                .serverKeepAlive(30)
                .responseInformation("r/")
                .serverReference("other")
                .authentication("m", new byte[] {1})
                .build();
        assertThat(sent(client, out -> server.connAck(out, true, ReasonCode.SUCCESS, properties)))
                .usingRecursiveComparison()
                .isEqualTo(new ServerPacket.ConnAck(
                        version != MqttVersion.V3_1, ReasonCode.SUCCESS, v5 ? properties : ConnAckProperties.NONE));
        assertThat(sent(client, out -> server.connAck(out, false, ReasonCode.NOT_AUTHORIZED, ConnAckProperties.NONE)))
                .isInstanceOfSatisfying(
                        ServerPacket.ConnAck.class,
                        ack -> assertThat(ack.reasonCode()).isEqualTo(ReasonCode.NOT_AUTHORIZED));

        ServerPacket.Delivery delivery = (ServerPacket.Delivery) sent(
                client,
                out -> server.publish(
                        out, MESSAGE.topic(), MESSAGE, 7, QoS.EXACTLY_ONCE, true, false, 9, 60, new int[] {1, 300}));
        assertThat(PacketText.describe(delivery.publish()))
                .isEqualTo("PUBLISH a/b qos=2 dup id=7" + (v5 ? " alias=9 expiry=60 forwarded=03000178" : "")
                        + " payload=6869");
        assertThat(delivery.subscriptionIdentifiers()).isEqualTo(v5 ? new int[] {1, 300} : new int[0]);

        ReasonCode denied = v5 ? ReasonCode.NOT_AUTHORIZED : ReasonCode.SUCCESS;
        ReasonCode unknown = v5 ? ReasonCode.PACKET_IDENTIFIER_NOT_FOUND : ReasonCode.SUCCESS;
        assertThat(sent(client, out -> server.pubAck(out, 1, ReasonCode.NOT_AUTHORIZED, "no")))
                .isEqualTo(new Packet.PubAck(1, denied));
        assertThat(sent(client, out -> server.pubRec(out, 1, ReasonCode.NOT_AUTHORIZED, null)))
                .isEqualTo(new Packet.PubRec(1, denied));
        assertThat(sent(client, out -> server.pubRel(out, 1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND)))
                .isEqualTo(new Packet.PubRel(1, unknown));
        assertThat(sent(client, out -> server.pubComp(out, 1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND)))
                .isEqualTo(new Packet.PubComp(1, unknown));
        List<ReasonCode> codes = List.of(ReasonCode.GRANTED_QOS_1, ReasonCode.NOT_AUTHORIZED);
        assertThat(sent(client, out -> server.subAck(out, 1, codes, "why")))
                .isEqualTo(new ServerPacket.SubAck(
                        1, List.of(ReasonCode.GRANTED_QOS_1, v5 ? denied : ReasonCode.UNSPECIFIED_ERROR)));
        assertThat(sent(client, out -> server.unsubAck(out, 1, List.of(ReasonCode.NO_SUBSCRIPTION_EXISTED), null)))
                .isEqualTo(new ServerPacket.UnsubAck(1, v5 ? List.of(ReasonCode.NO_SUBSCRIPTION_EXISTED) : List.of()));
        assertThat(sent(client, server::pingResp)).isEqualTo(new ServerPacket.PingResp());
        if (v5) {
            assertThat(sent(client, out -> server.disconnect(out, ReasonCode.SERVER_MOVED, "why", "other")))
                    .isEqualTo(new Packet.Disconnect(ReasonCode.SERVER_MOVED, Packet.Disconnect.ABSENT, "why"));
            assertThat(sent(
                            client,
                            out -> server.auth(out, ReasonCode.CONTINUE_AUTHENTICATION, "m", new byte[] {1}, null)))
                    .usingRecursiveComparison()
                    .isEqualTo(new Packet.Auth(ReasonCode.CONTINUE_AUTHENTICATION, "m", new byte[] {1}, null));
        }
    }

    /** A broker of 3.1.1 only answers a CONNECT of 5.0 in its own form. */
    @Test
    void connAckOfAnOlderServer() {
        ClientPackets client = new ClientPackets(MqttVersion.V5_0, new TopicNames());
        assertThat(client.decode(Unpooled.wrappedBuffer(PacketText.bytes("20 02 00 01"))))
                .isInstanceOfSatisfying(
                        ServerPacket.ConnAck.class,
                        ack -> assertThat(ack.reasonCode()).isEqualTo(ReasonCode.UNSUPPORTED_PROTOCOL_VERSION));
    }

    @Test
    void clientRefusesWhatAServerMayNotSend() {
        ClientPackets client = new ClientPackets(MqttVersion.V5_0, new TopicNames());
        for (String bytes :
                new String[] {"10 00", "82 00", "C0 00", "36 00", "D1 00", "20 00", "D0 01 00", "90 FFFFFFFF"}) {
            assertThatThrownBy(() -> client.decode(Unpooled.wrappedBuffer(PacketText.bytes(bytes))))
                    .as(bytes)
                    .isInstanceOf(DisconnectException.class);
        }
    }

    private static String received(MqttDecoder server, Consumer<ByteBuf> write) {
        ByteBuf out = Unpooled.buffer();
        write.accept(out);
        String outcome = Decoding.outcome(server, out);
        assertThat(out.isReadable()).as("bytes left behind %s", outcome).isFalse();
        return outcome;
    }

    private static ServerPacket sent(ClientPackets client, Consumer<ByteBuf> write) {
        ByteBuf out = Unpooled.buffer();
        write.accept(out);
        for (int end = 0; end < out.writerIndex(); end++) {
            assertThat(client.decode(out.slice(0, end))).as("cut at %d", end).isNull();
        }
        ServerPacket packet = client.decode(out);
        assertThat(out.isReadable()).isFalse();
        return packet;
    }
}
