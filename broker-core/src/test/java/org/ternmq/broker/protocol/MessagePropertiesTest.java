package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;

final class MessagePropertiesTest {
    private static final long NOW = 1_000_000;

    private static final Message ALL = Message.builder("a/b")
            .payload("héllo")
            .qos(QoS.AT_LEAST_ONCE)
            .retain(true)
            .expiryInterval(60)
            .contentType("text/plain")
            .responseTopic("r/t")
            .correlationData(ByteBuffer.wrap(new byte[] {0, -1}))
            .userProperty("k", "1")
            .userProperty("", "")
            .userProperty("k", "0")
            .build();

    /** MQTT-3.3.2-4, -15 to -18, -20. */
    @Test
    void everythingComesBack() {
        ApplicationMessage message = MessageProperties.fromSpi(ALL, false, NOW, "c");
        assertThat(message.publisher()).isEqualTo("c");
        assertThat(message.expiresAt()).isEqualTo(NOW + 60_000);
        assertThat(MessageProperties.toSpi(message, NOW)).isEqualTo(ALL);
    }

    @Test
    void forwardedBytesAreWhatADecoderWouldKeep() {
        byte[] bytes = MessageProperties.properties(ALL, false).forwarded();
        assertThat(bytes)
                .isEqualTo(
                        PacketText.bytes("01 01 03<'text/plain'> 08<'r/t'> 09<00FF> 26<'k'><'1'> 26<><> 26<'k'><'0'>"));
    }

    @Test
    void nothingStaysNothing() {
        Message plain = Message.builder("t").build();
        ApplicationMessage message = MessageProperties.fromSpi(plain, false, NOW, null);
        assertThat(message.expires()).isFalse();
        assertThat(message.properties()).isEmpty();
        assertThat(MessageProperties.properties(plain, false)).isSameAs(PublishProperties.NONE);
        assertThat(MessageProperties.toSpi(message, NOW)).isEqualTo(plain);
    }

    /** MQTT-3.3.2-6. */
    @Test
    @Mqtt5("3.3.2-6")
    void expiryIsWhatIsLeft() {
        ApplicationMessage message = MessageProperties.fromSpi(ALL, false, NOW, null);
        assertThat(MessageProperties.toSpi(message, NOW + 20_500).expiryInterval())
                .hasValue(40);
        assertThat(MessageProperties.toSpi(message, NOW + 99_000).expiryInterval())
                .hasValue(0);
    }

    @Test
    void refusesWhatMqttCannotCarry() {
        assertRefused(ALL.toBuilder().topic("a/+").build());
        assertRefused(ALL.toBuilder().topic("").build());
        assertRefused(ALL.toBuilder().responseTopic("a/#").build()); // MQTT-3.3.2-14
        assertRefused(ALL.toBuilder().contentType("\uD800").build()); // MQTT-1.5.4-1
        assertRefused(ALL.toBuilder().userProperty("a\u0000", "").build()); // MQTT-1.5.4-2
        assertRefused(ALL.toBuilder().userProperty("", "\u0007").build());
        assertRefused(ALL.toBuilder().userProperty("", "x".repeat(65_536)).build());
        assertRefused(
                ALL.toBuilder().correlationData(ByteBuffer.allocate(65_536)).build());
    }

    /** 3.3.2.3.2. */
    @Test
    void payloadFormat() {
        byte[] bad = {(byte) 0xFF};
        byte[] good = {0x61};
        PublishProperties text = new PublishProperties(PacketText.bytes("26<01><01> 01 01"), PublishProperties.NEVER);
        PublishProperties binary = new PublishProperties(PacketText.bytes("03<'x'> 01 00"), PublishProperties.NEVER);
        assertThat(MessageProperties.payloadFitsFormat(text, good)).isTrue();
        assertThat(MessageProperties.payloadFitsFormat(text, bad)).isFalse();
        assertThat(MessageProperties.payloadFitsFormat(binary, bad)).isTrue();
        assertThat(MessageProperties.payloadFitsFormat(PublishProperties.NONE, bad))
                .isTrue();
    }

    private static void assertRefused(Message message) {
        assertThatThrownBy(() -> MessageProperties.fromSpi(message, false, NOW, null))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
