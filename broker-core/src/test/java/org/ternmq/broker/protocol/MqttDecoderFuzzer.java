package org.ternmq.broker.protocol;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The decoder as a target of Jazzer, which looks for inputs that reach new code; run by the profile {@code jazzer} (see
 * docs/fuzzing.md). The first byte is the version of the CONNECT before, 0 for none; the second says where the bytes are cut.
 */
public final class MqttDecoderFuzzer {
    private static final DecoderCheck CHECK = new DecoderCheck();

    private MqttDecoderFuzzer() {}

    /** Called by Jazzer for each input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length > 2) {
            int version = Math.floorMod(input[0], MqttVersion.values().length + 1);
            byte[] bytes = Arrays.copyOfRange(input, 2, input.length);
            CHECK.check(version == 0 ? null : MqttVersion.values()[version - 1], bytes, input[1] & 0xFF);
        }
    }

    /** Writes the packets of the tables into a folder, to start from. */
    public static void main(String[] folder) throws IOException {
        Path seeds = Files.createDirectories(Path.of(folder[0]));
        int number = 0;
        for (String table : new String[] {"connect.txt", "publish.txt", "packets.txt"}) {
            for (PacketTable.Row row : PacketTable.read(table).rows()) {
                byte[] seed = new byte[row.bytes().length + 2];
                seed[0] = (byte) (row.version() == null ? 0 : row.version().ordinal() + 1);
                System.arraycopy(row.bytes(), 0, seed, 2, row.bytes().length);
                Files.write(seeds.resolve("seed-" + number++), seed);
            }
        }
    }
}
