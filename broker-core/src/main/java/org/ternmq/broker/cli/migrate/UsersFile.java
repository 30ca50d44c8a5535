package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Copies those lines of a file of users whose hashes the authenticator {@code file} reads. */
final class UsersFile {
    private static final Pattern HASH = Pattern.compile("\\$(?:7\\$([1-9][0-9]{0,7})|6)\\$([^$]+)\\$([^$]+)");
    private static final int MAX_ITERATIONS = 10_000_000;
    private static final int DIGEST_BYTES = 64;

    private UsersFile() {}

    /**
     * The new file.
     *
     * @throws IOException if the old one cannot be read
     */
    static String copy(Path file, MigrationReport report) throws IOException {
        StringBuilder out = new StringBuilder();
        Set<String> names = new HashSet<>();
        int silent = 0;
        String[] lines = InputFiles.lines(file);
        report.file(file, 0);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i];
            if (line.isBlank() || line.startsWith("#")) {
                silent += line.isEmpty() && i == lines.length - 1 ? 0 : 1;
                continue;
            }
            int colon = line.indexOf(':');
            String name = colon < 0 ? "" : line.substring(0, colon);
            String problem = colon < 0
                    ? "has no ':'"
                    : problem(name, line.substring(colon + 1).stripTrailing(), names);
            if (problem.isEmpty()) {
                out.append(name)
                        .append(':')
                        .append(line.substring(colon + 1).stripTrailing())
                        .append('\n');
                report.add(file, i + 1, name, Outcome.TAKEN_OVER, "users: " + name);
            } else {
                // Without a colon the whole line may be a password.
                report.add(file, i + 1, name.isEmpty() ? "…" : name, Outcome.REFUSED, problem);
            }
        }
        report.file(file, silent);
        return out.toString();
    }

    private static String problem(String name, String hash, Set<String> names) {
        if (name.isEmpty() || name.chars().anyMatch(Character::isISOControl)) {
            return "has no name that a user can have";
        }
        Matcher m = HASH.matcher(hash);
        boolean known = m.matches()
                && (m.group(1) == null || Integer.parseInt(m.group(1)) <= MAX_ITERATIONS)
                && isBase64(m.group(2), -1)
                && isBase64(m.group(3), DIGEST_BYTES);
        if (!known) {
            return (hash.startsWith("$argon2")
                            ? "Argon2 is not read here"
                            : hash.startsWith("$")
                                    ? "the hash is of no kind that is read here"
                                    : "a password in plain text is never taken over")
                    + ": set a new password with 'ternmq passwd users NAME'";
        }
        return names.add(name) ? "" : "the name was there before, and the first line stays";
    }

    private static boolean isBase64(String text, int length) {
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            return (length < 0 ? bytes.length > 0 : bytes.length == length)
                    && Base64.getEncoder().encodeToString(bytes).equals(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
