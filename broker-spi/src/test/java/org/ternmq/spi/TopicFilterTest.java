package org.ternmq.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Topic filters (MQTT 5.0, 4.7), by example and against a slow definition over every short filter and topic. */
final class TopicFilterTest {
    private static final List<String> FILTER_LEVELS = List.of("", "a", "b", "$x", "+", "#");

    /** The literals of the filters, and one that no filter has. */
    private static final List<String> TOPIC_LEVELS = List.of("", "a", "b", "$x", "z");

    @ParameterizedTest
    @CsvSource(delimiter = '|', commentCharacter = '~', textBlock = """
            #        | a          | true
            #        | a/b        | true
            #        | /          | true
            #        | /a         | true
            #        | $SYS       | false
            #        | $SYS/a     | false
            a/#      | a          | true
            a/#      | a/         | true
            a/#      | a/b        | true
            a/#      | a/b/c      | true
            a/#      | b          | false
            a/#      | aa         | false
            /#       | /          | true
            /#       | /a         | true
            /#       | a          | false
            +        | a          | true
            +        | aa         | true
            +        | /a         | false
            +        | a/b        | false
            +        | $SYS       | false
            +/+      | a/b        | true
            +/+      | /a         | true
            +/+      | a/         | true
            +/+      | /          | true
            +/+      | a          | false
            +/+      | $SYS/a     | false
            /+       | /a         | true
            /+       | /          | true
            /+       | a          | false
            /+       | /a/b       | false
            a/+      | a/b        | true
            a/+      | a/         | true
            a/+      | a          | false
            a/+      | a/b/c      | false
            a/+/b    | a/x/b      | true
            a/+/b    | a//b       | true
            a/+/b    | a/b        | false
            +/a/#    | x/a        | true
            +/a/#    | x/a/b      | true
            +/a/#    | /a         | true
            +/a/#    | a          | false
            +/a/#    | $x/a       | false
            /        | /          | true
            /        | //         | false
            a//b     | a//b       | true
            a//b     | a/b        | false
            a//b     | a/x/b      | false
            a b/ c   | a b/ c     | true
            a b/ c   | ab/c       | false
            $SYS/#   | $SYS       | true
            $SYS/#   | $SYS/x     | true
            $SYS/#   | SYS/x      | false
            $SYS/+   | $SYS/x     | true
            $SYS/+   | $SYS       | false
            $SYS/+   | $SYS/x/y   | false
            $share   | $share     | true
            $shared/g/a | $shared/g/a | true
            $SHARE/g/a  | $SHARE/g/a  | true
            $SHARE/g/a  | a           | false
            a        | A          | false
            """)
    void matchesAsTheSpecificationSays(String filter, String topic, boolean matches) { // MQTT-4.7.1, MQTT-4.7.2-1
        assertThat(TopicFilter.parse(filter).matches(topic)).isEqualTo(matches);
    }

    @Test
    void normalisesNothing() { // MQTT-4.7.3-4
        String composed = "caf\u00e9";
        String decomposed = "cafe\u0301";
        assertThat(TopicFilter.parse(composed).matches(composed)).isTrue();
        assertThat(TopicFilter.parse(composed).matches(decomposed)).isFalse();
    }

    @Test
    void matchesNoEmptyTopic() { // MQTT-4.7.3-1
        for (String filter : List.of("#", "+", "/", "/#", "+/#")) {
            assertThat(TopicFilter.parse(filter).matches("")).as(filter).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "a#", "#/a", "##", "a/#/b", "a/#b", "a+", "+a", "a/b+", "a/+b/c", "++", "a\0b", "/#/", "+#"})
    void refusesWhatIsNotValid(String filter) { // MQTT-4.7.1-1, MQTT-4.7.1-2, MQTT-4.7.3-1, MQTT-4.7.3-2
        assertThatIllegalArgumentException().isThrownBy(() -> TopicFilter.parse(filter));
    }

