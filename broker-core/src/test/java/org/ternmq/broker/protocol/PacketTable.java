package org.ternmq.broker.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A table of packets in a resource file: versions, name, bytes and result, with bars between them; # starts a comment. */
record PacketTable(List<Row> rows) {
    /**
     * What a decoder that has seen a CONNECT of some version (none for a CONNECT) makes of some bytes.
     *
     * @param version null before CONNECT
     * @param expected a reason code by name, or the packet as {@link PacketText#describe} tells it
     */
    record Row(MqttVersion version, String name, byte[] bytes, String expected) {
        @Override
        public String toString() {
            return (version == null ? "" : version + " ") + name;
        }
    }

    static PacketTable read(String file) {
        List<Row> rows = new ArrayList<>();
        for (String line : text(file).lines().toList()) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] fields = line.split("\\s*\\|\\s*", -1);
            if (fields.length != 4) {
                throw new IllegalArgumentException(file + ": " + line);
            }
            for (String version : fields[0].trim().split(",")) {
                rows.add(new Row(version(version), fields[1], PacketText.bytes(fields[2]), fields[3].trim()));
            }
        }
        return new PacketTable(rows);
    }

    static MqttVersion version(String word) {
        return switch (word) {
            case "-" -> null;
            case "3" -> MqttVersion.V3_1;
            case "4" -> MqttVersion.V3_1_1;
            case "5" -> MqttVersion.V5_0;
            default -> throw new IllegalArgumentException(word);
        };
    }

    private static String text(String file) {
        try (InputStream in = Objects.requireNonNull(PacketTable.class.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
