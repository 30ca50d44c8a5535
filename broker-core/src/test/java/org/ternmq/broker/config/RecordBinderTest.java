package org.ternmq.broker.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/** What {@code PluginContext.config} promises. */
final class RecordBinderTest {
    private static final Path BASE = Path.of("/etc/ternmq");

    enum Mode {
        READ_ONLY,
        READ_WRITE
    }

    record Inner(String word, @Default("7") int number) {}

    record All(
            String text,
            boolean flag,
            int count,
            long big,
            double ratio,
            Mode mode,
            Duration time,
            DataSize size,
            Path path,
            URI userDnUri,
            List<String> words,
            List<Inner> inners,
            Map<String, Integer> numbers,
            Map<String, Inner> named,
            Optional<String> maybe,
            Optional<Inner> maybeInner,
            Inner inner) {}

    @Test
    void everyTypeIsBound() {
        All all = bind(All.class, """
                text: 0123
                flag: true
                count: -3
                big: 9000000000
                ratio: 0.25
                mode: read-only
                time: 90s
                size: 64KiB
                path: users
                user-dn-uri: "ldaps://host:636"
                words: [a, 1, true, null-ish]
                inners: [{word: x}, {word: y, number: 8}]
                numbers: {one: 1, Two-Words: 2}
                named: {k: {word: z}}
                maybe: here
                maybe-inner: {word: w}
                inner: {word: v, number: 0}
                """);

        assertThat(all)
                .isEqualTo(new All(
                        "0123",
                        true,
                        -3,
                        9_000_000_000L,
                        0.25,
                        Mode.READ_ONLY,
                        Duration.ofSeconds(90),
                        new DataSize(64 << 10),
                        Path.of("/etc/ternmq/users"),
                        URI.create("ldaps://host:636"),
                        List.of("a", "1", "true", "null-ish"),
                        List.of(new Inner("x", 7), new Inner("y", 8)),
                        Map.of("one", 1, "Two-Words", 2),
                        Map.of("k", new Inner("z", 7)),
                        Optional.of("here"),
                        Optional.of(new Inner("w", 7)),
                        new Inner("v", 0)));
        assertThat(all.numbers().keySet()).containsExactly("one", "Two-Words");
        assertThatThrownBy(() -> all.words().add("x")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> all.numbers().put("x", 1)).isInstanceOf(UnsupportedOperationException.class);
    }

    record Lenient(
            Optional<Path> file,
            List<String> list,
            Map<String, String> map,
            @Default("[5s, 1m]") List<Duration> waits) {}

    @Test
    void optionalsDefaultsAndCollectionsMayBeMissing() {
        Lenient expected = new Lenient(
                Optional.empty(), List.of(), Map.of(), List.of(Duration.ofSeconds(5), Duration.ofMinutes(1)));

        assertThat(bind(Lenient.class, "{}")).isEqualTo(expected);
        assertThat(bind(Lenient.class, "list:\nmap:\nwaits:")).isEqualTo(expected);
    }

    @Test
    void everythingElseIsRequiredAndEverythingWrongIsReported() {
        assertThat(problems(All.class, """
                text: [a]
                flag: yes
                count: 010
                big: 99999999999999999999
                ratio: half
                mode: read_only
                time: 5
                size: 3KB
                path: ""
                user-dn-uri: "not a uri"
                words: a
                inners: [{word: x, nubmer: 8}, z]
                numbers: {one: 1.5}
                named: []
                maybe:
                inner: {}
                """))
                .containsExactly(
                        "t.yaml:1:7: b.text: expected text, found a list",
                        "t.yaml:2:7: b.flag: expected true or false, found 'yes'",
                        "t.yaml:3:8: b.count: expected a whole number, found '010'",
                        "t.yaml:4:6: b.big: expected a whole number, found '99999999999999999999'",
                        "t.yaml:5:8: b.ratio: expected a number, found 'half'",
                        "t.yaml:6:7: b.mode: expected one of read-only, read-write, found 'read_only'",
                        "t.yaml:7:7: b.time: expected a time such as 500ms, 30s, 5m or 7d, found '5'",
                        "t.yaml:8:7: b.size: expected a size such as 64KiB, found '3KB'",
                        "t.yaml:9:7: b.path: expected a path, found ''",
                        "t.yaml:10:14: b.user-dn-uri: expected a URI such as ldaps://host:636, found 'not a uri'",
                        "t.yaml:11:8: b.words: expected a list, found 'a'",
                        "t.yaml:12:20: b.inners[0].nubmer: unknown key, did you mean 'number'?",
                        "t.yaml:12:32: b.inners[1]: expected a block, found 'z'",
                        "t.yaml:13:16: b.numbers.one: expected a whole number, found '1.5'",
                        "t.yaml:14:8: b.named: expected a block, found a list",
                        "t.yaml:15:7: b.maybe: has no value",
                        "t.yaml:16:8: b.inner.word: missing");
    }

    record Url(String url, String userDn, String maxQosCA, Optional<String> x) {}