    @Test
    void countsBytesNotCharacters() { // MQTT-4.7.3-3
        assertThat(TopicFilter.parse("a".repeat(65_535)).hasWildcard()).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> TopicFilter.parse("a".repeat(65_536)));
        assertThat(TopicFilter.parse("\u20ac".repeat(21_845)).hasWildcard()).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> TopicFilter.parse("\u20ac".repeat(21_845) + "a"));
    }

    @Test
    void takesAsManyLevelsAsFit() {
        String slashes = "/".repeat(65_534);
        TopicFilter filter = TopicFilter.parse(slashes);
        TopicFilter wide = TopicFilter.parse("+" + slashes);
        assertThat(filter.matches(slashes)).isTrue();
        assertThat(filter.matches(slashes.substring(1))).isFalse();
        assertThat(wide.matches(slashes)).isTrue();
        assertThat(wide.covers(filter)).isTrue();
        assertThat(filter.covers(wide)).isFalse();
    }

    @Test
    void isWhatWasWritten() {
        assertThat(TopicFilter.parse("a/+/#")).hasToString("a/+/#").isEqualTo(TopicFilter.parse("a/+/#"));
        assertThat(TopicFilter.parse("#")).isNotEqualTo(TopicFilter.parse("+/#"));
        assertThat(TopicFilter.parse("a/#").hasWildcard()).isTrue();
        assertThat(TopicFilter.parse("a/+").hasWildcard()).isTrue();
        assertThat(TopicFilter.parse("a/b").hasWildcard()).isFalse();
    }

    @Test
    void matchesAsASlowDefinitionDoes() {
        List<String> topics = texts(TOPIC_LEVELS, 4);
        for (String filter : texts(FILTER_LEVELS, 4)) {
            if (!isValid(filter)) {
                assertThatIllegalArgumentException().as(filter).isThrownBy(() -> TopicFilter.parse(filter));
                continue;
            }
            TopicFilter parsed = TopicFilter.parse(filter);
            List<String> levels = levels(filter);
            for (String topic : topics) {
                boolean expected = defined(levels, topic);
                if (parsed.matches(topic) != expected) {
                    assertThat(parsed.matches(topic))
                            .as("%s matches %s", filter, topic)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void coversWhatMatchesNoMore() {
        List<String> topics = texts(TOPIC_LEVELS, 4); // one level more than the filters
        List<TopicFilter> filters = texts(FILTER_LEVELS, 3).stream()
                .filter(TopicFilterTest::isValid)
                .map(TopicFilter::parse)
                .toList();
        List<BitSet> matched = new ArrayList<>();
        for (TopicFilter f : filters) {
            BitSet those = new BitSet();
            for (int i = 0; i < topics.size(); i++) {
                those.set(i, f.matches(topics.get(i)));
            }
            matched.add(those);
        }
        for (int f = 0; f < filters.size(); f++) {
            for (int g = 0; g < filters.size(); g++) {
                BitSet more = (BitSet) matched.get(g).clone();
                more.andNot(matched.get(f));
                if (filters.get(f).covers(filters.get(g)) != more.isEmpty()) {
                    assertThat(filters.get(f).covers(filters.get(g)))
                            .as("%s covers %s", filters.get(f), filters.get(g))
                            .isEqualTo(more.isEmpty());
                }
            }
        }
    }

    /** The levels joined in every way, up to so many, without the empty text. */
    private static List<String> texts(List<String> levels, int most) {
        List<String> all = new ArrayList<>(levels);
        List<String> longest = levels;
        for (int i = 2; i <= most; i++) {
            longest = longest.stream()
                    .flatMap(t -> levels.stream().map(l -> t + "/" + l))
                    .toList();
            all.addAll(longest);
        }
        all.removeIf(String::isEmpty);
        return all;
    }

    private static List<String> levels(String text) {
        return List.of(text.split("/", -1));
    }

    /** Of these levels, a filter is valid if {@code #} is the last. */
    private static boolean isValid(String filter) {
        List<String> levels = levels(filter);
        return !levels.subList(0, levels.size() - 1).contains("#");
    }

    private static boolean defined(List<String> filter, String topic) {
        if (topic.startsWith("$") && Set.of("+", "#").contains(filter.get(0))) {
            return false; // MQTT-4.7.2-1
        }
        List<String> levels = levels(topic);
        boolean multiLevel = filter.get(filter.size() - 1).equals("#");
        int fixed = multiLevel ? filter.size() - 1 : filter.size();
        boolean lengthFits = multiLevel ? levels.size() >= fixed : levels.size() == fixed;
        return lengthFits
                && Stream.iterate(0, i -> i < fixed, i -> i + 1)
                        .allMatch(
                                i -> filter.get(i).equals("+") || filter.get(i).equals(levels.get(i)));
    }
}
