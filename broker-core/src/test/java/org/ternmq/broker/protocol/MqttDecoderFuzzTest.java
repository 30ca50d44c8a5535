package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What {@link DecoderCheck} says, for random bytes, for random bodies, for packets that were valid before something was
 * changed, and for the inputs of the folder {@code fuzz}; and that no input takes memory out of proportion.
 */
final class MqttDecoderFuzzTest {
    private static final List<PacketTable.Row> ROWS = Stream.of("connect.txt", "publish.txt", "packets.txt")
            .flatMap(file -> PacketTable.read(file).rows().stream())
            .filter(row -> row.bytes().length < 2000)
            .toList();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final DecoderCheck check = new DecoderCheck();

    @Property(tries = 5000)
    void randomBytes(@ForAll("versions") int version, @ForAll("bytes") byte[] bytes, @ForAll int cut) {
        check(version(version), bytes, cut);
    }

    @Property(tries = 5000)
    void randomBodiesInAValidHeader(
            @ForAll("versions") int version,
            @ForAll("firstBytes") int first,
            @ForAll("bytes") byte[] body,
            @ForAll int cut) {
        check(version(version), packet(first, body), cut);
    }

    @Property(tries = 20_000)
    void mutatedPackets(
            @ForAll @Size(min = 1, max = 3) List<@IntRange(max = 100_000) Integer> rows,
            @ForAll("mutations") List<int[]> mutations,
            @ForAll int cut) {
        PacketTable.Row chosen = ROWS.get(rows.get(0) % ROWS.size());
        ByteBuf packets = Unpooled.buffer();
        for (int row : rows) {
            PacketTable.Row next = ROWS.get(row % ROWS.size());
            if (next.version() == chosen.version()) {
                packets.writeBytes(next.bytes());
            }
        }
        byte[] bytes = ByteBufUtil.getBytes(packets);
        for (int[] mutation : mutations) {
            bytes = mutate(bytes, mutation[0], mutation[1], mutation[2]);
        }
        check(chosen.version(), bytes, cut);
    }

    /** Inputs that were answered wrongly once. */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("corpus")
    void inputsOfTheCorpus(Path file) throws IOException {
        for (String line : Files.readAllLines(file)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] cells = line.split(" *\\| *", 2);
                byte[] bytes = PacketText.bytes(cells[1].strip());
                for (int cut = 0; cut < Math.max(1, bytes.length); cut++) {
                    check(PacketTable.version(cells[0].strip()), bytes, cut);
                }
            }
        }
    }

    static List<Path> corpus() throws IOException, URISyntaxException {
        Path folder = Path.of(MqttDecoderFuzzTest.class.getResource("fuzz").toURI());
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .toList();
        }
    }

    private void check(MqttVersion version, byte[] bytes, int cut) {
        check.check(version, bytes, cut);
        long most = 8192 + 200L * bytes.length;
        long allocated = allocatedBy(version, bytes);
        if (allocated > most) {
            allocated = allocatedBy(version, bytes); // the first time may have loaded classes
        }
        assertThat(allocated).as("bytes allocated for %d", bytes.length).isLessThan(most);
    }

    private long allocatedBy(MqttVersion version, byte[] bytes) {
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        MqttDecoder decoder = check.decoder(version);
        List<Object> results = new ArrayList<>();
        long thread = Thread.currentThread().getId();
        long before = THREADS.getThreadAllocatedBytes(thread);
        check.decodeAll(decoder, in, results);
        return THREADS.getThreadAllocatedBytes(thread) - before;
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
