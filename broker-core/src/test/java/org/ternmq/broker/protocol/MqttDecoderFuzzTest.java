package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/**
 * Whatever bytes arrive: packets, or "not yet", or one DisconnectException; nothing read behind the end, no memory out of
 * proportion, the buffer released, and the same for any cut of the bytes.
 */
final class MqttDecoderFuzzTest {
    private static final List<PacketTable.Row> ROWS = Stream.of("connect.txt", "publish.txt", "packets.txt")
            .flatMap(file -> PacketTable.read(file).rows().stream())
            .filter(row -> row.bytes().length < 2000)
            .toList();
    private static final Object[] ENDS = Stream.concat(Stream.of("incomplete"), Arrays.stream(ReasonCode.values()))
            .toArray();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final TopicNames names = new TopicNames(false, 256, 1 << 16);

    @Property(tries = 5000)
    void randomBytes(@ForAll("versions") int version, @ForAll("bytes") byte[] bytes) {
        check(version(version), bytes);
    }

    @Property(tries = 5000)
    void randomBodiesInAValidHeader(
            @ForAll("versions") int version, @ForAll("firstBytes") int first, @ForAll("bytes") byte[] body) {
        check(version(version), packet(first, body));
    }

    @Property(tries = 20_000)
    void mutatedPackets(
            @ForAll @IntRange(max = 100_000) int row, @ForAll("mutations") List<int[]> mutations, @ForAll int cut) {
        PacketTable.Row chosen = ROWS.get(row % ROWS.size());
        byte[] bytes = chosen.bytes();
        for (int[] mutation : mutations) {
            bytes = mutate(bytes, mutation[0], mutation[1], mutation[2]);
        }
        List<String> whole = check(chosen.version(), bytes);
        int at = bytes.length == 0 ? 0 : Math.floorMod(cut, bytes.length);
        assertThat(inTwo(chosen.version(), bytes, at)).as("cut at %d", at).isEqualTo(whole);
    }

    private List<String> check(MqttVersion version, byte[] bytes) {
        ByteBuf in = ByteBufAllocator.DEFAULT.directBuffer(bytes.length + 16);
        try {
            in.writeZero(3).writeBytes(bytes);
            List<Object> results = new ArrayList<>();
            long most = 8192 + 200L * bytes.length;
            long allocated = allocatedBy(version, in, results);
            if (allocated > most) {
                allocated = allocatedBy(version, in, results); // the first time may have loaded classes
            }
            assertThat(in.readerIndex()).isBetween(3, in.writerIndex());
            assertThat(allocated).as("bytes allocated for %d", bytes.length).isLessThan(most);
            assertThat(results.get(results.size() - 1)).isIn(ENDS);
            return results.stream().map(MqttDecoderFuzzTest::describe).toList();
        } finally {
            assertThat(in.refCnt()).isEqualTo(1);
            in.release();
        }
    }

    private long allocatedBy(MqttVersion version, ByteBuf in, List<Object> results) {
        MqttDecoder decoder = decoder(version);
        in.readerIndex(3);
        results.clear();
        long thread = Thread.currentThread().getId();
        long before = THREADS.getThreadAllocatedBytes(thread);
        Object result = next(decoder, in);
        while (result instanceof Packet) {
            results.add(result);
            result = next(decoder, in);
        }
        results.add(result);
        return THREADS.getThreadAllocatedBytes(thread) - before;
    }

    private List<String> inTwo(MqttVersion version, byte[] bytes, int cut) {
        MqttDecoder decoder = decoder(version);
        ByteBuf in = Unpooled.buffer().writeBytes(bytes, 0, cut);
        List<String> results = new ArrayList<>();
        Object result = next(decoder, in);
        while (result instanceof Packet) {
            results.add(describe(result));
            result = next(decoder, in);
        }
        if (result instanceof String) {
            in.writeBytes(bytes, cut, bytes.length - cut);
            result = next(decoder, in);
            while (result instanceof Packet) {
                results.add(describe(result));
                result = next(decoder, in);
            }
        }
        results.add(describe(result));
        return results;
    }

    private MqttDecoder decoder(MqttVersion version) {
        return Decoding.decoder(version, DecoderLimits.DEFAULT, names);
    }

    /** A packet, a reason code, or a word; any exception but the one goes through and fails the test. */
    private static Object next(MqttDecoder decoder, ByteBuf in) {
        int from = in.readerIndex();
        try {
            Packet packet = decoder.decode(in);
            if (packet != null) {
                return in.readerIndex() > from ? packet : "reader index did not move";
            }
            return in.readerIndex() == from ? "incomplete" : "reader index moved";
        } catch (DisconnectException e) {
            return e.reasonCode();
        }
    }

    private static String describe(Object result) {
        return result instanceof Packet packet ? PacketText.describe(packet) : result.toString();
    }

    private static byte[] packet(int first, byte[] body) {
        ByteBuf out = Unpooled.buffer().writeByte(first);
        Wire.writeVariableByteInteger(out, body.length);
        out.writeBytes(body);
        return Arrays.copyOf(out.array(), out.writerIndex());
    }

    private static byte[] mutate(byte[] bytes, int kind, int where, int value) {
        if (bytes.length == 0) {
            return new byte[] {(byte) value};
        }
        int at = where % bytes.length;
        byte[] result = bytes.clone();
        switch (kind) {
            case 0 -> result[at] = (byte) value;
            case 1 -> result[at] ^= (byte) (1 << value % 8);
            case 2 -> result = Arrays.copyOf(bytes, at);
            case 3 -> { // one byte more
                result = Arrays.copyOf(bytes, bytes.length + 1);
                System.arraycopy(bytes, at, result, at + 1, bytes.length - at);
                result[at] = (byte) value;
            }
            case 4 -> { // one byte less
                result = Arrays.copyOf(bytes, bytes.length - 1);
                System.arraycopy(bytes, at + 1, result, at, bytes.length - at - 1);
            }
            default -> { // twice
                result = Arrays.copyOf(bytes, bytes.length * 2);
                System.arraycopy(bytes, 0, result, bytes.length, bytes.length);
            }
        }
        return result;
    }

    private static MqttVersion version(int index) {
        return index < 0 ? null : MqttVersion.values()[index];
    }

    @Provide
    Arbitrary<Integer> versions() {
        return Arbitraries.integers().between(-1, 2);
    }

    @Provide
    Arbitrary<Integer> firstBytes() {
        return Arbitraries.of(0x10, 0x30, 0x31, 0x32, 0x3C, 0x40, 0x50, 0x62, 0x70, 0x82, 0xA2, 0xC0, 0xE0, 0xF0);
    }

    @Provide
    Arbitrary<byte[]> bytes() {
        // small numbers often, since they are lengths and property identifiers
        Arbitrary<Byte> some = Arbitraries.frequencyOf(
                Tuple.of(2, Arbitraries.bytes().between((byte) 0, (byte) 0x2B)), Tuple.of(1, Arbitraries.bytes()));
        return some.array(byte[].class).ofMaxSize(60);
    }

    @Provide
    Arbitrary<List<int[]>> mutations() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.integers().between(0, 500),
                        Arbitraries.integers().between(0, 255))
                .as((kind, where, value) -> new int[] {kind, where, value})
                .list()
                .ofMinSize(1)
                .ofMaxSize(4);
    }
}
