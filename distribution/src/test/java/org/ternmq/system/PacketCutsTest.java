package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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
    private static final int FIRST_CUTS = 150;

    private static final int LAST_CUTS = 10;
    /** Of a longer list only its size and its ends are compared. */
    private static final int LONG_LIST = 100;

    static Stream<PacketRow> rows() {
        return PacketRow.FILES.stream().flatMap(file -> PacketRow.read(file).stream());
    }

    /**
     * What came out.
     *
     * @param packets in their order, each told with all it has
     * @param error the reason code that ended it, empty for none
     * @param left bytes that are no whole packet
     */
    private record Outcome(List<String> packets, String error, int left) {}

    @ParameterizedTest
    @MethodSource("rows")
    void row(PacketRow row) {
        byte[] bytes = row.bytes(WORD);
        Outcome whole = decode(row, bytes, bytes.length);
        IntStream.range(1, bytes.length)
                .filter(cut -> cut <= FIRST_CUTS || cut >= bytes.length - LAST_CUTS)
                .forEach(cut ->
                        assertThat(decode(row, bytes, cut)).as("cut at %d", cut).isEqualTo(whole));
    }

    private static Outcome decode(PacketRow row, byte[] bytes, int cut) {
        MqttDecoder decoder = new MqttDecoder(new TopicNames(), DecoderLimits.DEFAULT);
        if (!row.fresh()) {
            byte[] connect = RawClient.Connect.clean(WORD).packet(row.version());
            assertThat(decoder.decode(Unpooled.wrappedBuffer(connect))).isInstanceOf(Packet.Connect.class);
            decoder.accepted();
        }
        List<String> packets = new ArrayList<>();
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

    private static void take(MqttDecoder decoder, ByteBuf in, List<String> packets) {
        for (Packet packet = decoder.decode(in); packet != null; packet = decoder.decode(in)) {
            packets.add(tell(packet));
            if (packet instanceof Packet.Connect) {
                decoder.accepted();
            }
        }
    }

    private static String tell(@Nullable Object part) {
        if (part instanceof byte[] bytes) {
            return bytes.length + " bytes " + Arrays.hashCode(bytes);
        } else if (part instanceof List<?> list) {
            return list.size() > LONG_LIST
                    ? list.size() + " from " + tell(list.get(0)) + " to " + tell(list.get(list.size() - 1))
                    : list.stream().map(PacketCutsTest::tell).toList().toString();
        } else if (part instanceof Record) {
            return Stream.of(part.getClass().getRecordComponents())
                    .map(component -> component.getName() + "=" + tell(value(component, part)))
                    .collect(Collectors.joining(", ", part.getClass().getSimpleName() + "[", "]"));
        }
        return String.valueOf(part);
    }

    private static @Nullable Object value(RecordComponent component, Object of) {
        try {
            return component.getAccessor().invoke(of);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
