package org.ternmq.broker.protocol;

import java.util.ArrayList;
import java.util.List;
import org.ternmq.conformance.TableFile;

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
        for (List<String> fields : TableFile.rows(PacketTable.class, file, 4, 0)) {
            for (String version : fields.get(0).split(",")) {
                rows.add(new Row(version(version), fields.get(1), PacketText.bytes(fields.get(2)), fields.get(3)));
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
}
