package org.ternmq.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** A table in a resource file: a row for each line, with bars between its fields; # starts a comment. */
public final class TableFile {
    private TableFile() {}

    /**
     * The fields of each row, without the blanks around them.
     *
     * @param beside a class in the package of the file
     * @param fields how many each row has, at least
     * @param optional how many more it may have
     */
    public static List<List<String>> rows(Class<?> beside, String file, int fields, int optional) {
        return text(beside, file)
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> {
                    List<String> row = List.of(line.strip().split("\\s*\\|\\s*", -1));
                    if (row.size() < fields || row.size() > fields + optional) {
                        throw new IllegalArgumentException(file + ": " + line);
                    }
                    return row;
                })
                .toList();
    }

    private static String text(Class<?> beside, String file) {
        try (InputStream in = Objects.requireNonNull(beside.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