    @Test
    void unknownKeysGetASuggestionIfOneIsClose() {
        assertThat(problems(
                        Url.class, "{url: a, user_dn: b, userDn: c, max-qos-ca: d, ulr: e, entirely-else: f, y: g}"))
                .contains(
                        "t.yaml:1:10: b.user_dn: unknown key, did you mean 'user-dn'?",
                        "t.yaml:1:22: b.userDn: unknown key, did you mean 'user-dn'?",
                        "t.yaml:1:48: b.ulr: unknown key, did you mean 'url'?",
                        "t.yaml:1:56: b.entirely-else: unknown key; known here: url, user-dn, max-qos-ca, x",
                        "t.yaml:1:1: b.user-dn: missing")
                .hasSize(6);
    }

    record Checked(int low, int high) {
        Checked {
            if (low > high) {
                throw new IllegalArgumentException("low is above high");
            }
        }
    }

    record Broken(String word) {
        Broken {
            throw new ConfigurationException(List.of("one", "two"));
        }
    }

    record Outer(List<Checked> ranges) {}

    @Test
    void whatTheConstructorThrowsIsReportedAtTheBlock() {
        assertThat(problems(Outer.class, "ranges:\n  - {low: 1, high: 2}\n  - {low: 3, high: 2}"))
                .containsExactly("t.yaml:3:5: b.ranges[1]: low is above high");
        assertThat(problems(Broken.class, "word: w")).containsExactly("t.yaml:1:1: b: one", "t.yaml:1:1: b: two");
    }

    record Unbindable(Thread thread) {}

    record WrongDefault(@Default("many") int count) {}

    record Raw(Map<Integer, String> map) {}

    @Test
    void aRecordThatNobodyCouldBindIsAFaultOfThePlugin() {
        assertThatThrownBy(() -> bind(Unbindable.class, "thread: x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> bind(WrongDefault.class, "{}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the default 'many' of count");
        assertThatThrownBy(() -> bind(Raw.class, "map: {1: x}")).isInstanceOf(IllegalArgumentException.class);
    }

    record Times(Duration a, Duration b, Duration c, Duration d, Duration e, Duration f) {}

    @Test
    void timesHaveAUnit() {
        assertThat(bind(Times.class, "{a: 500ms, b: 30s, c: 5m, d: 2h, e: 7d, f: 0}"))
                .isEqualTo(new Times(
                        Duration.ofMillis(500),
                        Duration.ofSeconds(30),
                        Duration.ofMinutes(5),
                        Duration.ofHours(2),
                        Duration.ofDays(7),
                        Duration.ZERO));
    }

    record Number(long value) {}

    @Property(tries = 200)
    void everyNumberIsReadAsItWasWritten(@ForAll long value) {
        assertThat(bind(Number.class, "value: " + value).value()).isEqualTo(value);
    }

    @Property(tries = 200)
    void everyAddressIsReadAsItWasWritten(
            @ForAll @LongRange(min = 0, max = 0xFFFF_FFFFL) long v4, @ForAll @IntRange(max = 0xFFFF) int port) {
        String host = (v4 >> 24) + "." + (v4 >> 16 & 255) + "." + (v4 >> 8 & 255) + "." + (v4 & 255);
        BindAddress address = new BindAddress(host, port);
        BindAddress six = new BindAddress("2001:db8::" + Long.toHexString(v4 & 0xFFFF), port);

        assertThat(BindAddress.parse(address.toString())).isEqualTo(address);
        assertThat(BindAddress.parse(six.toString())).isEqualTo(six);
        assertThat(address.isLoopback()).isEqualTo(v4 >> 24 == 127);
    }

    @Test
    void addressesOfAnotherFormAreRefused() {
        for (String text :
                List.of("1883", ":1883", "127.0.0.1", "127.0.0.1:65536", "::1:1883", "[::1]", "a b:1", "a:-1", "")) {
            assertThatThrownBy(() -> BindAddress.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(BindAddress.parse("localhost:1").isLoopback()).isTrue();
        assertThat(BindAddress.parse("[::1]:1").isLoopback()).isTrue();
        assertThat(BindAddress.parse("[::]:1").isLoopback()).isFalse();
        assertThat(BindAddress.parse("nosuch.invalid:1").isLoopback()).isFalse();
    }

    private static <R extends Record> R bind(Class<R> type, String yaml) {
        Problems problems = new Problems();
        R bound = bind(type, yaml, problems);
        assertThat(problems.lines()).isEmpty();
        assertThat(bound).isNotNull();
        return bound;
    }

    private static List<String> problems(Class<? extends Record> type, String yaml) {
        Problems problems = new Problems();
        bind(type, yaml, problems);
        return problems.lines();
    }

    private static <R extends Record> R bind(Class<R> type, String yaml, Problems problems) {
        ConfigNode node = new YamlReader("t.yaml", true, new Variables(Map.of()), problems)
                .read(new java.io.StringReader(yaml), "b");
        return new RecordBinder(BASE, problems).bind(new Place(node, "b"), type, Set.of());
    }
}
