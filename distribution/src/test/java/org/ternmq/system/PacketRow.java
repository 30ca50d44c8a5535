package org.ternmq.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.ternmq.conformance.PacketNotation;
import org.ternmq.conformance.TableFile;

/**
 * One row of a packet table, for one version of MQTT. The fields of a row are
 *
 * <ol>
 *   <li>versions: 3 (MQTT 3.1), 4 (3.1.1), 5 (5.0);
 *   <li>what it proves: {@code 5:} and {@code 3:} are statements or sections of 5.0 and of 3.1.1, {@code 5#} and {@code 3#}
 *       are the rows of their tables of hostile input, {@code 3.1} is what that version does in its own way;
 *   <li>a name;
 *   <li>bytes in the notation of {@link PacketNotation}. They follow a CONNECT (clean, with the word as client id) and its
 *       CONNACK, unless they begin with {@code new}. What stands behind a {@code ;} is sent when all that is due before is
 *       there;
 *   <li>the packets that come back, then {@code close} if the broker ends the connection; else it must still answer a
 *       PINGREQ. Reason Strings are not compared unless it begins with {@code exact}. {@code ok} is the CONNACK of a new
 *       session. PUBLISHes may stand anywhere among the other packets;
 *   <li>optional: what another client gets, one of 5.0 that has subscribed to all below the word with QoS 2 and Retain As
 *       Published; {@code nothing} if it must not get anything.
 * </ol>
 *
 * <p>The word, {@code %}, is another one each time a row runs.
 *
 * @param file the table
 * @param version 3, 4 or 5
 * @param ids what the row proves
 * @param name what is sent
 * @param fresh whether no CONNECT was sent before
 * @param sent the bytes
 * @param exact whether Reason Strings are compared, too
 * @param answers what comes back
 * @param closes whether the broker closes the connection then
 * @param seen what another client gets, empty if nobody looks
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
    /** The table for a broker that offers less than it does as shipped. */
    static final String LIMITED = "limited.txt";
    /** All tables. */
    static final List<String> FILES =
            List.of("connect.txt", "publish.txt", "acks.txt", "subscribe.txt", "rest.txt", "properties.txt", LIMITED);

    private static final String NEW = "new ";
    private static final String EXACT = "exact ";
    private static final String CLOSE = "close";
    private static final String OK = "ok";
    private static final String CONNACK = "20 {00 00 [{21 0400 27 00100000 22 0020}]}";
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
        List<String> ids = List.of(fields.get(1).split(" "));
        return new PacketRow(
                file,
                version,
                ids,
                fields.get(2),
                fresh,
                fresh ? sent.substring(NEW.length()) : sent,
                exact,
                answers.strip().replace(OK, CONNACK),
                closes,
                fields.size() > 5 ? fields.get(5) : "");
    }

    /** All bytes. */
    byte[] bytes(String word) {
        Bytes all = new Bytes();
        sent(word).forEach(all::bytes);
        return all.toArray();
    }

    /** The bytes, in the parts that are sent when what the part before brings is there. */
    List<byte[]> sent(String word) {
        return steps(sent)
                .map(step -> PacketNotation.bytes(step, version, word))
                .toList();
    }

    /** What each part brings. */
    List<List<PacketPattern>> answers(String word) {
        return steps(answers).map(step -> PacketPattern.of(step, version, word)).toList();
    }

    private static Stream<String> steps(String text) {
        return Stream.of(text.split("\\s*;\\s*", -1));
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

    @Override
    public String toString() {
        return file + " " + List.of("3.1", "3.1.1", "5.0").get(version - 3) + " " + String.join(" ", ids) + ": " + name;
    }
}
