package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A configuration of Mosquitto, taken apart as Mosquitto 2.0 does. Used by one thread. */
final class MosquittoConf {
    private static final int MAX_FILES = 1000;

    /** A listener or bridge and the line that begins it, which the default listener does not have. */
    record Part(Optional<Directive> head, Section section) {}

    private final MigrationReport report;
    private final InputFiles files;
    private final Section general;
    private final Part defaultListener;
    private final List<Part> listeners = new ArrayList<>();
    private final List<Part> bridges = new ArrayList<>();
    private final Map<Path, Part> listenerOf = new HashMap<>();
    private final Map<Path, Part> bridgeOf = new HashMap<>();
    private boolean perListener;
    private int filesRead;

    private MosquittoConf(InputFiles files, MigrationReport report) {
        this.files = files;
        this.report = report;
        general = new Section(report);
        defaultListener = new Part(Optional.empty(), new Section(report));
    }

    /**
     * Reads a file and what it includes.
     *
     * @throws IOException if the file itself cannot be read; of an included one the report tells
     */
    static MosquittoConf read(Path file, InputFiles files, MigrationReport report) throws IOException {
        MosquittoConf conf = new MosquittoConf(files, report);
        List<Directive> all = new ArrayList<>();
        conf.collect(file, InputFiles.lines(file), true, all);
        // It has to stand before what it speaks of, but a line that comes too late must not let anybody in.
        conf.perListener = all.stream()
                .anyMatch(d ->
                        d.key().equals("per_listener_settings") && !d.value().matches("false|0"));
        all.forEach(conf::sort);
        return conf;
    }

    private void collect(Path file, String[] lines, boolean main, List<Directive> all) {
        int silent = 0;
        for (int i = 0; i < lines.length; i++) {
            if (lines[i].isBlank() || lines[i].startsWith("#")) {
                silent += lines[i].isEmpty() && i == lines.length - 1 ? 0 : 1;
            }
        }
        report.file(file, silent);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].strip();
            if (line.isEmpty() || lines[i].startsWith("#")) {
                continue;
            }
            String[] words = line.split("[ \t]+", 2);
            Directive directive = new Directive(file, i + 1, words[0], words.length < 2 ? "" : words[1].strip());
            if (!directive.key().equals("include_dir")) {
                all.add(directive);
            } else if (main) {
                include(directive, file, all);
            } else {
                report.add(directive, Outcome.REFUSED, "Mosquitto takes include_dir in the main file only");
            }
        }
    }

    private void include(Directive include, Path main, List<Directive> all) {
        Path folder = files.resolve(include.value());
        List<Path> found;
        try (Stream<Path> list = Files.list(folder)) {
            found = list.filter(each -> each.getFileName().toString().endsWith(".conf"))
                    .sorted(Comparator.comparing(
                                    (Path each) -> each.getFileName().toString(), String.CASE_INSENSITIVE_ORDER)
                            .thenComparing(Comparator.naturalOrder()))
                    .toList();
        } catch (IOException e) {
            report.add(include, Outcome.REFUSED, folder + " cannot be listed: what it holds is missing here");
            report.problem(folder + ", which " + main + " includes, cannot be listed");
            return;
        }
        report.add(include, Outcome.TAKEN_OVER, found.size() + " files are read into the one configuration");
        for (Path each : found) {
            filesRead++;
            try {
                if (filesRead > MAX_FILES) {
                    throw new IOException("more than " + MAX_FILES + " files");
                }
                collect(each, InputFiles.lines(each), false, all);
            } catch (IOException e) {
                report.add(include, Outcome.REFUSED, "not all of it: " + e.getMessage());
                report.problem(each + ", which " + main + " includes, cannot be used: " + e.getMessage());
            }
        }
    }

    /** Each file begins with the default listener, also one that is included below another listener. */
    private void sort(Directive line) {
        Part listener = listenerOf.getOrDefault(line.file(), defaultListener);
        boolean garbled = (line.key() + line.value()).chars().anyMatch(c -> Character.isISOControl(c) && c != '\t');
        switch (MosquittoKeys.scope(line.key(), perListener)) {
            case LISTENER_HEAD -> {
                Part begun = new Part(Optional.of(line), new Section(report));
                listenerOf.put(line.file(), begun);
                listeners.add(begun);
            }
            case BRIDGE_HEAD -> {
                Part begun = new Part(Optional.of(line), new Section(report));
                bridgeOf.put(line.file(), begun);
                bridges.add(begun);
            }
            case LISTENER -> put(listener.section(), line, garbled);
            case BRIDGE -> {
                Part bridge = bridgeOf.get(line.file());
                if (bridge == null) {
                    report.add(line, Outcome.REFUSED, "stands before any 'connection', where Mosquitto refuses it");
                } else {
                    put(bridge.section(), line, garbled);
                }
            }
            case GENERAL -> put(general, line, garbled);
        }
    }

    private static void put(Section section, Directive line, boolean garbled) {
        if (garbled) {
            section.fault(line, "has control characters");
        } else {
            section.add(line);
        }
    }

    Section general() {
        return general;
    }

    /** Whether each listener has its own users and rules. */
    boolean isPerListener() {
        return perListener;
    }

    /** Those that Mosquitto opens. The one without a line of its own is there if none is, or if enough is said of it. */
    List<Part> openListeners() {
        List<Part> open = new ArrayList<>();
        if (listeners.isEmpty() || opensDefaultListener()) {
            open.add(defaultListener);
        }
        open.addAll(listeners);
        return open;
    }

    /** As Mosquitto 2.0.11 does: some keys open it, and none with the value that they have anyway. */
    private boolean opensDefaultListener() {
        return defaultListener.section().lines().stream()
                .anyMatch(line -> !MosquittoKeys.OPEN_NOTHING.contains(line.key())
                        && !(line.key() + " " + line.value())
                                .matches(
                                        "protocol mqtt|max_connections -1|max_qos 2|allow_zero_length_clientid (true|1)"
                                                + "|(require_certificate|use_[a-z_]+) (false|0)"));
    }

    /** Whether Mosquitto would listen to this machine only, and let everybody in. */
    boolean isLocalOnly() {
        return listeners.isEmpty() && !opensDefaultListener();
    }

    List<Part> bridges() {
        return bridges;
    }

    /** Everything that was read and sorted. */
    Stream<Directive> all() {
        return Stream.concat(
                Stream.of(general, defaultListener.section()).flatMap(s -> s.lines().stream()),
                Stream.concat(listeners.stream(), bridges.stream())
                        .flatMap(part -> Stream.concat(part.head().stream(), part.section().lines().stream())));
    }
}
