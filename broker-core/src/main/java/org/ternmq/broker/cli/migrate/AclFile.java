package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.ternmq.spi.TopicFilter;

/** Copies those lines of an ACL file that the authorizer {@code file} understands, in the format that they have. */
final class AclFile {
    private static final Set<String> ACCESS = Set.of("read", "write", "readwrite", "deny");
    private static final int MAX_LEVELS = 200;

    private final Path file;
    private final MigrationReport report;
    private final StringBuilder out = new StringBuilder();
    private boolean knownUser = true;

    private AclFile(Path file, MigrationReport report) {
        this.file = file;
        this.report = report;
    }

    /**
     * The new file. What would have denied and is not understood denies everything.
     *
     * @throws IOException if the old one cannot be read
     */
    static String copy(Path file, MigrationReport report) throws IOException {
        AclFile acl = new AclFile(file, report);
        int silent = 0;
        String[] lines = InputFiles.lines(file);
        report.file(file, 0);
        for (int i = 0; i < lines.length; i++) {
            if (lines[i].isBlank() || lines[i].startsWith("#")) {
                silent += lines[i].isEmpty() && i == lines.length - 1 ? 0 : 1;
            } else {
                acl.line(i + 1, lines[i].strip());
            }
        }
        report.file(file, silent);
        return acl.out.toString();
    }

    private void line(int number, String line) {
        String[] words = line.split("[ \t]+", 2);
        String rest = words.length < 2 ? "" : words[1];
        if (line.chars().anyMatch(c -> Character.isISOControl(c) && c != '\t') || rest.isEmpty()) {
            refuse(number, line, "is no rule", line.contains("deny"));
        } else if (words[0].equals("user")) {
            knownUser = true;
            take(number, line);
        } else if (words[0].equals("topic") || words[0].equals("pattern")) {
            rule(number, line, words[0], rest);
        } else {
            refuse(number, line, "begins with neither user, topic nor pattern", line.contains("deny"));
        }
    }

    private void rule(int number, String line, String word, String rest) {
        String[] words = rest.split("[ \t]+", 2);
        String access = words.length < 2 ? "readwrite" : words[0];
        String topic = words[words.length - 1];
        if (!ACCESS.contains(access)) {
            refuse(number, line, "has an access that is none of read, write, readwrite and deny", false);
            return;
        }
        try {
            String sample = word.equals("pattern") ? topic.replace("%u", "u").replace("%c", "c") : topic;
            TopicFilter.parse(sample);
            if (sample.split("/", -1).length > MAX_LEVELS) {
                throw new IllegalArgumentException("more than " + MAX_LEVELS + " levels");
            }
        } catch (IllegalArgumentException e) {
            refuse(number, line, "has no topic filter: " + e.getMessage(), access.equals("deny"));
            return;
        }
        if (!knownUser && word.equals("topic")) {
            report.add(file, number, line, Outcome.REFUSED, "belongs to a user whose line was refused");
            return;
        }
        take(number, line);
    }

    private void take(int number, String line) {
        out.append(line).append('\n');
        report.add(file, number, line, Outcome.TAKEN_OVER, "acl: as it is");
    }

    private void refuse(int number, String line, String words, boolean denies) {
        if (line.startsWith("user")) {
            // What follows must not become somebody else's.
            knownUser = false;
        }
        if (denies && !line.startsWith("pattern") && knownUser) {
            out.append("topic deny #\n"); // a user's own rules come before patterns
        }
        if (denies && !line.startsWith("topic")) {
            out.append("pattern deny #\n");
        }
        report.add(
                file,
                number,
                line,
                Outcome.REFUSED,
                words
                        + (denies
                                ? ": since it may have denied, everything is denied until you put it right in acl"
                                : ""));
    }
}
