package org.ternmq.broker.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.DecoderException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PacketReaderTest {
    private final Seen seen = new Seen();

    @Test
    void readsEveryPacketOf311() {
        read(4, "20 02 00 00  90 03 00 01 02  40 02 12 34  50 02 00 02  62 02 00 03  70 02 00 04  D0 00");
        assertThat(seen.lines).containsExactly("connack 0 65535", "suback 1 2", "4 4660 0", "5 2 0", "6 3 0", "7 4 0");
    }

    @Test
    void readsReasonCodesOf5() {
        read(5, "90 04 00 01 00 87  40 03 00 01 97  50 04 00 02 80 00  E0 01 8E  E0 00");
        assertThat(seen.lines).containsExactly("suback 1 135", "4 1 151", "5 2 128", "bye 142", "bye 0");
    }

    @Test
    void findsReceiveMaximumAmongTheOtherProperties() {
        // session expiry, maximum QoS, assigned client id, a user property, then receive maximum 20
        read(5, "20 1B 00 00 18  11 00 00 00 05  24 01  12 00 02 61 62  26 00 01 6B 00 01 76  2A 01  21 00 14");
        assertThat(seen.lines).containsExactly("connack 0 20");
    }

    @Test
    void passesOverThePropertiesOfPublish() {
        // topic "t", packet id 5, properties: message expiry 1, payload "hi"
        read(5, "32 0D 00 01 74 00 05 05 02 00 00 00 01 68 69");
        assertThat(seen.lines).containsExactly("publish 1 5 6869");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 64, 1000})
    void piecesOfAnySizeGiveTheSamePackets(int piece) {
        ByteBuf all = Unpooled.buffer();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            int size = 20 + i * 10; // remaining lengths of one and of two bytes
            int before = all.writerIndex();
            new PublishTemplate(4, "topic", 1, false, i, size).write(all, i + 1, i, i);
            expected.add("publish 1 " + (i + 1) + " "
                    + HexFormat.of().formatHex(bytes(all, all.writerIndex() - size, size)));
            assertThat(all.writerIndex()).isGreaterThan(before);
            Packets.writeAck(all, Packets.PUBACK, i + 1);
            expected.add("4 " + (i + 1) + " 0");
        }
        PacketReader reader = new PacketReader(4, seen);
        while (all.isReadable()) {
            reader.read(all.readSlice(Math.min(piece, all.readableBytes())), UnpooledByteBufAllocator.DEFAULT);
        }
        reader.close();
        assertThat(seen.lines).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "30 FF FF FF FF 01", // five bytes of length: MQTT-1.5.5
                "30 03 00 05 61", // topic longer than the packet
                "32 03 00 01 61", // no packet id
                "40 01 00", // no packet id
                "20 01 00", // no return code
                "10 00", // a client's packet
                "F0 00" // AUTH was not asked for
            })
    void malformedPacketsAreSaid(String hex) {
        assertThatThrownBy(() -> read(4, hex)).isInstanceOf(DecoderException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "30 05 00 01 61 7F 00", // properties longer than the packet
                "30 03 00 01 61", // no length of properties
                "90 03 00 01 00" // no reason code
            })
    void malformedPropertiesAreSaid(String hex) {
        assertThatThrownBy(() -> read(5, hex)).isInstanceOf(DecoderException.class);
    }

    private void read(int protocol, String hex) {
        PacketReader reader = new PacketReader(protocol, seen);
        ByteBuf in = Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
        reader.read(in, UnpooledByteBufAllocator.DEFAULT);
        assertThat(in.isReadable()).isFalse();
        reader.close();
    }

    private static byte[] bytes(ByteBuf buffer, int index, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(index, bytes);
        return bytes;
    }

    private static final class Seen implements PacketHandler {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void connAck(int reasonCode, int receiveMaximum) {
            lines.add("connack " + reasonCode + " " + receiveMaximum);
        }

        @Override
        public void subAck(int packetId, int reasonCode) {
            lines.add("suback " + packetId + " " + reasonCode);
        }

        @Override
        public void publish(ByteBuf buffer, int payload, int length, int qos, int packetId) {
            lines.add(
                    "publish " + qos + " " + packetId + " " + HexFormat.of().formatHex(bytes(buffer, payload, length)));
        }

        @Override
        public void ack(int type, int packetId, int reasonCode) {
            lines.add(type + " " + packetId + " " + reasonCode);
        }

        @Override
        public void disconnect(int reasonCode) {
            lines.add("bye " + reasonCode);
        }
    }
}
