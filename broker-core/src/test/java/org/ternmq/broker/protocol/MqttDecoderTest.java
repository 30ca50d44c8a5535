package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MqttDecoderTest {
    /** Which CONNACK the client of an unsupported level understands (digest 1.7), and silence for what is not MQTT. */
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "10 {<'MQTT'> 03 02 003C <'c'>},   V3_1_1",
                "10 {<'MQTT'> 00 02 003C <'c'>},   V3_1_1",
                "10 {<'MQTT'> 06 02 003C {} <'c'>}, V5_0",
                "10 {<'MQTT'> FF 02 003C {} <'c'>}, V5_0",
                "10 {<'MQIsdp'> 04 02 003C <'c'>}, V3_1",
                "10 {<'MQTU'> 05 02 003C {} <'c'>},",
                "'GET /',",
                "10 FFFFFF7F,",
                "10 02 0004,"
            })
    void connAckOfAConnectThatIsNotSpokenHere(String bytes, MqttVersion layout) {
        MqttDecoder decoder = Decoding.decoder(null);
        Decoding.outcome(decoder, Unpooled.wrappedBuffer(PacketText.bytes(bytes)));
        assertThat(decoder.version()).isNull();
        assertThat(decoder.connAckVersion()).isEqualTo(layout);
    }

    @Test
    void versionIsKnownEvenIfTheConnectIsMalformed() {
        MqttDecoder decoder = Decoding.decoder(null);
        byte[] bytes = PacketText.bytes("10 {<'MQTT'> 05 03 003C {} <'c'>}");
        assertThat(Decoding.outcome(decoder, Unpooled.wrappedBuffer(bytes))).isEqualTo("MALFORMED_PACKET");
        assertThat(decoder.connAckVersion()).isEqualTo(MqttVersion.V5_0);
    }

    /** A bridge of 3.x that says so gets nothing back, and RETAIN as it was published. */
    @Test
    void subscriptionsOfABridgeAreNotLocal() {
        MqttDecoder decoder = Decoding.decoder(null);
        ByteBuf in = Unpooled.wrappedBuffer(
                PacketText.bytes("10 {<'MQTT'> 84 02 003C <'c'>} 82 {0001 <'a'> 01} 82 {0002 <'$share/g/a'> 01}"));
        assertThat(decoder.decode(in)).isInstanceOf(Packet.Connect.class);
        assertThat(decoder.decode(in)).isInstanceOfSatisfying(Packet.Subscribe.class, subscribe -> {
            assertThat(subscribe.requests().get(0).noLocal()).isTrue();
            assertThat(subscribe.requests().get(0).retainAsPublished()).isTrue();
        });
        assertThat(decoder.decode(in))
                .isInstanceOfSatisfying(
                        Packet.Subscribe.class,
                        subscribe -> assertThat(subscribe.requests().get(0).noLocal())
                                .isFalse());
    }

    /** Digest 3.9: a smaller limit until it is known who it is. */
    @Test
    void limitGrowsWhenTheConnectionIsAccepted() {
        DecoderLimits limits = new DecoderLimits(1000, 100, 10);
        MqttDecoder decoder = new MqttDecoder(new TopicNames(), limits);
        ByteBuf in = Unpooled.wrappedBuffer(PacketText.bytes("10 {<'MQTT'> 04 02 003C <'c'>} 30 {<'t'> 500*'x'}"));
        assertThat(decoder.decode(in)).isInstanceOf(Packet.Connect.class);
        assertThat(Decoding.outcome(decoder, in.duplicate())).isEqualTo("PACKET_TOO_LARGE");
        decoder.accepted();
        assertThat(decoder.decode(in)).isInstanceOf(Packet.Publish.class);
        byte[] tooLarge = PacketText.bytes("30 E607");
        assertThat(Decoding.outcome(decoder, Unpooled.wrappedBuffer(tooLarge))).isEqualTo("PACKET_TOO_LARGE");
        byte[] largest = PacketText.bytes("30 E507");
        assertThat(Decoding.outcome(decoder, Unpooled.wrappedBuffer(largest))).isEqualTo("incomplete");
    }

    /** Hostile row 41: many User Properties are refused by count, without having been read. */
    @Test
    void userPropertiesAreBounded() {
        DecoderLimits limits = new DecoderLimits(1 << 20, 1 << 20, 10);
        String ten = "26<'k'><'v'>".repeat(10);
        assertThat(connect("10 {<'MQTT'> 05 02 003C {" + ten + "} <'c'>}", limits))
                .startsWith("CONNECT");
        assertThat(connect("10 {<'MQTT'> 05 02 003C {" + ten + "26<><>} <'c'>}", limits))
                .isEqualTo("QUOTA_EXCEEDED");
        assertThat(connect("10 {<'MQTT'> 05 06 003C {} <'c'> {" + ten + "26<><>} <'t'> <>}", limits))
                .isEqualTo("QUOTA_EXCEEDED");
    }

    private static String connect(String bytes, DecoderLimits limits) {
        return Decoding.outcome(
                new MqttDecoder(new TopicNames(), limits), Unpooled.wrappedBuffer(PacketText.bytes(bytes)));
    }

    /** Digest 5.4.9: one option for all strings. */
    @Test
    void controlCharactersByOption() {
        TopicNames lenient = new TopicNames(true, 256, 4096);
        MqttDecoder decoder = Decoding.decoder(MqttVersion.V5_0, DecoderLimits.DEFAULT, lenient);
        for (String bytes : new String[] {"30 {<01> {03<02> 26<03><04>}}", "82 {0001 {} <01> 00}"}) {
            assertThat(decoder.decode(Unpooled.wrappedBuffer(PacketText.bytes(bytes))))
                    .isNotNull();
        }
        assertThat(Decoding.outcome(decoder, Unpooled.wrappedBuffer(PacketText.bytes("82 {0001 {} <00> 00}"))))
                .isEqualTo("MALFORMED_PACKET");
    }

    @Test
    void topicsAreInternedAndEmptyPropertiesShared() {
        MqttDecoder decoder = Decoding.decoder(MqttVersion.V5_0);
        byte[] bytes = PacketText.bytes("30 {<'a/b'> {} 'x'} 30 {<'a/b'> {23 0001} 'y'}");
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        Packet.Publish first = (Packet.Publish) decoder.decode(in);
        Packet.Publish second = (Packet.Publish) decoder.decode(in);
        assertThat(second.topic()).isSameAs(first.topic());
        assertThat(first.properties()).isSameAs(PublishProperties.NONE);
        assertThat(second.properties()).isSameAs(PublishProperties.NONE);
    }

    @Test
    void keepsNothingOfTheBuffer() {
        ByteBuf in = ByteBufAllocator.DEFAULT.directBuffer();
        MqttDecoder decoder = Decoding.decoder(MqttVersion.V5_0);
        in.writeBytes(PacketText.bytes("30 {<'a/b'> {01 01 03<'x'>} 'payload'} 30 {<'a/+'> {}}"));
        Packet.Publish publish = (Packet.Publish) decoder.decode(in);
        assertThat(Decoding.outcome(decoder, in)).isEqualTo("TOPIC_NAME_INVALID");
        assertThat(in.refCnt()).isEqualTo(1);
        in.setZero(0, in.capacity());
        assertThat(in.release()).isTrue();
        assertThat(PacketText.describe(publish))
                .isEqualTo("PUBLISH a/b qos=0 forwarded=010103000178 payload=7061796c6f6164");
    }

    /** A PUBLISH on a known topic costs its payload and one object, neither a String nor a box. */
    @Test
    void publishAllocatesItsPayloadAndLittleElse() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        int rounds = 20_000;
        for (MqttVersion version : MqttVersion.values()) {
            MqttDecoder decoder = Decoding.decoder(version);
            String properties = version.hasProperties() ? "{23 0001}" : "";
            ByteBuf in = Unpooled.wrappedBuffer(
                    PacketText.bytes("32 {<'plant/7/line/3/temperature'> 0001" + properties + " 16*'x'}"));
            long before = 0;
            for (int i = -rounds; i < rounds; i++) {
                if (i == 0) {
                    before = threads.getThreadAllocatedBytes(thread);
                }
                in.readerIndex(0);
                decoder.decode(in);
            }
            long perPacket = (threads.getThreadAllocatedBytes(thread) - before) / rounds;
            // 32 for the payload, 40 to 48 for the Publish
            assertThat(perPacket).as("bytes per PUBLISH, %s", version).isLessThanOrEqualTo(96);
        }
    }
}
