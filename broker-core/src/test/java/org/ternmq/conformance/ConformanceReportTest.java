package org.ternmq.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.ternmq.conformance.ConformanceRecord.Result;
import org.ternmq.conformance.Standard.Statement;

final class ConformanceReportTest {
    /** Every statement that can be proved is, but for the last of them, which this record is about. */
    private static final String ID = "6.0.0-4";

    private static ConformanceReport report(ConformanceRecord... records) {
        Stream<ConformanceRecord> others = Arrays.stream(Standard.values())
                .flatMap(standard -> standard.statements().values().stream()
                        .filter(Statement::testable)
                        .filter(s -> standard != Standard.MQTT5 || !s.id().equals(ID))
                        .map(s -> new ConformanceRecord(standard, s.id(), "Other.test", Result.PASSED)));
        return new ConformanceReport(Stream.concat(others, Stream.of(records)));
    }

    private static ConformanceRecord record(String id, Result result) {
        return new ConformanceRecord(Standard.MQTT5, id, "Some.test", result);
    }

    @Test
    void isContentWhenEveryStatementIsProved() {
        ConformanceReport report = report(record(ID, Result.PASSED), record(ID, Result.SKIPPED));
        assertThat(report.problems()).isEmpty();
        assertThat(report.page()).contains("| " + ID + " |").contains("| `Some.test` (2) | passed |");
    }

    @Test
    void namesWhatIsNotProved() {
        assertThat(report().problems())
                .singleElement()
                .asString()
                .startsWith("MQTT 5.0 " + ID)
                .endsWith(": no test");
        assertThat(report(record(ID, Result.SKIPPED)).problems())
                .singleElement()
                .asString()
                .endsWith(": no test that was not skipped");
    }

    @Test
    void namesATestThatFailed() {
        ConformanceReport report = report(record(ID, Result.PASSED), record(ID, Result.FAILED));
        assertThat(report.problems()).singleElement().asString().endsWith(": Some.test failed");
        assertThat(report.page()).contains("| `Some.test` (2) | **failed** |");
    }

    @Test
    void namesAStatementThatThereIsNot() {
        assertThat(report(record(ID, Result.PASSED), record("2.2.1-1", Result.PASSED))
                        .problems())
                .isEqualTo(List.of("Some.test names MQTT 5.0 2.2.1-1, and there is no such statement"));
    }

    @Test
    void readsTheRecordsThatItWrites() {
        ConformanceRecord record = record(ID, Result.SKIPPED);
        assertThat(ConformanceRecord.parse(record.line())).isEqualTo(record);
    }
}
