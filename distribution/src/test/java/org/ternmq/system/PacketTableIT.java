package org.ternmq.system;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bytes to the broker, bytes back or a close: every row of the tables in {@code packets/}, each in all the ways of
 * {@link PacketTransport}: whole, byte by byte, and cut in two. That the other places make
 * no difference is shown without a network, by {@link PacketCutsTest}.
 *
 * <p>A row passes the ids of what it proves to the test's reporter.
 */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PacketTableIT {
    /** What the broker has to find one part of a row alone. */
    private static final long MOMENT_NANOS = 50_000;
    /** Bytes of a long row that are sent one by one; the rest follows at once, and it is not fragmented. */
    private static final int SINGLE_BYTES = 1_000;

    private TableBroker shipped;
    private TableBroker limited;

    @BeforeAll
    void start() throws IOException {
        shipped = TableBroker.asShipped();
        limited = TableBroker.limited();
    }

    @AfterAll
    void stop() {
        limited.close();
        shipped.close();
    }

    static Stream<Arguments> rows() {
        return PacketRow.FILES.stream()
                .flatMap(file -> PacketRow.read(file).stream())
                .flatMap(row -> Stream.of(PacketTransport.values()).map(transport -> Arguments.of(row, transport)));
    }

    @ParameterizedTest(name = "{0} [{1}]")
    @MethodSource("rows")
    void row(PacketRow row, PacketTransport transport, TestReporter reporter) throws Exception {
        reporter.publishEntry(row.proves());
        TableBroker broker = row.file().equals(PacketRow.LIMITED) ? limited : shipped;
        int length = row.bytes("12345678").length;
        for (PacketTransport.Way way : transport.ways()) {
            if (length <= SINGLE_BYTES || way != PacketTransport.Way.FRAGMENTS) {
                run(row, broker, way);
            }
        }
        for (int cut : transport.cuts(length)) {
            runInTwo(row, broker, transport, cut);
        }
    }

    private static void run(PacketRow row, TableBroker broker, PacketTransport.Way way) throws IOException {
        try (PacketRun run = PacketRun.open(row, broker, way)) {
            if (way.bytesAlone()) {
                int single = Math.min(run.length(), SINGLE_BYTES);
                for (int i = 0; i < single; i++) {
                    run.send(i, i + 1);
                    LockSupport.parkNanos(MOMENT_NANOS);
                }
                run.send(single, run.length());
            } else {
                run.send(0, run.length());
            }
            run.check(way.toString());
        }
    }

    private static void runInTwo(PacketRow row, TableBroker broker, PacketTransport transport, int cut)
            throws IOException {
        try (PacketRun run = PacketRun.open(row, broker, transport.whole())) {
            run.send(0, cut);
            LockSupport.parkNanos(4 * MOMENT_NANOS);
            run.send(cut, run.length());
            run.check("cut at " + cut);
        }
    }
}
