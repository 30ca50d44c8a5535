package org.ternmq.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** A specification, and its numbered statements. */
enum Standard {
    MQTT5("MQTT 5.0", "mqtt5", 251),
    MQTT311("MQTT 3.1.1", "mqtt311", 141);

    private final String title;
    private final String key;
    private final int size;

    Standard(String title, String key, int size) {
        this.title = title;
        this.key = key;
        this.size = size;
    }

    /**
     * One numbered statement.
     *
     * @param chapter number and title of where it stands
     * @param id without its prefix, such as {@code 3.1.0-1}
     * @param untestable why no test can prove it; empty if one must
     * @param words what it asks for
     */
    record Statement(String chapter, String id, String untestable, String words) {
        boolean testable() {
            return untestable.isEmpty();
        }
    }

    String title() {
        return title;
    }

    /** What report entries and the catalogue's file are called. */
    String key() {
        return key;
    }

    /** The catalogue, by id, in the order of the specification. */
    Map<String, Statement> statements() {
        String file = key + ".txt";
        Map<String, Statement> statements = new LinkedHashMap<>();
        String chapter = "";
        for (String line : text(file).lines().toList()) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("[")) {
                chapter = line.substring(1, line.length() - 1);
                continue;
            }
            String[] fields = line.split(" *\\| *", -1);
            if (fields.length != 3 || !(fields[1].equals("yes") || fields[1].startsWith("no: "))) {
                throw new IllegalArgumentException(file + ": not 'id | yes or no: why | statement': " + line);
            }
            String untestable = fields[1].equals("yes") ? "" : fields[1].substring("no: ".length());
            if (statements.put(fields[0], new Statement(chapter, fields[0], untestable, fields[2])) != null) {
                throw new IllegalArgumentException(file + ": twice: " + fields[0]);
            }
        }
        if (statements.size() != size) {
            throw new IllegalArgumentException(
                    file + " has " + statements.size() + " statements, the specification " + size);
        }
        return statements;
    }

    /** The key of a record; a record of no standard is an error of the listener that wrote it. */
    static Standard of(String key) {
        for (Standard standard : values()) {
            if (standard.key.equals(key)) {
                return standard;
            }
        }
        throw new IllegalArgumentException("no standard is called " + key);
    }

    static Collection<String> keys() {
        return Arrays.stream(values()).map(Standard::key).toList();
    }

    private static String text(String file) {
        try (InputStream in = Objects.requireNonNull(Standard.class.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
