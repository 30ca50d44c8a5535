package org.ternmq.acl.file;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.ternmq.spi.QoS;

/**
 * Reads an ACL file of Mosquitto: lines {@code user NAME}, {@code topic [read|write|readwrite|deny] TOPIC} and
 * {@code pattern [read|write|readwrite|deny] TOPIC}. What stands before the first {@code user} is for clients without user
 * name, patterns are for all.
 *
 * <p>As there, a client's own rules come before patterns, in each of the two those that deny come first, and what no rule
 * speaks of is denied. Used once.
 */
final class MosquittoFile {
    /** Rules of a later stage decide only where no rule of an earlier one does. */
    private static final int STAGE = 1 << 26;

    private static final Set<QoS> EVERY_QOS = Set.of(QoS.values());
    private static final int WRITE = Action.PUBLISH.bits(EVERY_QOS);
    private static final int READ =
            Action.SUBSCRIBE.bits(EVERY_QOS) | Action.DELIVERY.bits(EVERY_QOS) | Action.RECEIVE.bits(EVERY_QOS);

    private final Path file;
    private final Findings findings;
    private final Map<String, List<Rule>> users = new HashMap<>();
    private final List<Rule> anonymous = new ArrayList<>();
    private final List<Rule> patterns = new ArrayList<>();
    /** Where topics of the user go who was named last. */
    private List<Rule> current = anonymous;

    private MosquittoFile(Path file) {
        this.file = file;
        this.findings = new Findings(file);
    }

    /**
     * Reads a text.
     *
     * @throws org.ternmq.spi.ConfigurationException with every line that cannot be used
     */
    static AccessList read(Path file, String text) {
        MosquittoFile reader = new MosquittoFile(file);
        String[] lines = text.split("\r?\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].stripTrailing();
            if (!line.isBlank() && !line.startsWith("#")) {
                reader.line(i + 1, line.stripLeading());
            }
        }
        reader.findings.throwIfAny();
        return new AccessList.Mosquitto(
                reader.users.entrySet().stream()
                        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, user -> new RuleSet(user.getValue()))),
                new RuleSet(reader.anonymous),
                new RuleSet(reader.patterns),
                new RuleSet(
                        reader.patterns.stream().filter(rule -> !rule.allow()).toList()));
    }

    private void line(int number, String line) {
        String[] words = line.split("[ \t]+", 2);
        if (words.length < 2) {
            findings.add(number, "nothing behind '" + words[0] + "'");
            return;
        }
        switch (words[0]) {
            case "user" -> current = users.computeIfAbsent(words[1], name -> new ArrayList<>());
            case "topic" -> rule(number, line, words[1], false);
            case "pattern" -> rule(number, line, words[1], true);
            default ->
                findings.add(
                        number,
                        "unknown word '" + words[0] + "'"
                                + Findings.hint(words[0], List.of("user", "topic", "pattern")));
        }
    }

    private void rule(int number, String line, String rest, boolean pattern) {
        String[] words = rest.split("[ \t]+", 2);
        String access = words.length < 2 ? "readwrite" : words[0];
        String topic = words[words.length - 1];
        int requests = switch (access) {
            case "read" -> READ;
            case "write" -> WRITE;
            case "readwrite", "deny" -> READ | WRITE;
            default -> 0;
        };
        if (requests == 0) {
            findings.add(
                    number,
                    "unknown access '" + access + "'"
                            + Findings.hint(access, List.of("read", "write", "readwrite", "deny")));
            return;
        }
        boolean allow = !access.equals("deny");
        int stage = (pattern ? 2 : 0) + (allow ? 1 : 0);
        try {
            Template template = pattern ? Template.pattern(topic) : Template.literal(topic);
            (pattern ? patterns : current)
                    .add(new Rule(
                            stage * STAGE + number, allow, requests, template, file + ":" + number + ": " + line));
        } catch (IllegalArgumentException e) {
            findings.add(number, "'" + topic + "' is no topic filter: " + e.getMessage());
        }
    }
}
