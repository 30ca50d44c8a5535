package org.ternmq.acl.file;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.ternmq.spi.ConfigurationException;
import org.yaml.snakeyaml.error.Mark;

/** Collects what is wrong with a file, so that all of it can be said at once. Owned by the thread that reads the file. */
final class Findings {
    private static final int MAX_DISTANCE = 2;

    private record Finding(int line, int column, String text) {}

    private final Path file;
    private final List<Finding> all = new ArrayList<>();

    Findings(Path file) {
        this.file = file;
    }

    /** A place as messages name it. */
    static String place(Path file, Mark mark) {
        return file + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
    }

    /** Something wrong at a place of a YAML file. */
    void add(Mark mark, String path, String message) {
        String text = place(file, mark) + ": " + (path.isEmpty() ? "" : path + ": ") + message;
        Finding finding = new Finding(mark.getLine(), mark.getColumn(), text);
        if (!all.contains(finding)) { // an anchor used twice is wrong once
            all.add(finding);
        }
    }

    /** Something wrong with a line, counted from 1. */
    void add(int line, String message) {
        all.add(new Finding(line, 0, file + ":" + line + ": " + message));
    }

    /** Something wrong with the file as a whole. */
    void add(String message) {
        all.add(new Finding(0, 0, file + ": " + message));
    }

    void throwIfAny() {
        if (!all.isEmpty()) {
            throw new ConfigurationException(all.stream()
                    .sorted(Comparator.comparingInt(Finding::line).thenComparingInt(Finding::column))
                    .map(Finding::text)
                    .toList());
        }
    }

    /** {@code , did you mean 'x'?}, or which ones there are. */
    static String hint(String word, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingInt(name -> distance(word, name)))
                .filter(name -> distance(word, name) <= Math.min(MAX_DISTANCE, word.length() / 2))
                .map(name -> ", did you mean '" + name + "'?")
                .orElseGet(() -> known.isEmpty() || known.size() > 12 ? "" : "; known: " + String.join(", ", known));
    }

    /** Letters to change, add or take away (Levenshtein). */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
