package org.ternmq.conformance;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toCollection;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.ternmq.conformance.ConformanceRecord.Result;
import org.ternmq.conformance.Standard.Statement;

/**
 * Joins the catalogues of statements with what the tests of all modules have proved, and writes the page about it. What
 * it writes depends on nothing else, so that the page changes when a test or a result does.
 */
public final class ConformanceReport {
    private final Map<Standard, Map<String, Statement>> catalogue = new LinkedHashMap<>();
    private final Map<Standard, Map<String, Map<String, List<Result>>>> proofs = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    ConformanceReport(Stream<ConformanceRecord> records) {
        for (Standard standard : Standard.values()) {
            catalogue.put(standard, standard.statements());
            proofs.put(standard, new TreeMap<>());
        }
        records.forEach(this::add);
        catalogue.forEach((standard, statements) -> statements.values().forEach(s -> check(standard, s)));
    }

    private void add(ConformanceRecord record) {
        if (!of(catalogue, record.standard()).containsKey(record.id())) {
            String problem = record.test() + " names " + record.standard().title() + " " + record.id()
                    + ", and there is no such statement";
            if (!problems.contains(problem)) {
                problems.add(problem);
            }
        }
        of(proofs, record.standard())
                .computeIfAbsent(record.id(), id -> new TreeMap<>())
                .computeIfAbsent(record.test(), test -> new ArrayList<>())
                .add(record.result());
    }

    private static <V> V of(Map<Standard, V> map, Standard standard) {
        V value = map.get(standard);
        if (value == null) {
            throw new IllegalStateException("nothing for " + standard.title());
        }
        return value;
    }

    private Map<String, List<Result>> tests(Standard standard, Statement statement) {
        return of(proofs, standard).getOrDefault(statement.id(), Map.of());
    }

    private void check(Standard standard, Statement statement) {
        Map<String, List<Result>> tests = tests(standard, statement);
        String name = standard.title() + " " + statement.id() + " (" + statement.words() + ")";
        tests.forEach((test, results) -> {
            if (results.contains(Result.FAILED)) {
                problems.add(name + ": " + test + " failed");
            }
        });
        if (statement.testable() && tests.values().stream().noneMatch(r -> r.contains(Result.PASSED))) {
            problems.add(name + ": " + (tests.isEmpty() ? "no test" : "no test that was not skipped"));
        }
    }

    /** What has to be put right, one sentence each. */
    List<String> problems() {
        return List.copyOf(problems);
    }

    /** The page, in Markdown. */
    String page() {
        StringBuilder page = new StringBuilder();
        page.append("""
                # Conformance

                Every numbered statement of MQTT 5.0 and MQTT 3.1.1, in our words, and the tests that prove what the broker does
                about it. The build writes this page from the annotations `@Mqtt5` and `@Mqtt311` on the tests and from their
                results, and fails when a statement has no test that passes. The number behind a test is that of its cases.
                """);
        catalogue.forEach((standard, statements) -> {
            long untestable =
                    statements.values().stream().filter(s -> !s.testable()).count();
            page.append("\n## ").append(standard.title()).append("\n\n");
            page.append(statements.size()).append(" statements: ");
            page.append(statements.size() - untestable).append(" can be tested here, ");
            page.append(untestable).append(" cannot, for the reason given.\n");
            Map<String, List<Statement>> chapters = new LinkedHashMap<>();
            statements
                    .values()
                    .forEach(s -> chapters.computeIfAbsent(s.chapter(), c -> new ArrayList<>())
                            .add(s));
            chapters.forEach((chapter, members) -> {
                page.append("\n### ").append(chapter).append("\n\n");
                page.append("| id | statement | tests | result |\n|---|---|---|---|\n");
                members.forEach(s -> row(page, standard, s));
            });
        });
        return page.toString();
    }

    private void row(StringBuilder page, Standard standard, Statement statement) {
        Map<String, List<Result>> tests = tests(standard, statement);
        String proofs = tests.entrySet().stream()
                .map(e -> "`" + e.getKey() + "`"
                        + (e.getValue().size() == 1 ? "" : " (" + e.getValue().size() + ")"))
                .collect(joining(", "));
        page.append("| ").append(statement.id()).append(" | ").append(statement.words());
        page.append(" | ")
                .append(proofs)
                .append(" | ")
                .append(result(statement, tests))
                .append(" |\n");
    }

    private static String result(Statement statement, Map<String, List<Result>> tests) {
        TreeSet<Result> results = tests.values().stream().flatMap(List::stream).collect(toCollection(TreeSet::new));
        if (results.contains(Result.FAILED)) {
            return "**failed**";
        } else if (results.contains(Result.PASSED)) {
            return "passed";
        } else if (!results.isEmpty()) {
            return "**skipped**";
        }
        return statement.testable() ? "**no test**" : statement.untestable();
    }

    /**
     * Writes the page of a checkout whose tests have run.
     *
     * @param args the root of the checkout, and the page's path in it
     * @throws IllegalStateException if a statement is unproved, a test failed, or one names a statement that there is not
     */
    public static void main(String[] args) throws IOException {
        Path root = Path.of(args[0]);
        List<Path> files;
        try (Stream<Path> all = Files.find(
                root,
                5,
                (path, attributes) ->
                        path.getParent() != null && path.getParent().endsWith("target/conformance"))) {
            files = all.sorted().toList();
        }
        List<ConformanceRecord> records = new ArrayList<>();
        for (Path file : files) {
            Files.readAllLines(file).stream().map(ConformanceRecord::parse).forEach(records::add);
        }
        ConformanceReport report = new ConformanceReport(records.stream());
        Files.writeString(root.resolve(args[1]), report.page());
        if (!report.problems().isEmpty()) {
            throw new IllegalStateException("Conformance: " + report.problems().size() + " problems\n  "
                    + String.join("\n  ", report.problems()));
        }
    }
}
