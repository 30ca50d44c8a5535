package org.ternmq.broker.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.MqttEncoder;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.spi.QoS;

final class PublishEncoderTest {
    private static final long NOW = 1_000_000;
    private static final TopicName TOPIC = TopicName.ofValid("long/topic");

    private final TopicAliases aliases = new TopicAliases(0);

    private static Delivery delivery(String payload, long expirySeconds) {
        return Delivery.unstored(
                ApplicationMessage.arrived(
                        TOPIC,
                        QoS.AT_MOST_ONCE,
                        false,
                        payload.getBytes(StandardCharsets.UTF_8),
                        new PublishProperties(new byte[0], expirySeconds),
                        NOW,
                        "publisher"),
                QoS.AT_MOST_ONCE,
                false,
                Delivery.NO_IDENTIFIERS);
    }

    private PublishEncoder encoder(MqttVersion version, int maximumPacketSize) {
        return new PublishEncoder(new MqttEncoder(version, maximumPacketSize, true), aliases);
    }

    private static String hex(PublishEncoder encoder, Delivery delivery, long now) {
        ByteBuf out = Unpooled.buffer();
        boolean written = encoder.write(out, delivery, 0, false, now);
        assertThat(written).isEqualTo(out.isReadable());
        return ByteBufUtil.hexDump(out);
    }

    private static final String NAME = "000a" + ByteBufUtil.hexDump("long/topic".getBytes(StandardCharsets.UTF_8));

    @Test
    void anAliasGoesOutWithItsTopicOnceAndThenInItsPlace() {
        aliases.outboundMaximum(5);
        PublishEncoder encoder = encoder(MqttVersion.V5_0, 1000);
        assertThat(hex(encoder, delivery("x", PublishProperties.NEVER), NOW))
                .isEqualTo("3011" + NAME + "03230001" + "78");
        assertThat(hex(encoder, delivery("y", PublishProperties.NEVER), NOW))
                .isEqualTo("3007" + "0000" + "03230001" + "79");
    }

    @Test
    @Mqtt5({"3.1.2-24", "3.1.2-25"})
    void aPacketThatDoesNotFitIsNotWrittenAndIntroducesNoAlias() {
        aliases.outboundMaximum(5);
        PublishEncoder encoder = encoder(MqttVersion.V5_0, 19);
        assertThat(hex(encoder, delivery("xx", PublishProperties.NEVER), NOW)).isEmpty();
        assertThat(hex(encoder, delivery("y", PublishProperties.NEVER), NOW))
                .as("with the topic, since the client does not know the alias")
                .isEqualTo("3011" + NAME + "03230001" + "79");
    }

    @Test
    @Mqtt5("3.3.2-6")
    void theExpiryIntervalIsLessByWhatTheMessageWaited() {
        assertThat(hex(encoder(MqttVersion.V5_0, 1000), delivery("x", 60), NOW + 10_999))
                .isEqualTo("3013" + NAME + "05" + "0200000032" + "78");
        assertThat(hex(encoder(MqttVersion.V3_1_1, 1000), delivery("x", 60), NOW + 10_999))
                .as("3.1.1 has no properties")
                .isEqualTo("300d" + NAME + "78");
    }

    @Test
    void whatIsTheSameForAllIsEncodedOnceForEachKindOfVersion() {
        Delivery shared = delivery("x", PublishProperties.NEVER);
        shared.shared();
        String five = hex(encoder(MqttVersion.V5_0, 1000), shared, NOW);
        String three = hex(encoder(MqttVersion.V3_1_1, 1000), shared, NOW);
        assertThat(five).isEqualTo("300e" + NAME + "00" + "78");
        assertThat(three).isEqualTo("300d" + NAME + "78");
        assertThat(shared.encoded(MqttVersion.V5_0)).isNotNull();
        assertThat(shared.encoded(MqttVersion.V3_1)).as("as 3.1.1").isSameAs(shared.encoded(MqttVersion.V3_1_1));
        assertThat(hex(encoder(MqttVersion.V5_0, 15), shared, NOW))
                .as("each client's own limit")
                .isEmpty();
        assertThat(hex(encoder(MqttVersion.V5_0, 16), shared, NOW)).isEqualTo(five);
    }
}
