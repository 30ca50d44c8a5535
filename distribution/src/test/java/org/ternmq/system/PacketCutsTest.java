package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.ternmq.broker.protocol.DecoderLimits;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.MqttDecoder;
import org.ternmq.broker.protocol.Packet;
import org.ternmq.broker.protocol.TopicNames;

/**
 * Every row of the packet tables cut in two at every place makes the same packets, and the same error, as it makes whole.
 * Without a network, where every part is sure to be seen alone; {@link PacketTableIT} has the broker answer.
 */
final class PacketCutsTest {
    private static final String WORD = "abcdefgh";
    /** A long row is cut at its first places and at its last ones. */
    private static final int FIRST_CUTS = 300;

    private static final int LAST_CUTS = 20;

    static Stream<PacketRow> rows() {
        return PacketRow.FILES.stream().flatMap(file -> PacketRow.read(file).stream());
    }

    /**
     * What came out.
     *
     * @param packets in their order
     * @param error the reason code that ended it, empty for none
     * @param left bytes that are no whole packet
     */
    private record Outcome(List<Packet> packets, String error, int left) {}

    @ParameterizedTest
    @MethodSource("rows")
    void row(PacketRow row) {
        byte[] bytes = row.bytes(WORD);
        Outcome whole = decode(row, bytes, bytes.length);
        for (int cut = 1; cut < bytes.length; cut++) {
            if (cut == FIRST_CUTS && bytes.length > FIRST_CUTS + LAST_CUTS) {
                cut = bytes.length - LAST_CUTS;
            }
            Outcome inTwo = decode(row, bytes, cut);
            assertThat(inTwo).as("cut at %d", cut).usingRecursiveComparison().isEqualTo(whole);
        }
    }

    private static Outcome decode(PacketRow row, byte[] bytes, int cut) {
        MqttDecoder decoder = new MqttDecoder(new TopicNames(), DecoderLimits.DEFAULT);
        if (!row.fresh()) {
            byte[] connect = RawClient.Connect.clean(WORD).packet(row.version());
            assertThat(decoder.decode(Unpooled.wrappedBuffer(connect))).isInstanceOf(Packet.Connect.class);
            decoder.accepted();
        }
        List<Packet> packets = new ArrayList<>();
        ByteBuf in = Unpooled.buffer(bytes.length);
        try {
            in.writeBytes(bytes, 0, cut);
            take(decoder, in, packets);
            in.writeBytes(bytes, cut, bytes.length - cut);
            take(decoder, in, packets);
        } catch (DisconnectException e) {
            return new Outcome(packets, e.reasonCode().name(), 0);
        }
        return new Outcome(packets, "", in.readableBytes());
    }

    private static void take(MqttDecoder decoder, ByteBuf in, List<Packet> packets) {
        for (Packet packet = decoder.decode(in); packet != null; packet = decoder.decode(in)) {
            packets.add(packet);
            if (packet instanceof Packet.Connect) {
                decoder.accepted();
            }
        }
    }
}
