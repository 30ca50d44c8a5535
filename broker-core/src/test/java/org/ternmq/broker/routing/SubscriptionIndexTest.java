package org.ternmq.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.ternmq.broker.routing.Fixtures.subscription;
import static org.ternmq.broker.routing.Fixtures.topic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.spi.QoS;

final class SubscriptionIndexTest {
    private final SubscriptionIndex index = new SubscriptionIndex();
    private final FakeSubscriber client = new FakeSubscriber("client");

    @ParameterizedTest
    @CsvSource({
        "$share/g/a/+, a/b, true",
        "$share/g/a/+, $share/g/a/b, false",
        "$share/g//a, /a, true",
        "$share/g//a, a, false",
        "$share/g/#, a, true",
        "$share/g/#, $SYS/a, false",
        "$share/g/$SYS/#, $SYS/a, true",
        "$share/g/$SYS/#, a, false",
    })
    @Mqtt5("4.7.2-1")
    void matchesSharedFiltersWithoutTheirName(String text, String topic, boolean matches) { // MQTT-4.7.2-1
        index.add(subscription(client, text));
        Matches found = index.match(topic(topic));
        assertThat(found.plain()).isEmpty();
        assertThat(found.shared()).hasSize(matches ? 1 : 0);
    }

    @ParameterizedTest
    @CsvSource({"#, false", "+/a, false", "+/#, false", "$SYS/#, true", "$SYS/+, true", "$SYS/a, true"})
    @Mqtt5("4.7.2-1")
    @Mqtt311("4.7.2-1")
    void wildcardsInFrontDoNotMatchTopicsOfTheBroker(String text, boolean matches) {
        index.add(subscription(client, text));
        assertThat(index.match(topic("$SYS/a")).plain()).hasSize(matches ? 1 : 0);
    }

    @Test
    void keepsAClientsPlainAndSharedSubscriptionsApart() {
        index.add(subscription(client, "a", QoS.EXACTLY_ONCE, false, false, 1));
        index.add(subscription(client, "$share/g/a", QoS.AT_MOST_ONCE, false, false, 2));
        index.add(subscription(client, "$share/h/a", QoS.AT_MOST_ONCE, false, false, 3));
        Matches found = index.match(topic("a"));
        assertThat(found.plain()).singleElement().satisfies(m -> {
            assertThat(m.qos()).isEqualTo(QoS.EXACTLY_ONCE);
            assertThat(m.subscriptionIdentifiers()).containsExactly(1);
        });
        assertThat(Arrays.stream(found.shared()).map(SharedGroup::shareName)).containsExactlyInAnyOrder("g", "h");
        assertThat(index.size()).isEqualTo(3);
        assertThat(index.remove(client, "$share/g/a")).isNotNull();
        assertThat(index.remove(client, "$share/g/a")).isNull();
        assertThat(index.match(topic("a")).shared()).hasSize(1);
        assertThat(index.match(topic("a")).plain()).hasSize(1);
    }

    @Test
    void makesANewGroupAfterTheLastMemberHasLeft() {
        index.add(subscription(client, "$share/g/a"));
        SharedGroup first = index.match(topic("a")).shared()[0];
        index.remove(client, "$share/g/a");
        assertThat(index.match(topic("a"))).isSameAs(Matches.EMPTY);
        index.add(subscription(client, "$share/g/a"));
        assertThat(index.match(topic("a")).shared()[0]).isNotSameAs(first);
    }

    @Test
    @Mqtt5({"3.3.4-2", "3.3.4-4"})
    void carriesEveryIdentifierOfOverlappingSubscriptionsEvenTheSameOneTwice() { // MQTT-3.3.4-4
        index.add(subscription(client, "a/b", QoS.AT_MOST_ONCE, false, true, 7));
        index.add(subscription(client, "a/#", QoS.AT_LEAST_ONCE, false, false, 7));
        index.add(subscription(client, "+/b", QoS.AT_MOST_ONCE, false, false, 0));
        index.add(subscription(client, "#", QoS.AT_MOST_ONCE, false, false, 268_435_455));
        assertThat(index.match(topic("a/b")).plain()).singleElement().satisfies(m -> {
            assertThat(m.qos()).isEqualTo(QoS.AT_LEAST_ONCE); // MQTT-3.3.4-2
            assertThat(m.retainAsPublished()).isTrue();
            assertThat(m.subscriptionIdentifiers()).containsExactlyInAnyOrder(7, 7, 268_435_455);
        });
    }

    @Test
    void readsSinceAsItIsNow() {
        Subscription exact = subscription(client, "a");
        Subscription wide = subscription(client, "#");
        index.add(exact);
        index.add(wide);
        exact.since(5);
        wide.since(9);
        Match m = index.match(topic("a")).plain()[0];
        assertThat(m.since()).isEqualTo(5);
        exact.since(11);
        assertThat(m.since()).isEqualTo(9);
    }

    @Test
    void makesOneMatchOfASubscriptionForAllTopics() {
        index.add(subscription(client, "a/#"));
        assertThat(index.match(topic("a/b")).plain()[0])
                .isSameAs(index.match(topic("a/c")).plain()[0]);
        assertThat(index.match(topic("b"))).isSameAs(Matches.EMPTY);
    }

