package org.ternmq.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

final class ConformanceListenerTest {
    @TempDir
    Path folder;

    /** Not run by itself: Surefire leaves out nested classes. */
    @Mqtt5("2.1.3-1")
    static final class Fixture {
        @Test
        @Mqtt5({"1.5.4-1", "1.5.4-2"})
        @Mqtt311("1.5.3-1")
        void passes() {}

        @Test
        @Mqtt5("1.5.4-3")
        void fails() {
            throw new AssertionError("as it should");
        }

        @Test
        @Disabled("to see what becomes of it")
        @Mqtt5("1.5.5-1")
        void isOff() {}

        @Test
        @Mqtt5("1.5.7-1")
        void isSkipped() {
            Assumptions.abort("as it should");
        }

        @ParameterizedTest
        @ValueSource(strings = {"MQTT5-3.1.0-1 MQTT-3.1.0-2 two", "4.8.2 none"})
        void rows(String name, TestReporter reporter) {
            reporter.publishEntry(Statements.in(name));
        }
    }

    @Test
    void writesWhatEachTestProves() throws Exception {
        Path file = folder.resolve("new/records.tsv");
        LauncherFactory.create(LauncherConfig.builder()
                        .enableTestExecutionListenerAutoRegistration(false)
                        .addTestExecutionListeners(new ConformanceListener(Optional.of(file)))
                        .build())
                .execute(LauncherDiscoveryRequestBuilder.request()
                        .selectors(selectClass(Fixture.class))
                        .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
                        .build());
        String name = "ConformanceListenerTest$Fixture.";
        assertThat(Files.readAllLines(file))
                .containsExactlyInAnyOrder(
                        "mqtt5\t1.5.4-1\t" + name + "passes\tpassed",
                        "mqtt5\t1.5.4-2\t" + name + "passes\tpassed",
                        "mqtt311\t1.5.3-1\t" + name + "passes\tpassed",
                        "mqtt5\t2.1.3-1\t" + name + "passes\tpassed",
                        "mqtt5\t1.5.4-3\t" + name + "fails\tfailed",
                        "mqtt5\t2.1.3-1\t" + name + "fails\tfailed",
                        "mqtt5\t1.5.5-1\t" + name + "isOff\tskipped",
                        "mqtt5\t2.1.3-1\t" + name + "isOff\tskipped",
                        "mqtt5\t1.5.7-1\t" + name + "isSkipped\tskipped",
                        "mqtt5\t2.1.3-1\t" + name + "isSkipped\tskipped",
                        "mqtt5\t3.1.0-1\t" + name + "rows\tpassed",
                        "mqtt311\t3.1.0-2\t" + name + "rows\tpassed",
                        "mqtt5\t2.1.3-1\t" + name + "rows\tpassed",
                        "mqtt5\t2.1.3-1\t" + name + "rows\tpassed");
    }
}
