package org.ternmq.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.broker.routing.Fixtures.topic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.spi.QoS;

/** The index against a plain list that is searched with {@link org.ternmq.spi.TopicFilter#matches}. */
final class SubscriptionIndexModelTest {
    private static final List<FakeSubscriber> SUBSCRIBERS =
            Stream.of("c0", "c1", "c2").map(FakeSubscriber::new).toList();
    private static final List<String> LEVELS = List.of("", "a", "aa", "b", "$x", "é");
    private static final List<String> TOPICS = topics();

    private record Change(boolean add, int subscriber, String text, int qos, boolean noLocal, int identifier) {}

    /** All topics of one to three levels, and some longer ones. */
    private static List<String> topics() {
        List<String> all = new ArrayList<>(LEVELS);
        List<String> longest = all;
        for (int levels = 2; levels <= 3; levels++) {
            longest = longest.stream()
                    .flatMap(t -> LEVELS.stream().map(l -> t + "/" + l))
                    .toList();
            all.addAll(longest);
        }
        all.addAll(List.of("a/a/a/a", "a/b/a/b/a", "a/aa/b/$x/", "///", "$x/a/b/a", "c", "a/c/a"));
        all.remove("");
        return all;
    }

    @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
    @Mqtt5({"3.8.4-3", "3.8.3-3", "3.3.4-2", "3.3.4-3", "3.3.4-4"})
    @Mqtt311("3.3.5-1")
    void matchesWhatAListWouldMatch(@ForAll("changes") List<Change> changes) {
        SubscriptionIndex index = new SubscriptionIndex();
        List<Subscription> model = new ArrayList<>();
        for (Change c : changes) {
            FakeSubscriber subscriber = SUBSCRIBERS.get(c.subscriber);
            Subscription there = find(model, subscriber, c.text);
            if (c.add) {
                Subscription s =
                        Fixtures.subscription(subscriber, c.text, QoS.of(c.qos), c.noLocal, c.qos == 1, c.identifier);
                assertThat(s.text()).isEqualTo(c.text);
                assertThat(index.add(s)).isSameAs(there); // MQTT-3.8.4-3
                model.remove(there);
                model.add(s);
            } else {
                assertThat(index.remove(subscriber, c.text)).isSameAs(there);
                model.remove(there);
            }
            assertThat(index.size()).isEqualTo(model.size());
        }
        for (String topic : TOPICS) {
            compare(topic, index.match(topic(topic)), model);
        }
        for (Subscription s : List.copyOf(model)) {
            assertThat(index.remove(s.subscriber(), s.text())).isSameAs(s);
            model.remove(s);
            for (String topic : List.of("a", "a/a", "a/a/a", "$x/a", "/", "b/a")) {
                compare(topic, index.match(topic(topic)), model);
            }
        }
        assertThat(index.root().isEmpty()).as("nothing is left of the tree").isTrue();
    }

    private static @Nullable Subscription find(List<Subscription> model, Subscriber subscriber, String text) {
        return model.stream()
                .filter(s -> s.subscriber() == subscriber && s.text().equals(text))
                .findFirst()
                .orElse(null);
    }

    private static void compare(String topic, Matches matches, List<Subscription> model) {
        Map<Subscriber, List<Subscription>> plain = new HashMap<>();
        TreeSet<String> groups = new TreeSet<>();
        for (Subscription s : model) {
            if (s.filter().matches(topic) && s.shareName() == null) {
                plain.computeIfAbsent(s.subscriber(), k -> new ArrayList<>()).add(s);
            } else if (s.filter().matches(topic)) {
                groups.add(s.text());
            }
        }
        assertThat(matches.isEmpty()).isEqualTo(plain.isEmpty() && groups.isEmpty());
        assertThat(matches.plain()).as("subscribers of %s", topic).hasSize(plain.size());
        for (Match m : matches.plain()) {
            List<Subscription> expected = plain.getOrDefault(m.subscriber(), List.of());
            assertThat(m.subscriptions())
                    .as("subscriptions of %s", topic)
                    .containsExactlyInAnyOrderElementsOf(expected);
            compare(m, expected);
            assertThat(m.forPublisher("somebody else")).isSameAs(m);
            assertThat(m.forPublisher(null)).isSameAs(m);
            List<Subscription> foreign =
                    expected.stream().filter(s -> !s.noLocal()).toList();
            Match own = m.forPublisher(m.subscriber().clientId()); // MQTT-3.8.3-3
            if (foreign.isEmpty()) {
                assertThat(own).isNull();
            } else {
                assertThat(own).isNotNull();
                compare(own, foreign);
            }
        }
        assertThat(Arrays.stream(matches.shared())
                        .map(g -> "$share/" + g.shareName() + "/" + g.filter())
                        .sorted())
                .as("groups of %s", topic)
                .containsExactlyElementsOf(groups);
        for (SharedGroup g : matches.shared()) {
            assertThat(g.size()).isEqualTo((int) model.stream()
                    .filter(s ->
                            g.shareName().equals(s.shareName()) && g.filter().equals(s.filter()))
                    .count());
        }
    }

    private static void compare(Match m, List<Subscription> merged) {
        assertThat(m.qos()) // MQTT-3.3.4-2
                .isEqualTo(merged.stream()
                        .map(Subscription::qos)
                        .max(Comparator.naturalOrder())
                        .orElseThrow());
        assertThat(m.retainAsPublished()).isEqualTo(merged.stream().anyMatch(Subscription::retainAsPublished));
        assertThat(Arrays.stream(m.subscriptionIdentifiers()).sorted().boxed()) // MQTT-3.3.4-3, MQTT-3.3.4-4
                .containsExactlyElementsOf(merged.stream()
                        .map(Subscription::subscriptionIdentifier)
                        .filter(i -> i != 0)
                        .sorted()
                        .toList());
    }

    @Provide
    Arbitrary<List<Change>> changes() {
        Arbitrary<String> level = Arbitraries.of("", "a", "aa", "b", "$x", "é", "+", "+");
        Arbitrary<String> filter = Combinators.combine(
                        level.list().ofMinSize(1).ofMaxSize(4), Arbitraries.of("", "", "/#"))
                .as((levels, end) -> String.join("/", levels) + end)
                .map(f -> f.isEmpty() ? "#" : f);
        Arbitrary<String> text = Combinators.combine(Arbitraries.of("", "", "", "$share/g/", "$share/h/"), filter)
                .as((share, f) -> share + f);
        // Few texts, so that a removal often finds something.
        return text.list()
                .ofMinSize(1)
                .ofMaxSize(12)
                .flatMap(texts -> Combinators.combine(
                                Arbitraries.frequencyOf(
                                        Tuple.of(3, Arbitraries.just(true)), Tuple.of(2, Arbitraries.just(false))),
                                Arbitraries.integers().between(0, SUBSCRIBERS.size() - 1),
                                Arbitraries.of(texts),
                                Arbitraries.integers().between(0, 2),
                                Arbitraries.of(true, false),
                                Arbitraries.integers().between(0, 3))
                        .as(Change::new)
                        .list()
                        .ofMaxSize(60));
    }
}
