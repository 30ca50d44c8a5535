package org.ternmq.broker.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The generator against a broker that does what it should, and against some that do not. */
final class BenchTest {
    private static final ToIntFunction<Long> GOOD = sequence -> 1;

    @ParameterizedTest
    @CsvSource({
        "PAIRS,0,5000,5000",
        "PAIRS,1,5000,5000",
        "PAIRS,2,5000,5000",
        "FAN_OUT,0,500,2000",
        "FAN_OUT,1,500,2000",
        "FAN_IN,0,5000,5000",
        "FAN_IN,2,1000,1000",
        "OFFLINE,1,3000,3000",
        "OFFLINE,2,1000,1000",
        "RETAINED,0,300,1200",
        "RETAINED,1,300,1200"
    })
    void everythingArrivesOnceAndInOrder(Scenario scenario, int qos, int count, long delivered) {
        try (TinyBroker broker = new TinyBroker(GOOD)) {
            Report report = Bench.run(options(scenario, broker, qos, count, 0, ""));
            assertThat(report.violations()).isEmpty();
            assertThat(figure(report, "delivered")).isEqualTo(delivered);
            assertThat(figure(report, "lost")).isZero();
            assertThat(figure(report, "duplicated")).isZero();
            assertThat(figure(report, "rate")).isPositive();
            await().untilAsserted(() -> assertThat(broker.retainedMessages()).isZero());
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2"})
    void acknowledgementsAreTimedAndPersistentSessionsForgotten(int qos) {
        try (TinyBroker broker = new TinyBroker(GOOD)) {
            Report report = Bench.run(persistent(options(Scenario.PAIRS, broker, qos, 3000, 0, "")));
            assertThat(report.violations()).isEmpty();
            assertThat(figure(report, "delivered")).isEqualTo(3000);
            assertThat(figure(report, "ackP50Micros")).isPositive();
            assertThat(broker.sessionsKept()).isEqualTo(3);
            await().untilAsserted(() -> assertThat(broker.sessions()).isZero());
        }
    }

    @Test
    void connectionsAreCounted() {
        try (TinyBroker broker = new TinyBroker(GOOD)) {
            Report report = Bench.run(options(Scenario.CONNECT, broker, 0, 0, 0, ""));
            assertThat(figure(report, "connections")).isEqualTo(4);
            assertThat(figure(report, "latencyP50Micros")).isPositive();
        }
    }

    @ParameterizedTest
    @CsvSource({"0,0", "1,1"})
    void lossIsSeenAndIsAViolationWithQos1(int qos, int violations) {
        try (TinyBroker broker = new TinyBroker(sequence -> sequence % 100 == 50 ? 0 : 1)) {
            Report report = Bench.run(options(Scenario.PAIRS, broker, qos, 3000, 0, ""));
            assertThat(figure(report, "lost")).isEqualTo(30);
            assertThat(figure(report, "delivered")).isEqualTo(2970);
            assertThat(report.violations()).hasSize(violations);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,0", "2,1"})
    void duplicatesAreSeenAndAreAViolationWithQos2(int qos, int violations) {
        try (TinyBroker broker = new TinyBroker(sequence -> sequence % 100 == 50 ? 2 : 1)) {
            Report report = Bench.run(options(Scenario.PAIRS, broker, qos, 3000, 0, ""));
            assertThat(figure(report, "duplicated")).isEqualTo(30);
            assertThat(figure(report, "lost")).isZero();
            assertThat(report.violations()).hasSize(violations);
        }
    }

    @Test
    void aFixedRateIsKept() {
        try (TinyBroker broker = new TinyBroker(GOOD)) {
            Report report = Bench.run(options(Scenario.PAIRS, broker, 0, 300, 1000, ""));
            assertThat(figure(report, "delivered")).isEqualTo(300);
            assertThat(figure(report, "seconds")).isBetween(0.28, 5.0);
        }
    }

    @Test
    void aRefusedConnectionIsSaid() {
        try (TinyBroker broker = new TinyBroker(GOOD)) {
            assertThatThrownBy(() -> Bench.run(options(Scenario.PAIRS, broker, 0, 10, 0, "wrong")))
                    .isInstanceOf(BenchException.class)
                    .hasMessageContaining("refused with reason code 0x5");
        }
    }

    @Test
    void aBrokerThatIsNotThereIsSaid() {
        assertThatThrownBy(() -> Bench.run(options(Scenario.PAIRS, 1, 0, 10, 0, "")))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("no connection");
    }

    @Test
    void queuesForAbsentSessionsNeedAQos() {
        assertThatThrownBy(() -> options(Scenario.OFFLINE, 1, 0, 10, 0, ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--qos");
    }

    private static BenchOptions options(
            Scenario scenario, TinyBroker broker, int qos, long count, long rate, String user) {
        return options(scenario, broker.port(), qos, count, rate, user);
    }

    private static BenchOptions options(Scenario scenario, int port, int qos, long count, long rate, String user) {
        Optional<String> username = user.isEmpty() ? Optional.empty() : Optional.of(user);
        return new BenchOptions(
                scenario,
                "127.0.0.1",
                port,
                4,
                username,
                Optional.empty(),
                qos,
                3,
                4,
                64,
                count,
                1,
                0,
                rate,
                50,
                OptionalLong.empty(),
                2,
                false);
    }

    private static BenchOptions persistent(BenchOptions o) {
        return new BenchOptions(
                o.scenario(),
                o.host(),
                o.port(),
                o.protocol(),
                o.username(),
                o.password(),
                o.qos(),
                o.publishers(),
                o.subscribers(),
                o.size(),
                o.count(),
                o.seconds(),
                o.warmup(),
                o.rate(),
                o.window(),
                o.pid(),
                o.threads(),
                true);
    }

    /** By way of the JSON, as a script would. */
    private static double figure(Report report, String key) {
        Matcher found = Pattern.compile("\"" + key + "\":([0-9.]+)").matcher(report.toJson());
        assertThat(found.find()).as("%s in %s", key, report.toJson()).isTrue();
        return Double.parseDouble(found.group(1));
    }
}
