package org.ternmq.broker.cli.migrate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Lines that belong together: those of one listener, of one bridge, or of the whole broker. Used by one thread. */
final class Section {
    private final MigrationReport report;
    private final List<Directive> lines = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    Section(MigrationReport report) {
        this.report = report;
    }

    void add(Directive line) {
        lines.add(line);
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    boolean has(String key) {
        return lines.stream().anyMatch(line -> line.key().equals(key));
    }

    List<Directive> lines() {
        return lines;
    }

    List<Directive> all(String key) {
        return lines.stream().filter(line -> line.key().equals(key)).toList();
    }

    /** The line that holds: of several the last. */
    Optional<Directive> last(String key) {
        List<Directive> all = all(key);
        if (all.isEmpty()) {
            return Optional.empty();
        }
        Directive last = all.get(all.size() - 1);
        all.subList(0, all.size() - 1)
                .forEach(line -> report.add(
                        line, Outcome.NOT_NEEDED, "line " + last.line() + " of " + last.file() + " says it again"));
        return Optional.of(last);
    }

    /** A value that is not empty; without one the line is refused and the section faulty. */
    Optional<String> text(String key) {
        return last(key)
                .filter(line -> {
                    if (line.value().isEmpty()) {
                        fault(line, "has no value");
                        return false;
                    }
                    return true;
                })
                .map(Directive::value);
    }

    /** A flag; what is none counts as broken and makes the section faulty. */
    boolean flag(String key, boolean otherwise, boolean broken) {
        Optional<Directive> line = last(key);
        if (line.isEmpty()) {
            return otherwise;
        }
        return switch (line.get().value()) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> {
                fault(line.get(), "is neither true nor false");
                yield broken;
            }
        };
    }

    /** A number in a range; what is none makes the section faulty. */
    Optional<Long> number(String key, long least, long most) {
        Optional<Directive> line = last(key);
        if (line.isEmpty()) {
            return Optional.empty();
        }
        String value = line.get().value();
        if (value.matches("-?[0-9]{1,18}")) {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return Optional.of(number);
            }
        }
        fault(line.get(), "is no number from " + least + " to " + most);
        return Optional.empty();
    }

    void fault(Directive line, String words) {
        report.add(line, Outcome.REFUSED, "'" + line.key() + "' " + words);
        faults.add("line " + line.line() + ": '" + line.key() + "' " + words);
    }

    /** What is wrong, or cannot be held to; empty if nothing. */
    List<String> faults() {
        return faults;
    }

    void taken(String key, String words) {
        last(key).filter(line -> !report.has(line)).ifPresent(line -> report.add(line, Outcome.TAKEN_OVER, words));
    }

    void say(String key, Outcome outcome, String words) {
        last(key).ifPresent(line -> report.add(line, outcome, words));
    }
}
