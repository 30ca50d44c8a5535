package org.ternmq.broker.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What we build, read by Netty's decoder. */
final class PacketsTest {
    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void connectCarriesUserAndPassword(int protocol) {
        MqttConnectMessage connect =
                decode(protocol, Packets.connect(protocol, "me", false, Optional.of("ann"), Optional.of("secret")));
        assertThat(connect.variableHeader().version()).isEqualTo(protocol);
        assertThat(connect.variableHeader().isCleanSession()).isFalse();
        assertThat(connect.variableHeader().keepAliveTimeSeconds()).isEqualTo(Packets.KEEP_ALIVE);
        assertThat(connect.payload().clientIdentifier()).isEqualTo("me");
        assertThat(connect.payload().userName()).isEqualTo("ann");
        assertThat(new String(connect.payload().passwordInBytes(), StandardCharsets.UTF_8))
                .isEqualTo("secret");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void subscribeAsksForTheQos(int protocol) {
        MqttSubscribeMessage subscribe = decode(protocol, Packets.subscribe(protocol, 7, "a/+", 2));
        assertThat(subscribe.variableHeader().messageId()).isEqualTo(7);
        assertThat(subscribe.payload().topicSubscriptions()).singleElement().satisfies(s -> {
            assertThat(s.topicFilter()).isEqualTo("a/+");
            assertThat(s.qualityOfService()).isEqualTo(MqttQoS.EXACTLY_ONCE);
        });
    }

    @ParameterizedTest
    @CsvSource({"4,0,20", "4,1,64", "4,2,200", "5,0,64", "5,1,20000", "5,2,20"})
    void publishIsPatched(int protocol, int qos, int size) {
        PublishTemplate template = new PublishTemplate(protocol, "t/1", qos, false, 9, size);
        ByteBuf out = Unpooled.buffer();
        out.writeByte(0xC0).writeByte(0); // something before it
        template.write(out, 4711, 123, 456);
        assertThat(out.readableBytes()).isEqualTo(2 + template.length());
        out.skipBytes(2);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        MqttPublishMessage publish = decode(protocol, bytes);
        assertThat(publish.variableHeader().topicName()).isEqualTo("t/1");
        assertThat(publish.fixedHeader().qosLevel().value()).isEqualTo(qos);
        if (qos > 0) {
            assertThat(publish.variableHeader().packetId()).isEqualTo(4711);
        }
        ByteBuf payload = publish.payload();
        assertThat(payload.readableBytes()).isEqualTo(size);
        assertThat(payload.readInt()).isEqualTo(9);
        assertThat(payload.readLong()).isEqualTo(123);
        assertThat(payload.readLong()).isEqualTo(456);
    }

    @ParameterizedTest
    @CsvSource({"4,PUBACK", "5,PUBREC", "4,PUBREL", "5,PUBCOMP"})
    void acknowledgements(int protocol, MqttMessageType type) {
        ByteBuf out = Unpooled.buffer();
        Packets.writeAck(out, type.value(), 65535);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        MqttMessage ack = decode(protocol, bytes);
        assertThat(ack.decoderResult().isSuccess()).isTrue();
        assertThat(ack.fixedHeader().messageType()).isEqualTo(type);
        assertThat(((MqttMessageIdVariableHeader) ack.variableHeader()).messageId())
                .isEqualTo(65535);
    }

    @Test
    void clearingARetainedMessageIsEmptyAndRetained() {
        MqttPublishMessage publish = decode(5, Packets.clearRetained(5, "t")); // MQTT-3.3.1-6
        assertThat(publish.fixedHeader().isRetain()).isTrue();
        assertThat(publish.payload().readableBytes()).isZero();
    }

    /** Netty's decoder learns the version from CONNECT. */
    @SuppressWarnings("unchecked")
    private static <T extends MqttMessage> T decode(int protocol, byte[] bytes) {
        EmbeddedChannel channel = new EmbeddedChannel(new MqttDecoder(1_000_000));
        channel.writeInbound(
                Unpooled.wrappedBuffer(Packets.connect(protocol, "decoder", true, Optional.empty(), Optional.empty())));
        MqttMessage connect = channel.readInbound();
        assertThat(connect.decoderResult().isSuccess()).isTrue();
        channel.writeInbound(Unpooled.wrappedBuffer(bytes));
        MqttMessage message = channel.readInbound();
        assertThat(message.decoderResult().isSuccess())
                .as("%s", message.decoderResult())
                .isTrue();
        return (T) message;
    }
}
