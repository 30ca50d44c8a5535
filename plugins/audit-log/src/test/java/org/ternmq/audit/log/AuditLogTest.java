package org.ternmq.audit.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.BrokerEvent;
import org.ternmq.spi.BrokerListener;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.QoS;
import org.ternmq.testkit.BrokerListenerConformance;
import org.ternmq.testkit.TestClientInfo;
import org.ternmq.testkit.TestPluginContext;

final class AuditLogTest extends BrokerListenerConformance {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    private Path folder;

    private final List<TestPluginContext> contexts = new ArrayList<>();

    @Override
    protected BrokerListener listener() {
        return listener("conformance.jsonl", Map.of());
    }

    private BrokerListener listener(String file, Map<String, ?> settings) {
        Map<String, Object> all = new LinkedHashMap<>(settings);
        all.put("path", file);
        TestPluginContext context = new TestPluginContext("event-audit-log", folder, all);
        contexts.add(context);
        return new AuditLogFactory().create(context);
    }

    @AfterEach
    void endContexts() {
        contexts.forEach(TestPluginContext::close);
    }

    private static BrokerEvent denied(String topic) {
        return new BrokerEvent.AccessDenied(NOW, "c", "publish", topic);
    }

    @Test
    void saysWhatHappened() throws Exception {
        TestClientInfo ada = TestClientInfo.of("meter-1", "ada");
        try (BrokerListener audit = listener("audit.jsonl", Map.of())) {
            audit.onEvent(new BrokerEvent.ClientConnected(NOW.plusMillis(7), ada, true));
            audit.onEvent(new BrokerEvent.Subscribed(NOW, "meter-1", "$share/g/a/#", QoS.AT_LEAST_ONCE));
            audit.onEvent(denied("vault/x"));
            audit.onEvent(new BrokerEvent.AccessDenied(NOW, "meter-1", "subscribe", "vault/#"));
            audit.onEvent(new BrokerEvent.ClientDisconnected(NOW, ada, 0x8E, "taken over"));
            audit.onEvent(new BrokerEvent.ClientRefused(
                    NOW,
                    Optional.of("meter-2"),
                    Optional.empty(),
                    ada.remoteAddress(),
                    "mqtt",
                    0x87,
                    "anonymous clients are not allowed"));
            audit.onEvent(new BrokerEvent.EventsLost(NOW, 17));
        }
        assertThat(Files.readAllLines(folder.resolve("audit.jsonl"))).containsExactly("""
                {"time":"2026-01-01T00:00:00.007Z","event":"connected","clientId":"meter-1","username":"ada",\
                "address":"127.0.0.1:40000","listener":"mqtt","protocol":"5.0","session":"resumed","reasonCode":"0x00"}
                {"time":"2026-01-01T00:00:00.000Z","event":"subscribed","clientId":"meter-1","filter":"$share/g/a/#","qos":1}
                {"time":"2026-01-01T00:00:00.000Z","event":"denied","clientId":"c","action":"publish","topic":"vault/x"}
                {"time":"2026-01-01T00:00:00.000Z","event":"denied","clientId":"meter-1","action":"subscribe","filter":"vault/#"}
                {"time":"2026-01-01T00:00:00.000Z","event":"disconnected","clientId":"meter-1","username":"ada",\
                "address":"127.0.0.1:40000","listener":"mqtt","reasonCode":"0x8E","detail":"taken over"}
                {"time":"2026-01-01T00:00:00.000Z","event":"refused","clientId":"meter-2",\
                "address":"127.0.0.1:40000","listener":"mqtt","reasonCode":"0x87","detail":"anonymous clients are not allowed"}
                {"time":"2026-01-01T00:00:00.000Z","event":"lost","count":17,"detail":"came too fast"}
                """.split("\n"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("threat 49: no text of a client breaks a line, forges one, or does anything to a terminal")
    void hostileTextsAreTextsAndNothingElse(boolean ascii) throws Exception {
        int told = 0;
        try (BrokerListener audit = listener("audit.jsonl", Map.of("ascii", ascii))) {
            for (String text : HOSTILE_TEXTS) {
                for (BrokerEvent event : eventsWith(text)) {
                    audit.onEvent(event);
                    told++;
                }
            }
        }
        List<Map<String, String>> lines = Lines.of(folder.resolve("audit.jsonl"));
        assertThat(lines).hasSize(told);
        int line = 0;
        for (String text : HOSTILE_TEXTS) {
            String kept = text.substring(0, Math.min(text.length(), AuditRecords.LONGEST_TEXT));
            for (BrokerEvent event : eventsWith(text)) {
                Map<String, String> fields = lines.get(line++);
                if (event instanceof BrokerEvent.AccessDenied) {
                    assertThat(fields.get("clientId")).isEqualTo(kept.equals("\uDE00\uD83D") ? "\uFFFD\uFFFD" : kept);
                    assertThat(fields.containsKey("cut")).isEqualTo(text.length() > AuditRecords.LONGEST_TEXT);
                }
            }
        }
        assertThat(Files.readString(folder.resolve("audit.jsonl"))
                        .codePoints()
                        .filter(c -> c != '\n' && (ascii ? c < 0x20 || c > 0x7E : !isHarmless(c)))
                        .mapToObj(c -> String.format(Locale.ROOT, "U+%04X", c))
                        .distinct())
                .isEmpty();
        assertThat(Files.readString(folder.resolve("audit.jsonl")).contains("é"))
                .isEqualTo(!ascii);
    }

    private static boolean isHarmless(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE -> false;
            default -> true;
        };
    }

    @Test
    void oldFilesAreKeptUpToANumber() throws Exception {
        String topic = "x".repeat(1000);
        try (BrokerListener audit = listener("audit.jsonl", Map.of("max-size", "128KiB", "keep", 2))) {
            for (int i = 0; i < 600; i++) {
                audit.onEvent(denied(i + topic.substring(10)));
            }
        }
        try (var files =
                Files.list(folder).filter(f -> f.getFileName().toString().startsWith("audit"))) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrder("audit.jsonl", "audit.jsonl.1", "audit.jsonl.2");
        }
        List<Map<String, String>> all = new ArrayList<>();
        for (String name : List.of("audit.jsonl.2", "audit.jsonl.1", "audit.jsonl")) {
            Path file = folder.resolve(name);
            assertThat(Files.size(file)).isBetween(1L, 128L << 10);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            all.addAll(Lines.of(file));
        }
        int first = 600 - all.size();
        for (int i = 0; i < all.size(); i++) {
            assertThat(all.get(i).get("topic")).startsWith(first + i + "x");
        }
    }

    @Test
    @DisplayName("threat 34: the file is for its owner alone, also if it was not before")
    void isForItsOwnerAlone() throws Exception {
        Path file = Files.writeString(folder.resolve("audit.jsonl"), "{}\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        listener("audit.jsonl", Map.of()).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void goesOnBehindALineThatACrashCutOff() throws Exception {
        Path file = Files.writeString(folder.resolve("audit.jsonl"), "{\"time\":\"2026");
        try (BrokerListener audit = listener("audit.jsonl", Map.of())) {
            audit.onEvent(denied("a"));
        }
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(2).first().isEqualTo("{\"time\":\"2026");
        assertThat(Lines.object(lines.get(1))).containsEntry("topic", "a");
    }

    @Test
    void whatCannotBeWrittenIsCountedAndSaidOnceAMinute() throws Exception {
        Path place = Files.createDirectory(folder.resolve("place"));
        Logger logger = (Logger) LoggerFactory.getLogger(AuditLog.class);
        ListAppender<ILoggingEvent> said = new ListAppender<>();
        said.start();
        logger.addAppender(said);
        try (BrokerListener audit = listener("place/audit.jsonl", Map.of("flush", "60s"))) {
            audit.onEvent(denied("before"));
            fill(audit, 100); // is written, as it is much
            trap(place);
            for (int round = 0; round < 5; round++) {
                fill(audit, 100);
            }
            assertThat(said.list).hasSize(1);
            assertThat(said.list.get(0).getFormattedMessage()).contains("audit-log", "cannot be written");
            contexts.get(contexts.size() - 1).clock().turn(Duration.ofMinutes(1));
            fill(audit, 100);
            assertThat(said.list).hasSize(2);
            release(place);
            fill(audit, 100);
        } finally {
            logger.detachAppender(said);
        }
        List<Map<String, String>> lines = Lines.of(place.resolve("audit.jsonl"));
        Map<String, String> lost = lines.stream()
                .filter(l -> "lost".equals(l.get("event")))
                .findFirst()
                .orElseThrow();
        assertThat(lost).containsEntry("detail", "could not be written");
        assertThat(Long.parseLong(lost.get("count"))).isEqualTo(801 - (lines.size() - 1));
    }

    private static void fill(BrokerListener audit, int records) throws Exception {
        for (int i = 0; i < records; i++) {
            audit.onEvent(denied("x".repeat(1000)));
        }
    }

    /** Has the next writes fail: the file is closed by an interrupt, and where it was is something else. */
    private static void trap(Path place) throws IOException {
        Files.move(place.resolve("audit.jsonl"), place.resolve("aside"));
        Files.createDirectory(place.resolve("audit.jsonl"));
        Thread.currentThread().interrupt();
    }

    private static void release(Path place) throws IOException {
        assertThat(Thread.interrupted()).isTrue();
        Files.delete(place.resolve("audit.jsonl"));
        Files.move(place.resolve("aside"), place.resolve("audit.jsonl"));
    }

    @Test
    void isWrittenAfterATimeIfToldSo() throws Exception {
        try (BrokerListener audit = listener("audit.jsonl", Map.of("flush", "50ms"))) {
            audit.onEvent(denied("a"));
            awaitLines(1);
            Files.delete(folder.resolve("audit.jsonl"));
            awaitLines(0); // somebody took it away, and there is a new one
            audit.onEvent(denied("b"));
            awaitLines(1);
        }
        assertThat(Lines.of(folder.resolve("audit.jsonl")).get(0)).containsEntry("topic", "b");
    }

    private void awaitLines(int number) throws Exception {
        Path file = folder.resolve("audit.jsonl");
        long end = System.nanoTime() + 20_000_000_000L;
        while (!Files.exists(file) || Files.readString(file).lines().count() != number) {
            assertThat(System.nanoTime()).as("%s lines in time", number).isLessThan(end);
            Thread.sleep(5);
        }
    }

    @Test
    void aFileThatCannotBeStopsTheStart() throws Exception {
        assertThatThrownBy(() -> listener("nowhere/audit.jsonl", Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("nowhere/audit.jsonl: there is no such folder");
        Files.createDirectory(folder.resolve("taken"));
        assertThatThrownBy(() -> listener("taken", Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("not a regular file");
        Files.createSymbolicLink(folder.resolve("link"), folder.resolve("other"));
        assertThatThrownBy(() -> listener("link", Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("not a regular file");
        assertThatThrownBy(() -> listener("conformance.jsonl", Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("another audit log of this broker writes to it");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"max-size: 1KiB", "keep: 0", "keep: 1001", "flush: never", "flush: 0s", "flush: 61s", "level: x"
            })
    void settingsThatMakeNoSenseAreRefused(String setting) {
        String[] parts = setting.split(": ");
        assertThatThrownBy(() -> listener("other.jsonl", Map.of(parts[0], parts[1])))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(parts[0]);
        assertThat(folder.resolve("other.jsonl")).doesNotExist();
    }

    @Test
    void neverWritesAnythingButItsLines() throws Exception {
        listener("audit.jsonl", Map.of()).close();
        assertThat(new String(Files.readAllBytes(folder.resolve("audit.jsonl")), StandardCharsets.UTF_8))
                .isEmpty();
    }
}
