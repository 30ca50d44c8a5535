package org.ternmq.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * The broker behind its connections under schedules made from seeds: {@code -Dternmq.schedules=N} runs so many from
 * {@code -Dternmq.seed=S} on; without it the build runs as many as there is time for. A seed that failed goes to
 * {@code seeds.txt} beside this class, so that every build runs it again.
 */
class SimulationTest {
    private static final String SEEDS = "seeds.txt";
    /** Without a number given: so many, or what is done in this time. */
    private static final int SCHEDULES = 4_000;

    private static final long NANOS = 10_000_000_000L;

    private final SimulatedBroker.Surroundings surroundings = new SimulatedBroker.Surroundings();
    private final Logger logger = (Logger) LoggerFactory.getLogger("org.ternmq.broker");
    private final Logger clients = (Logger) LoggerFactory.getLogger("ternmq.clients");
    private final Faults faults = new Faults();

    /** Exceptions that the broker caught are faults all the same; that the storage failed is the schedule's will. */
    private static final class Faults extends AppenderBase<ILoggingEvent> {
        private @Nullable String first;

        @Override
        protected void append(ILoggingEvent event) {
            if (first == null
                    && event.getLevel() == Level.ERROR
                    && !event.getLoggerName().endsWith(".Journal")) {
                first = event.getFormattedMessage()
                        + (event.getThrowableProxy() == null
                                ? ""
                                : ": " + event.getThrowableProxy().getClassName() + ": "
                                        + event.getThrowableProxy().getMessage() + " at "
                                        + event.getThrowableProxy().getStackTraceElementProxyArray()[0]);
            }
        }

        @Nullable
        String take() {
            String taken = first;
            first = null;
            return taken;
        }
    }

    @BeforeEach
    void listen() {
        faults.setContext(logger.getLoggerContext());
        faults.start();
        logger.addAppender(faults);
        logger.setAdditive(false);
        clients.setAdditive(false);
    }

    @AfterEach
    void end() {
        logger.detachAppender(faults);
        logger.setAdditive(true);
        clients.setAdditive(true);
        surroundings.close();
    }

    private @Nullable String run(Schedule schedule) {
        String problem = Simulation.run(surroundings, schedule);
        String fault = faults.take();
        return problem == null ? fault : problem + (fault == null ? "" : " [" + fault + "]");
    }

    @Test
    void schedulesThatFailedOnceHold() throws IOException {
        for (long seed : seeds()) {
            check(seed);
        }
    }

    @Test
    void whatWasPromisedIsKeptUnderEverySchedule() throws IOException {
        Long given = Long.getLong("ternmq.schedules");
        long first = Long.getLong("ternmq.seed", given == null ? new SplittableRandom().nextLong() >>> 20 : 1);
        long number = given == null ? SCHEDULES : given;
        long begin = System.nanoTime();
        long done = 0;
        while (done < number && (given != null || System.nanoTime() - begin < NANOS)) {
            check(first + done);
            done++;
        }
        assertThat(done).isPositive();
    }

    @Test
    void theSameSeedIsTheSameSchedule() {
        assertThat(Schedule.of(7)).hasToString(Schedule.of(7).toString());
    }

    private static List<Long> seeds() throws IOException {
        try (InputStream in = SimulationTest.class.getResourceAsStream(SEEDS)) {
            assertThat(in).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .map(line -> Long.valueOf(line.split(" ", 2)[0]))
                    .toList();
        }
    }

    private void check(long seed) throws IOException {
        Schedule schedule = Schedule.of(seed);
        String problem = run(schedule);
        if (problem != null) {
            Files.writeString(
                    Path.of("target", "failed-seeds.txt"),
                    seed + " " + problem + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
            Schedule shrunk = shrink(schedule);
            fail(
                    "%s%n  %s%nof seed %d, which belongs into %s; shrunk to %s%n  %s",
                    problem,
                    run(shrunk),
                    seed,
                    SEEDS,
                    shrunk,
                    String.join("\n  ", Simulation.explain(surroundings, shrunk)));
        }
    }

    /** Leaves steps out, in ever smaller pieces, as long as anything goes wrong. */
    private Schedule shrink(Schedule failing) {
        Schedule best = failing;
        for (int piece = best.steps().size() / 2; piece > 0; piece /= 2) {
            for (int at = 0; at + piece <= best.steps().size(); ) {
                List<Schedule.Step> fewer = new ArrayList<>(best.steps());
                fewer.subList(at, at + piece).clear();
                Schedule candidate = best.with(fewer);
                if (run(candidate) != null) {
                    best = candidate;
                } else {
                    at += piece;
                }
            }
        }
        return best;
    }
}
