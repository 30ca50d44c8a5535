package org.ternmq.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.AnnotatedElement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes down which statements of the specifications each test proves, and how it ended: those that {@link Mqtt5} and
 * {@link Mqtt311} name on its method and class, and those that it published as report entries {@code mqtt5} and
 * {@code mqtt311}, with commas between the ids. The file is named by the system property {@code ternmq.conformance}; without
 * it nothing is written.
 *
 * <p>JUnit calls it from any of its threads.
 */
public final class ConformanceListener implements TestExecutionListener {
    private final Optional<Path> file;
    private final List<String> records = new ArrayList<>();
    private final Map<String, Set<Claim>> published = new HashMap<>();
    private final Set<String> recorded = new HashSet<>();
    private Optional<TestPlan> plan = Optional.empty();

    private record Claim(Standard standard, String id) {}

    /** For JUnit. */
    public ConformanceListener() {
        this(Optional.ofNullable(System.getProperty("ternmq.conformance")).map(Path::of));
    }

    ConformanceListener(Optional<Path> file) {
        this.file = file;
    }

    @Override
    public synchronized void testPlanExecutionStarted(TestPlan testPlan) {
        plan = Optional.of(testPlan);
    }

    @Override
    public synchronized void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
        entry.getKeyValuePairs().forEach((key, ids) -> {
            if (Standard.keys().contains(key)) {
                Set<Claim> claims = published.computeIfAbsent(test.getUniqueId(), id -> new LinkedHashSet<>());
                // rows name sections, too, which have no hyphen
                Stream<String> statements = Arrays.stream(ids.split(",")).filter(id -> id.contains("-"));
                claim(claims, Standard.of(key), statements.toArray(String[]::new));
            }
        });
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        endedEarly(test, ConformanceRecord.Result.SKIPPED);
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        ConformanceRecord.Result word = switch (result.getStatus()) {
            case SUCCESSFUL -> ConformanceRecord.Result.PASSED;
            case ABORTED -> ConformanceRecord.Result.SKIPPED;
            case FAILED -> ConformanceRecord.Result.FAILED;
        };
        if (test.isTest()) {
            add(test, word);
        } else if (word != ConformanceRecord.Result.PASSED) {
            endedEarly(test, word);
        }
    }

    /** A test, a method with cases, or a class: what is in it and has not run has the same result. */
    private void endedEarly(TestIdentifier top, ConformanceRecord.Result result) {
        add(top, result);
        plan.orElseThrow().getDescendants(top).forEach(test -> add(test, result));
    }

    private void add(TestIdentifier test, ConformanceRecord.Result result) {
        Optional<TestSource> source = test.getSource();
        if (source.isEmpty() || !(source.get() instanceof MethodSource method) || !recorded.add(test.getUniqueId())) {
            return;
        }
        Set<Claim> claims = new LinkedHashSet<>(published.getOrDefault(test.getUniqueId(), Set.of()));
        annotated(claims, method.getJavaMethod());
        for (Class<?> c = method.getJavaClass(); c != null; c = c.getSuperclass()) {
            for (Class<?> outer = c; outer != null; outer = outer.getEnclosingClass()) {
                annotated(claims, outer);
            }
        }
        String testName = method.getClassName().substring(method.getClassName().lastIndexOf('.') + 1) + "."
                + method.getMethodName();
        for (Claim claim : claims) {
            records.add(new ConformanceRecord(claim.standard(), claim.id(), testName, result).line());
        }
    }

    private static void annotated(Set<Claim> claims, AnnotatedElement element) {
        Mqtt5 mqtt5 = element.getAnnotation(Mqtt5.class);
        if (mqtt5 != null) {
            claim(claims, Standard.MQTT5, mqtt5.value());
        }
        Mqtt311 mqtt311 = element.getAnnotation(Mqtt311.class);
        if (mqtt311 != null) {
            claim(claims, Standard.MQTT311, mqtt311.value());
        }
    }

    private static void claim(Set<Claim> claims, Standard standard, String... ids) {
        Arrays.stream(ids)
                .map(String::trim)
                .filter(id -> !id.isEmpty())
                .forEach(id -> claims.add(new Claim(standard, id)));
    }

    /** Writes all so far: Surefire may run the classes as several plans in one JVM. */
    @Override
    public synchronized void testPlanExecutionFinished(TestPlan testPlan) {
        if (file.isEmpty()) {
            return;
        }
        try {
            Files.createDirectories(file.get().toAbsolutePath().getParent());
            Files.write(file.get(), records);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
