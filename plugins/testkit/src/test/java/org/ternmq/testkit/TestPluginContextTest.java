package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

final class TestPluginContextTest {
    @TempDir
    Path folder;

    record Server(URI url, @Default("389") int port) {}

    enum Mode {
        FIRST_MATCH,
        DENY_WINS
    }

    record Everything(
            String name,
            int count,
            long big,
            double ratio,
            boolean on,
            Duration delay,
            DataSize size,
            Path file,
            Mode mode,
            Optional<String> note,
            @Default("30s") Duration timeout,
            List<String> groups,
            List<Server> servers,
            Map<String, Integer> weights,
            Server userServer) {}

    record OddOnly(int number) {
        OddOnly {
            if (number % 2 == 0) {
                throw new IllegalArgumentException("number must be odd");
            }
        }
    }

    private <R extends Record> R bind(Class<R> type, Map<String, ?> settings) {
        try (TestPluginContext context = new TestPluginContext("test", folder, settings)) {
            return context.config(type);
        }
    }

    @Test
    void bindsEveryKindOfSetting() {
        Map<String, Object> settings = Map.ofEntries(
                Map.entry("name", "n"),
                Map.entry("count", 3),
                Map.entry("big", "9000000000"),
                Map.entry("ratio", 0.5),
                Map.entry("on", true),
                Map.entry("delay", "500ms"),
                Map.entry("size", "64KiB"),
                Map.entry("file", "users"),
                Map.entry("mode", "deny-wins"),
                Map.entry("groups", List.of("a", "b")),
                Map.entry("servers", List.of(Map.of("url", "ldap://one", "port", 1389))),
                Map.entry("weights", Map.of("x", 7)),
                Map.entry("user-server", Map.of("url", "ldap://two")));
        assertThat(bind(Everything.class, settings))
                .isEqualTo(new Everything(
                        "n",
                        3,
                        9_000_000_000L,
                        0.5,
                        true,
                        Duration.ofMillis(500),
                        new DataSize(65_536),
                        folder.toAbsolutePath().resolve("users"),
                        Mode.DENY_WINS,
                        Optional.empty(),
                        Duration.ofSeconds(30),
                        List.of("a", "b"),
                        List.of(new Server(URI.create("ldap://one"), 1389)),
                        Map.of("x", 7),
                        new Server(URI.create("ldap://two"), 389)));
    }

    @Test
    void namesAllProblemsAtOnce() {
        record Small(Server server, Duration delay, boolean on) {}
        ConfigurationException e = catchThrowableOfType(
                ConfigurationException.class,
                () -> bind(
                        Small.class,
                        Map.of("server", Map.of("port", "x", "extra", 1), "delay", "5 years", "un-known", 1)));
        assertThat(e.problems())
                .containsExactlyInAnyOrder(
                        "server.url: missing",
                        "server.port: For input string: \"x\"",
                        "server.extra: unknown key",
                        "delay: not a time: '5 years' (write 500ms, 30s, 5m, 2h or 7d)",
                        "on: missing",
                        "un-known: unknown key");
    }

    @Test
    void reportsWhatTheRecordItselfRefuses() {
        assertThat(bind(OddOnly.class, Map.of("number", 1))).isEqualTo(new OddOnly(1));
        assertThatThrownBy(() -> bind(OddOnly.class, Map.of("number", 2)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("number must be odd");
    }

    @Test
    void makesADataFolderForTheOwnerOnly() throws Exception {
        try (TestPluginContext context = new TestPluginContext(folder)) {
            Path data = context.dataDirectory();
            assertThat(data).isDirectory().isEqualTo(context.dataDirectory());
            if (Files.getFileStore(data).supportsFileAttributeView("posix")) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                        .isEqualTo("rwx------");
            }
        }
    }

    @Test
    void turnsItsClock() {
        try (TestPluginContext context = new TestPluginContext(folder)) {
            Instant before = context.clock().instant();
            context.clock().turn(Duration.ofHours(2));
            assertThat(context.clock().instant()).isEqualTo(before.plusSeconds(7200));
        }
    }

    @Test
    void runsBackgroundWorkUnderItsName() throws Exception {
        try (TestPluginContext context = new TestPluginContext("mine", folder, Map.of())) {
            String thread = context.executor()
                    .submit(() -> Thread.currentThread().getName())
                    .get(10, TimeUnit.SECONDS);
            assertThat(thread).isEqualTo("mine");
        }
    }
}
