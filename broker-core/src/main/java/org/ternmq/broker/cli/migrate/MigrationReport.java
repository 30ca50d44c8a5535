package org.ternmq.broker.cli.migrate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Says of every line of every file that was read what became of it. Used by one thread. */
public final class MigrationReport {
    /** A line and what became of it. */
    private record Entry(Path file, int line, String text, Outcome outcome, String words) {}

    private record Key(Path file, int line) {}

    private final Map<Path, Integer> silentLines = new LinkedHashMap<>();
    private final Map<Key, Entry> entries = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    /** A file was read. */
    void file(Path file, int emptyLinesAndComments) {
        silentLines.put(file, emptyLinesAndComments);
    }

    void add(Directive line, Outcome outcome, String words) {
        add(line.file(), line.line(), line.shown(), outcome, words);
    }

    /** Tells what became of a line; who tells of it again has the last word. */
    void add(Path file, int line, String text, Outcome outcome, String words) {
        entries.put(new Key(file, line), new Entry(file, line, text, outcome, words));
    }

    boolean has(Directive line) {
        return entries.containsKey(new Key(line.file(), line.line()));
    }

    /** Something that no line says, and that is different all the same. */
    void note(String words) {
        notes.add(words);
    }

    /** Something that keeps the new configuration from being used as it is. */
    public void problem(String words) {
        problems.add(words);
    }

    /** Whether somebody has to read this before the new broker takes the place of the old one. */
    public boolean needsAttention() {
        return !problems.isEmpty()
                || entries.values().stream()
                        .anyMatch(e -> e.outcome() == Outcome.REFUSED || e.outcome() == Outcome.NO_EQUIVALENT);
    }

    private List<Entry> sorted() {
        List<Path> order = List.copyOf(silentLines.keySet());
        return entries.values().stream()
                .sorted(Comparator.comparingInt((Entry e) -> order.indexOf(e.file()))
                        .thenComparingInt(Entry::line))
                .toList();
    }

    private Map<Outcome, Long> counts() {
        Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
        for (Outcome each : Outcome.values()) {
            counts.put(
                    each,
                    entries.values().stream().filter(e -> e.outcome() == each).count());
        }
        return counts;
    }

    /** For people. */
    public String text() {
        StringBuilder out = new StringBuilder();
        Path last = Path.of("");
        for (Entry e : sorted()) {
            if (!e.file().equals(last)) {
                last = e.file();
                out.append(Quoted.plain(last.toString()))
                        .append(" (and ")
                        .append(silentLines.getOrDefault(last, 0))
                        .append(" empty lines and comments, which say nothing)\n");
            }
            out.append("  ")
                    .append(e.line())
                    .append(": ")
                    .append(Quoted.plain(e.text()))
                    .append("\n      ")
                    .append(e.outcome().word())
                    .append(": ")
                    .append(Quoted.plain(e.words()))
                    .append('\n');
        }
        section(out, "Different without any line that says so", notes);
        section(out, "To be put right before the new configuration can be used", problems);
        out.append(counts().entrySet().stream()
                        .map(e -> e.getValue() + " " + e.getKey().word())
                        .collect(Collectors.joining(", ")))
                .append('\n');
        return out.toString();
    }

    private static void section(StringBuilder out, String head, List<String> lines) {
        if (!lines.isEmpty()) {
            out.append(head).append('\n');
            lines.forEach(line -> out.append("  - ").append(Quoted.plain(line)).append('\n'));
        }
    }

    /** For programs: one JSON object. */
    public String json() {
        StringBuilder out = new StringBuilder("{\"files\":[");
        out.append(silentLines.entrySet().stream()
                .map(e -> "{\"file\":" + Quoted.json(e.getKey().toString()) + ",\"silent-lines\":" + e.getValue() + "}")
                .collect(Collectors.joining(",")));
        out.append("],\"lines\":[\n");
        out.append(sorted().stream()
                .map(e -> "{\"file\":" + Quoted.json(e.file().toString()) + ",\"line\":" + e.line() + ",\"text\":"
                        + Quoted.json(e.text()) + ",\"outcome\":"
                        + Quoted.json(e.outcome().word()) + ",\"words\":"
                        + Quoted.json(e.words()) + "}")
                .collect(Collectors.joining(",\n")));
        out.append("],\n\"notes\":")
                .append(list(notes))
                .append(",\n\"problems\":")
                .append(list(problems));
        out.append(",\n\"counts\":{");
        out.append(counts().entrySet().stream()
                .map(e -> Quoted.json(e.getKey().word()) + ":" + e.getValue())
                .collect(Collectors.joining(",")));
        return out.append("}}\n").toString();
    }

    private static String list(List<String> lines) {
        return lines.stream().map(Quoted::json).collect(Collectors.joining(",", "[", "]"));
    }
}