    @Test
    void refusesToRemoveWhatIsNoFilter() {
        assertThatIllegalArgumentException().isThrownBy(() -> index.remove(client, "$share/g"));
        assertThatIllegalArgumentException().isThrownBy(() -> index.remove(client, "a#"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"all/news", "$share/g/all/news"})
    void holdsManySubscribersOfOneFilter(String text) {
        List<FakeSubscriber> many = IntStream.range(0, 5000)
                .mapToObj(i -> new FakeSubscriber("c" + i))
                .toList();
        many.forEach(s -> assertThat(index.add(subscription(s, text))).isNull());
        many.forEach(s -> assertThat(index.add(subscription(s, text))).isNotNull());
        index.add(subscription(many.get(1), "all/#"));
        Matches found = index.match(topic("all/news"));
        if (text.startsWith("$")) {
            assertThat(found.shared())
                    .singleElement()
                    .satisfies(g -> assertThat(g.size()).isEqualTo(5000));
            assertThat(found.plain()).hasSize(1);
        } else {
            Set<Subscriber> subscribers = new HashSet<>();
            Arrays.stream(found.plain()).forEach(m -> subscribers.add(m.subscriber()));
            assertThat(subscribers).hasSize(5000).hasSameSizeAs(found.plain());
        }
        many.forEach(s -> assertThat(index.remove(s, text)).isNotNull());
        assertThat(index.size()).isEqualTo(1);
        index.remove(many.get(1), "all/#");
        assertThat(index.root().isEmpty()).isTrue();
    }

    @Test
    void holdsManyChildrenOfOneLevelAndShrinksAgain() {
        for (int i = 0; i < 3000; i++) {
            index.add(subscription(client, "a/" + i + "/x"));
        }
        index.add(subscription(client, "a/+/x"));
        for (int i = 0; i < 3000; i++) {
            if (i != 1234) {
                assertThat(index.remove(client, "a/" + i + "/x"))
                        .as("a/%d/x", i)
                        .isNotNull();
            }
            assertThat(index.match(topic("a/1234/x")).plain()[0].subscriptions())
                    .hasSize(2);
        }
        assertThat(index.match(topic("a/77/x")).plain()).hasSize(1);
        index.remove(client, "a/+/x");
        index.remove(client, "a/1234/x");
        assertThat(index.root().isEmpty()).isTrue();
    }

    @Test
    void hasRoomForTheDeepestTopicsWithoutRecursion() {
        String deepest = "/".repeat(65_534);
        List<String> filters = List.of(deepest, "+" + deepest, deepest.substring(1) + "/#", "#");
        filters.forEach(f -> index.add(subscription(client, f)));
        // A node for each of many levels: filters that end there.
        for (int i = 1; i < 5000; i++) {
            index.add(subscription(client, "/".repeat(i)));
        }
        TopicName topic = topic(deepest);
        assertThat(index.match(topic).plain()[0].subscriptions()).hasSize(4);
        filters.forEach(f -> assertThat(index.remove(client, f)).isNotNull());
        for (int i = 1; i < 5000; i++) {
            assertThat(index.remove(client, "/".repeat(i))).isNotNull();
        }
        assertThat(index.root().isEmpty()).isTrue();
    }

    @Test
    void removesAChainOfNodesAtOnce() {
        String deep = "a/".repeat(20_000);
        index.add(subscription(client, deep + "x"));
        for (int i = 1; i < 2000; i++) {
            index.add(subscription(client, "a/".repeat(i) + "y"));
        }
        for (int i = 1; i < 2000; i++) {
            index.remove(client, "a/".repeat(i) + "y");
        }
        assertThat(index.match(topic(deep + "x")).plain()).hasSize(1);
        index.remove(client, deep + "x");
        assertThat(index.root().isEmpty()).isTrue();
    }

    @Test
    void changesTheGenerationOfTheTopicsConcernedAndOfFewOthers() {
        List<TopicName> others = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            others.add(topic("other" + i + "/x"));
        }
        List<Long> before = others.stream().map(index::generation).toList();
        long a = index.generation(topic("a/b"));
        index.add(subscription(client, "a/c"));
        assertThat(index.generation(topic("a/b"))).isGreaterThan(a);
        long unchanged = IntStream.range(0, 100)
                .filter(i -> index.generation(others.get(i)) == before.get(i))
                .count();
        assertThat(unchanged).isGreaterThan(80); // a few may share the stripe
    }

    @ParameterizedTest
    @ValueSource(strings = {"#", "+", "+/b", "$share/g/#", "+/#"})
    void changesEveryGenerationForAWildcardInFront(String text) {
        long a = index.generation(topic("a/b"));
        long dollar = index.generation(topic("$SYS/b"));
        index.add(subscription(client, text));
        long added = index.generation(topic("a/b"));
        assertThat(added).isGreaterThan(a);
        assertThat(index.remove(client, text)).isNotNull();
        long removed = index.generation(topic("a/b"));
        assertThat(removed).isGreaterThan(added);
        index.remove(client, text);
        assertThat(index.generation(topic("a/b")))
                .as("removing nothing changes nothing")
                .isEqualTo(removed);
        assertThat(index.generation(topic("$SYS/b"))).isEqualTo(dollar); // MQTT-4.7.2-1
    }
}
