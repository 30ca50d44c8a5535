package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.JMException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Clients that send anything. {@code -Dternmq.fuzz=30m} lets it run for some time, {@code -Dternmq.fuzz=100000} for a number of
 * inputs, {@code -Dternmq.fuzz.seed=1} repeats what was sent: docs/fuzzing.md.
 */
final class FuzzIT {
    private static final String AMOUNT = System.getProperty("ternmq.fuzz", "6000");
    private static final long SEED = Long.getLong("ternmq.fuzz.seed", AMOUNT.matches("\\d+") ? 1 : System.nanoTime());
    private static final Duration SETTLE = Duration.ofSeconds(20);
    /** KiB that heap and native memory may grow by from the first fifth of the inputs to the end. */
    private static final long GROWTH = 24 << 10;

    private static final int MORE_THREADS = 3;

    private static final int SHRINKING_TRIALS = 200;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private record State(long heap, long resident, int threads) {
        static State of(FuzzBroker broker) throws IOException {
            return new State(broker.heap(), broker.resident(), broker.threads());
        }

        boolean exceeds(State before) {
            return heap > before.heap + GROWTH
                    || resident > before.resident + GROWTH
                    || threads > before.threads + MORE_THREADS;
        }

        @Override
        public String toString() {
            return "heap " + heap / 1024 + " MiB, resident " + resident / 1024 + " MiB, threads " + threads;
        }
    }

    /**
     * Whatever clients send before and after CONNECT: the others lose nothing and stay connected, the broker logs no fault and
     * no lost buffer, forgets the clients, does not grow and stops in time.
     */
    @Test
    void whateverSomeClientsSendTheBrokerServesTheOthers() throws Exception {
        System.out.println("FuzzIT: -Dternmq.fuzz=" + AMOUNT + " -Dternmq.fuzz.seed=" + SEED);
        try (FuzzBroker broker = new FuzzBroker(brokers.base().resolve("broker"));
                HealthyPair of311 = new HealthyPair(broker.port(), 4);
                HealthyPair of5 = new HealthyPair(broker.port(), 5)) {
            List<HealthyPair> healthy = List.of(of311, of5);
            FuzzRun run = new FuzzRun(
                    broker,
                    SEED,
                    () -> healthy.stream().anyMatch(p -> p.failure().isPresent()));
            playCorpus(broker, run);
            long start = System.nanoTime();
            run.play(enough(run, 0.2));
            checkNothingFailed(broker, healthy, run);
            awaitOnlyHealthy(broker);
            State before = State.of(broker);
            run.play(enough(run, 0.8));
            long millis = FuzzBroker.millisSince(start);
            checkNothingFailed(broker, healthy, run);
            awaitOnlyHealthy(broker);
            awaitNoGrowth(broker, before);
            awaitLeakReports(of5);
            checkNothingFailed(broker, healthy, run);
            for (HealthyPair pair : healthy) {
                pair.close();
                assertThat(pair.failure()).as("failure of a healthy client").isEmpty();
            }
            long asked = System.nanoTime();
            assertThat(broker.stop()).as("exit code").isZero();
            long stopped = FuzzBroker.millisSince(asked);
            report(run, healthy, millis, stopped);
            assertThat(broker.faults()).as("faults in the log").isEmpty();
            assertThat(stopped).as("milliseconds to stop").isLessThan(10_000);
        }
    }

    /** So much of the whole, from now on. */
    private static BooleanSupplier enough(FuzzRun run, double share) {
        if (AMOUNT.matches("\\d+")) {
            long last = run.started() + (long) (Long.parseLong(AMOUNT) * share);
            return () -> run.started() >= last;
        }
        Duration all = Duration.parse("PT" + AMOUNT.toUpperCase(Locale.ROOT));
        long end = System.nanoTime() + (long) (all.toNanos() * share);
        return () -> System.nanoTime() - end >= 0;
    }

    /** What has found something once, three times each. */
    private static void playCorpus(FuzzBroker broker, FuzzRun run) throws IOException, URISyntaxException {
        Path folder = Path.of(FuzzIT.class.getResource("fuzz").toURI());
        List<Path> files;
        try (Stream<Path> found = Files.list(folder)) {
            files = found.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            FuzzScript script = FuzzScript.parse(Files.readAllLines(file));
            try {
                for (int i = 0; i < 3; i++) {
                    FuzzClient.play(broker.port(), script, run.figures());
                }
            } catch (AssertionError e) {
                throw new AssertionError(file.getFileName() + ": " + e.getMessage(), e);
            }
            awaitOnlyHealthy(broker);
            assertThat(run.isFailed())
                    .as("%s: %s", file.getFileName(), broker.faults())
                    .isFalse();
        }
        System.out.println("FuzzIT: " + files.size() + " inputs of the corpus");
    }

    private static void awaitOnlyHealthy(FuzzBroker broker) {
        await("connections of the fuzz clients to end").atMost(SETTLE).untilAsserted(() -> {
            assertThat(broker.online()).as("clients online by the log").isEqualTo(4);
            assertThat(broker.connections()).as("TCP connections").isIn(4L, 0L);
        });
    }

