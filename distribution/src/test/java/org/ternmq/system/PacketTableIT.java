package org.ternmq.system;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bytes to the broker, bytes back or a close: every row of the tables in {@code packets/}, whole, byte by byte, and cut in
 * two at every place. The broker sees the parts in reads of their own often enough, but not always: that no cut can matter
 * is proved by {@code PacketTableTest} of the decoder, which does all of them without a network.
 */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class PacketTableIT {
    @RegisterExtension
    static final SharedBroker BROKER = new SharedBroker();

    /** Connections that are open at a time for one row. */
    private static final int BATCH = 24;
    /** A long row is cut in two at its first places and at its last ones. */
    private static final int FIRST_CUTS = 120;

    private static final int LAST_CUTS = 8;
    private static final int LONG = 1_000;
    /** What the broker has to find one part of a row alone. */
    private static final long MOMENT_NANOS = 50_000;

    static Stream<Arguments> rows() {
        List<String> files = List.of("connect.txt", "publish.txt", "acks.txt", "subscribe.txt", "rest.txt", "properties.txt");
        return files.stream()
                .flatMap(file -> PacketRow.read(file).stream())
                .flatMap(row -> Stream.of(PacketTransport.values()).map(transport -> Arguments.of(row, transport)));
    }

    @ParameterizedTest(name = "{0} [{1}]")
    @MethodSource("rows")
    void row(PacketRow row, PacketTransport transport, TestReporter reporter) throws Exception {
        reporter.publishEntry(row.proves());
        whole(row, transport);
        byteByByte(row, transport);
        inTwo(row, transport);
    }

    private static PacketRun open(PacketRow row, PacketTransport transport) throws IOException {
        return PacketRun.open(row, transport, BROKER.port(), BROKER.port());
    }

    private static void whole(PacketRow row, PacketTransport transport) throws IOException {
        try (PacketRun run = open(row, transport)) {
            run.begin("whole");
            run.send(0, run.length());
            run.check();
        }
    }

    private static void byteByByte(PacketRow row, PacketTransport transport) throws IOException {
        try (PacketRun run = open(row, transport)) {
            run.begin("byte by byte");
            int single = run.length() > LONG ? LONG : run.length();
            for (int i = 0; i < single; i++) {
                run.send(i, i + 1);
                LockSupport.parkNanos(MOMENT_NANOS);
            }
            run.send(single, run.length());
            run.check();
        }
    }

    private static void inTwo(PacketRow row, PacketTransport transport) throws IOException {
        int length = row.sent("12345678").stream().mapToInt(part -> part.length).sum();
        int[] cuts = IntStream.range(1, length)
                .filter(cut -> cut <= FIRST_CUTS || cut >= length - LAST_CUTS)
                .toArray();
        for (int from = 0; from < cuts.length; from += BATCH) {
            inTwo(row, transport, cuts, from, Math.min(from + BATCH, cuts.length));
        }
    }

    private static void inTwo(PacketRow row, PacketTransport transport, int[] cuts, int from, int to)
            throws IOException {
        List<PacketRun> runs = new ArrayList<>();
        try {
            for (int i = from; i < to; i++) {
                runs.add(open(row, transport));
            }
            for (int i = from; i < to; i++) {
                PacketRun run = runs.get(i - from);
                run.begin("cut at " + cuts[i]);
                run.send(0, cuts[i]);
            }
            LockSupport.parkNanos(MOMENT_NANOS);
            for (int i = from; i < to; i++) {
                PacketRun run = runs.get(i - from);
                run.send(cuts[i], run.length());
            }
            for (PacketRun run : runs) {
                run.check();
            }
        } finally {
            for (PacketRun run : runs) {
                run.close();
            }
        }
    }
}
