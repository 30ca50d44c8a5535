package org.ternmq.system;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.ternmq.conformance.PacketNotation;
import org.ternmq.conformance.TableFile;

/**
 * One row of a packet table, for one version of MQTT. {@code packets/README.txt} says what the fields of a row mean.
 *
 * @param file the table
 * @param version 3, 4 (MQTT 3.1.1) or 5
 * @param ids what the row proves, as it is written
 * @param name what is sent
 * @param fresh whether nothing was sent before it, not even a CONNECT
 * @param sent the bytes
 * @param exact whether Reason Strings are compared, too
 * @param answers what comes back
 * @param closes whether the broker closes the connection then
 * @param seen what a client that is subscribed to everything below the word gets
 */
record PacketRow(
        String file,
        int version,
        List<String> ids,
        String name,
        boolean fresh,
        String sent,
        boolean exact,
        String answers,
        boolean closes,
        String seen) {
    private static final String NEW = "new ";
    private static final String EXACT = "exact ";
    private static final String CLOSE = "close";
    /** What a client is told whose CONNECT is taken. */
    private static final Map<String, String> ACCEPTED = Map.of(
            "ok", "20 {00 00 [{21 0400 27 00100000 22 0020}]}",
            "resumed", "20 {01 00 [{21 0400 27 00100000 22 0020}]}");

    /** What no row may have at the end of its sixth field: seen is then compared with nothing. */
    private static final String NOTHING = "nothing";

    /** The rows of a table, each as often as it has versions. */
    static List<PacketRow> read(String file) {
        List<PacketRow> rows = new ArrayList<>();
        for (List<String> fields : TableFile.rows(PacketRow.class, "packets/" + file, 5, 1)) {
            for (String version : fields.get(0).split(",")) {
                rows.add(row(file, Integer.parseInt(version), fields));
            }
        }
        return rows;
    }

    private static PacketRow row(String file, int version, List<String> fields) {
        String sent = fields.get(3);
        String answers = fields.get(4);
        boolean fresh = sent.startsWith(NEW);
        boolean exact = answers.startsWith(EXACT);
        boolean closes = answers.endsWith(CLOSE);
        answers = answers.substring(exact ? EXACT.length() : 0, answers.length() - (closes ? CLOSE.length() : 0));
        for (Map.Entry<String, String> word : ACCEPTED.entrySet()) {
            answers = answers.replace(word.getKey(), word.getValue());
        }
        List<String> ids = List.of(fields.get(1).split(" "));
        return new PacketRow(
                file,
                version,
                ids,
                fields.get(2),
                fresh,
                fresh ? sent.substring(NEW.length()) : sent,
                exact,
                answers.strip(),
                closes,
                fields.size() > 5 ? fields.get(5) : "");
    }

    byte[] sent(String word) {
        return PacketNotation.bytes(sent, version, word);
    }

    List<PacketPattern> answers(String word) {
        return PacketPattern.of(answers, version, word);
    }

    /** Whether somebody looks at what others get. */
    boolean observed() {
        return !seen.isEmpty();
    }

    /** For an observer that speaks 5.0. */
    List<PacketPattern> seen(String word) {
        return seen.equals(NOTHING) ? List.of() : PacketPattern.of(seen, 5, word);
    }

    /** What this row proves, for the table of docs/conformance.md. */
    Map<String, String> proves() {
        String spec = version == 5 ? "5" : "3";
        String key = version == 5 ? "mqtt5" : version == 4 ? "mqtt311" : "mqtt31";
        return Stream.of(":", "#")
                .filter(kind -> ids.stream().anyMatch(id -> id.startsWith(spec + kind)))
                .collect(Collectors.toMap(
                        kind -> kind.equals(":") ? key : key + "-hostile",
                        kind -> ids.stream()
                                .filter(id -> id.startsWith(spec + kind))
                                .map(id -> id.substring(2))
                                .collect(Collectors.joining(","))));
    }

    int length() {
        return sent(new String(new byte[8], StandardCharsets.US_ASCII)).length;
    }

    @Override
    public String toString() {
        return file + " " + List.of("3.1", "3.1.1", "5.0").get(version - 3) + " " + String.join(" ", ids) + ": " + name;
    }
}
