package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.ternmq.conformance.Statements;

/** Every row of the packet tables: whole, followed by another packet, cut at every byte, byte by byte, in direct memory. */
final class PacketTableTest {
    private static final int CUTS = 300;

    static Stream<PacketTable.Row> rows() {
        return Stream.of("connect.txt", "publish.txt", "packets.txt")
                .flatMap(file -> PacketTable.read(file).rows().stream());
    }

    /** The statements in a row's name: of 3.1.1 or 5.0 as its version is; before CONNECT they say so themselves. */
    private static Map<String, String> proves(PacketTable.Row row) {
        if (row.version() == MqttVersion.V3_1) {
            return Map.of();
        }
        return Statements.in(row.version() == MqttVersion.V5_0 ? row.name().replace("MQTT-", "MQTT5-") : row.name());
    }

    @ParameterizedTest
    @MethodSource("rows")
    void whole(PacketTable.Row row, TestReporter reporter) {
        reporter.publishEntry(proves(row));
        ByteBuf in = Unpooled.wrappedBuffer(row.bytes());
        assertThat(Decoding.outcome(Decoding.decoder(row.version()), in)).isEqualTo(row.expected());
        if (row.expected().contains(" ")) {
            assertThat(in.isReadable()).as("bytes left").isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void followedByAnotherPacketInDirectMemory(PacketTable.Row row) {
        if (row.expected().equals("incomplete")) {
            return;
        }
        ByteBuf in = ByteBufAllocator.DEFAULT.directBuffer();
        try {
            in.writeZero(3).skipBytes(3).writeBytes(row.bytes()).writeShort(0xC000);
            assertThat(Decoding.outcome(Decoding.decoder(row.version()), in)).isEqualTo(row.expected());
        } finally {
            in.release();
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void cutAtEveryByte(PacketTable.Row row) {
        byte[] bytes = row.bytes();
        for (int cut = 0; cut < Math.min(bytes.length, CUTS); cut++) {
            MqttDecoder decoder = Decoding.decoder(row.version());
            String outcome = Decoding.outcome(decoder, Unpooled.wrappedBuffer(bytes, 0, cut));
            if (outcome.equals("incomplete")) {
                outcome = Decoding.outcome(decoder, Unpooled.wrappedBuffer(bytes));
            }
            assertThat(outcome).as("cut at %d", cut).isEqualTo(row.expected());
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void byteByByte(PacketTable.Row row) {
        byte[] bytes = Arrays.copyOf(row.bytes(), row.bytes().length);
        MqttDecoder decoder = Decoding.decoder(row.version());
        String outcome = "incomplete";
        for (int end = 1; end <= bytes.length && outcome.equals("incomplete"); end++) {
            outcome = Decoding.outcome(decoder, Unpooled.wrappedBuffer(bytes, 0, end));
        }
        assertThat(outcome).isEqualTo(row.expected());
    }
}
