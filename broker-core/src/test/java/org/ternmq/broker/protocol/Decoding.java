package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Decoders in a known state, and what they make of bytes, as one line. */
final class Decoding {
    private Decoding() {}

    /** A decoder that has accepted a CONNECT of a version; a fresh one for null. */
    static MqttDecoder decoder(MqttVersion version) {
        return decoder(version, DecoderLimits.DEFAULT, new TopicNames());
    }

    static MqttDecoder decoder(MqttVersion version, DecoderLimits limits, TopicNames names) {
        MqttDecoder decoder = new MqttDecoder(names, limits);
        if (version != null) {
            String connect = switch (version) {
                case V3_1 -> "10 {<'MQIsdp'> 03 02 003C <'c'>}";
                case V3_1_1 -> "10 {<'MQTT'> 04 02 003C <'c'>}";
                case V5_0 -> "10 {<'MQTT'> 05 02 003C {} <'c'>}";
            };
            assertThat(decoder.decode(Unpooled.wrappedBuffer(PacketText.bytes(connect))))
                    .isInstanceOf(Packet.Connect.class);
            decoder.accepted();
        }
        return decoder;
    }

    /** The packet, the reason code of a refusal, or "incomplete"; checks what becomes of the reader index. */
    static String outcome(MqttDecoder decoder, ByteBuf in) {
        int from = in.readerIndex();
        try {
            Packet packet = decoder.decode(in);
            if (packet == null) {
                assertThat(in.readerIndex()).as("reader index without a packet").isEqualTo(from);
                return "incomplete";
            }
            return PacketText.describe(packet);
        } catch (DisconnectException e) {
            assertThat(in.readerIndex()).isLessThanOrEqualTo(in.writerIndex());
            assertThat(e.detail()).isNotBlank();
            return e.reasonCode().name();
        }
    }
}