    /** Sessions end 3 s after their clients, so that some growth goes away by itself. */
    private static void awaitNoGrowth(FuzzBroker broker, State before) throws IOException, JMException {
        long end = System.nanoTime() + SETTLE.toNanos();
        State after = State.of(broker);
        while (after.exceeds(before) && System.nanoTime() < end) {
            LockSupport.parkNanos(500_000_000);
            after = State.of(broker);
        }
        System.out.println("FuzzIT: after a fifth: " + before + "; at the end: " + after);
        if (after.exceeds(before)) {
            throw new AssertionError(
                    "The broker has grown from " + before + " to " + after + "\n" + broker.histogram());
        }
    }

    /** Buffers that were collected without release are reported when others are allocated, which healthy clients see to. */
    private static void awaitLeakReports(HealthyPair healthy) {
        long some = healthy.messages() + 500;
        await("healthy clients to go on").atMost(SETTLE).until(() -> healthy.messages() >= some);
    }

    private void checkNothingFailed(FuzzBroker broker, List<HealthyPair> healthy, FuzzRun run) throws Exception {
        if (!run.isFailed()) {
            return;
        }
        StringBuilder text = new StringBuilder("after " + run.started() + " inputs of seed " + SEED + "\n");
        run.failure().ifPresent(e -> text.append("a client saw: ").append(e).append('\n'));
        healthy.stream()
                .flatMap(pair -> pair.failure().stream())
                .forEach(e -> text.append("a healthy client saw: ").append(e).append('\n'));
        text.append(broker.isAlive() ? "" : "the broker has ended\n");
        text.append(String.join("\n", broker.faults())).append('\n');
        Path all = brokers.base().resolve("latest.txt");
        Files.writeString(all, run.latest().stream().map(FuzzScript::toString).collect(Collectors.joining("\n")));
        text.append(shortest(run.latest())
                .map(script -> "The shortest script found that fails:\n" + script)
                .orElse("No single script fails again by itself; the latest ones, the newest first, are in " + all));
        throw new AssertionError(text);
    }

    /** One of the scripts that fails by itself, made shorter. */
    private Optional<FuzzScript> shortest(List<FuzzScript> latest) throws Exception {
        try (Trials trials = new Trials(brokers.base().resolve("trials"))) {
            for (FuzzScript script : latest) {
                if (trials.fails(script)) {
                    return Optional.of(new FuzzShrinker(trials::fails, SHRINKING_TRIALS).shrink(script));
                }
            }
            return Optional.empty();
        }
    }

    private static void report(FuzzRun run, List<HealthyPair> healthy, long millis, long stopped) {
        FuzzClient.Figures figures = run.figures();
        System.out.printf(
                Locale.ROOT,
                "FuzzIT: %d inputs in %.1f s, %.0f/s; %d connections, %d of them accepted; %d bytes sent, %d packets"
                        + " received, %d connections cut because nothing was taken%n",
                run.started(),
                millis / 1000.0,
                run.started() * 1000.0 / millis,
                figures.connections().sum(),
                figures.accepted().sum(),
                figures.bytes().sum(),
                figures.packets().sum(),
                figures.stuck().sum());
        for (HealthyPair pair : healthy) {
            System.out.printf(
                    "FuzzIT: a healthy pair exchanged %d messages, 8 of them in at most %d ms%n",
                    pair.messages(), pair.longestMillis());
        }
        System.out.printf("FuzzIT: stopped in %d ms%n", stopped);
    }

    /** Plays scripts one at a time on a broker of its own, a new one after each that failed. */
    private static final class Trials implements AutoCloseable {
        private static final Duration QUIET = Duration.ofMillis(200);

        private final Path folder;
        private final List<FuzzBroker> current = new ArrayList<>();

        Trials(Path folder) {
            this.folder = folder;
        }

        boolean fails(FuzzScript script) throws IOException {
            if (current.isEmpty()) {
                current.add(new FuzzBroker(folder));
            }
            FuzzBroker broker = current.get(0);
            boolean failed = false;
            try {
                List<FuzzScript.Step> steps = new ArrayList<>(script.steps());
                steps.addAll(List.of(FuzzScript.Answer.NOTHING, FuzzScript.Answer.NOTHING, FuzzScript.Answer.NOTHING));
                FuzzClient.play(broker.port(), new FuzzScript(steps), new FuzzClient.Figures());
                broker.heap(); // a collection, for the sake of leak reports
                try (RawClient client = RawClient.connect(broker.port(), 4, RawClient.Connect.clean("trial"))) {
                    client.subscribe("trial", 1);
                    failed = client.poll(QUIET).isPresent() || broker.isFaulty();
                }
            } catch (IOException | AssertionError e) {
                failed = true;
            }
            if (failed) {
                close();
            }
            return failed;
        }

        @Override
        public void close() {
            current.forEach(FuzzBroker::close);
            current.clear();
        }
    }
}
