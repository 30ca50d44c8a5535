package org.ternmq.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.broker.routing.Fixtures.expiring;
import static org.ternmq.broker.routing.Fixtures.message;
import static org.ternmq.broker.routing.Fixtures.topic;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.TopicFilter;

/** Scans against a list that is searched with {@link TopicFilter#matches}. */
final class RetainedCursorModelTest {
    private static final long NOW = 1000;

    private record Change(String topic, boolean remove, boolean expired) {}

    @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
    void findsWhatAListWouldFindInOrder(
            @ForAll("changes") List<Change> changes, @ForAll("filters") List<String> filters) {
        RetainedMessages retained = new RetainedMessages(0, 0);
        TreeMap<TopicName, ApplicationMessage> model = new TreeMap<>();
        List<String> late = new ArrayList<>();
        long mark = -1;
        for (int i = 0; i < changes.size(); i++) {
            Change c = changes.get(i);
            if (i == changes.size() * 3 / 4) {
                mark = retained.mark();
            }
            if (mark >= 0) {
                late.add(c.topic);
            }
            if (c.remove) {
                retained.remove(topic(c.topic));
                model.remove(topic(c.topic));
            } else {
                ApplicationMessage m = c.expired ? expiring(c.topic, NOW) : message(c.topic);
                retained.put(m);
                model.put(m.topic(), m);
            }
        }
        assertThat(retained.size()).isEqualTo(model.size());
        assertThat(retained.bytes())
                .isEqualTo(model.values().stream()
                        .mapToLong(ApplicationMessage::footprint)
                        .sum());
        for (String filter : filters) {
            compare(retained, filter, Long.MAX_VALUE, model, Set.of());
            compare(retained, filter, mark, model, Set.copyOf(late));
        }
    }

    private static void compare(
            RetainedMessages retained,
            String text,
            long maxMark,
            TreeMap<TopicName, ApplicationMessage> model,
            Set<String> late) {
        TopicFilter filter = TopicFilter.parse(text);
        List<ApplicationMessage> expected = model.values().stream()
                .filter(m -> filter.matches(m.topic().toString())
                        && !late.contains(m.topic().toString()))
                .toList();
        List<ApplicationMessage> found = new ArrayList<>();
        RetainedCursor cursor = retained.scan(filter);
        RetainedCursor.Step step = cursor.next(maxMark, NOW);
        while (step != RetainedCursor.Step.END) {
            assertThat(step) // so few topics are no reason to rest, unless the scan runs in a circle
                    .as(text)
                    .isEqualTo(
                            cursor.message().isExpired(NOW)
                                    ? RetainedCursor.Step.EXPIRED
                                    : RetainedCursor.Step.MESSAGE);
            found.add(cursor.message());
            assertThat(found).as(text).hasSizeLessThanOrEqualTo(expected.size());
            step = cursor.next(maxMark, NOW);
        }
        assertThat(found).as(text).containsExactlyElementsOf(expected);
    }

    @Provide
    Arbitrary<List<Change>> changes() {
        Arbitrary<String> topic = Arbitraries.of("", "a", "a!", "aa", "b", "$x", "%", "!", "é")
                .list()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(levels -> String.join("/", levels))
                .filter(t -> !t.isEmpty());
        return Combinators.combine(topic, rarely(), rarely())
                .as(Change::new)
                .list()
                .ofMaxSize(60);
    }

    private static Arbitrary<Boolean> rarely() {
        return Arbitraries.integers().between(0, 5).map(i -> i == 0);
    }

    @Provide
    Arbitrary<List<String>> filters() {
        return Combinators.combine(
                        Arbitraries.of("", "a", "a!", "b", "$x", "+", "+", "+")
                                .list()
                                .ofMaxSize(4),
                        Arbitraries.of(true, false))
                .as((levels, multiLevel) -> {
                    List<String> all = new ArrayList<>(levels);
                    if (multiLevel) {
                        all.add("#");
                    }
                    return String.join("/", all);
                })
                .filter(f -> !f.isEmpty())
                .list()
                .ofSize(12);
    }
}
