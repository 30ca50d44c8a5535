package org.ternmq.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.broker.routing.Fixtures.message;
import static org.ternmq.broker.routing.Fixtures.subscription;
import static org.ternmq.broker.routing.Fixtures.topic;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ternmq.spi.QoS;

/** Shared subscriptions choose one member for each message (MQTT 5.0, 4.8.2). */
final class SharedGroupTest {
    private static final String TEXT = "$share/g/a";

    private final List<FakeSubscriber> members =
            IntStream.range(0, 4).mapToObj(i -> new FakeSubscriber("c" + i)).toList();

    private SharedGroup group(SharedStrategy strategy) {
        return group(strategy, members);
    }

    private static SharedGroup group(SharedStrategy strategy, List<FakeSubscriber> members) {
        SubscriptionIndex index = new SubscriptionIndex(strategy);
        members.forEach(m -> index.add(subscription(m, TEXT)));
        return index.match(topic("a")).shared()[0];
    }

    private static Map<Subscriber, Integer> pick(SharedGroup group, int times) {
        Map<Subscriber, Integer> picked = new HashMap<>();
        for (int i = 0; i < times; i++) {
            picked.merge(subscriber(group.pick(message("a", "p" + i))), 1, Integer::sum);
        }
        return picked;
    }

    private static Subscriber subscriber(@Nullable Subscription s) {
        assertThat(s).isNotNull();
        return s.subscriber();
    }

    @Test
    void takesTurns() {
        assertThat(pick(group(SharedStrategy.ROUND_ROBIN), 40).values()).containsExactly(10, 10, 10, 10);
    }

    @Test
    void takesTurnsFairlyAmongThoseWhoAccept() {
        members.get(1).accepts = false;
        Map<Subscriber, Integer> picked = pick(group(SharedStrategy.ROUND_ROBIN), 30);
        assertThat(picked).doesNotContainKey(members.get(1));
        assertThat(picked.values()).containsExactly(10, 10, 10);
    }

    @ParameterizedTest
    @EnumSource(SharedStrategy.class)
    void prefersMembersWhoAcceptElseTakesAny(SharedStrategy strategy) {
        members.forEach(m -> m.accepts = false);
        SharedGroup group = group(strategy);
        assertThat(pick(group, 100)).isNotEmpty();
        members.get(2).accepts = true;
        members.get(2).inFlight = 100;
        assertThat(pick(group, 100)).containsOnlyKeys(members.get(2));
    }

    @Test
    void picksAtRandomFromAll() {
        assertThat(pick(group(SharedStrategy.RANDOM), 1000))
                .hasSize(4)
                .allSatisfy((s, n) -> assertThat(n).isGreaterThan(100));
    }

    @Test
    void sticksToAMemberByPublisherAndMovesFewWhenOneLeaves() {
        SubscriptionIndex index = new SubscriptionIndex(SharedStrategy.STICKY);
        members.forEach(m -> index.add(subscription(m, TEXT)));
        SharedGroup group = index.match(topic("a")).shared()[0];
        Map<String, Subscriber> before = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            before.put("p" + i, subscriber(group.pick(message("a", "p" + i))));
        }
        assertThat(new HashSet<>(before.values())).hasSize(4);
        index.remove(members.get(0), TEXT);
        before.forEach((publisher, subscriber) -> {
            Subscriber now = subscriber(group.pick(message("a", publisher)));
            if (subscriber != members.get(0)) {
                assertThat(now).isSameAs(subscriber);
            } else {
                assertThat(now).isNotSameAs(members.get(0));
            }
        });
        assertThat(subscriber(group.pick(message("a", null)))).isSameAs(subscriber(group.pick(message("b", null))));
    }

    @Test
    void takesTheLeastBusyAndTurnsAmongEquals() {
        members.get(0).inFlight = 3;
        members.get(1).inFlight = 1;
        members.get(2).inFlight = 2;
        members.get(3).inFlight = 1;
        Map<Subscriber, Integer> picked = pick(group(SharedStrategy.LEAST_IN_FLIGHT), 40);
        assertThat(picked).containsOnlyKeys(members.get(1), members.get(3));
        assertThat(picked.values()).allMatch(n -> n >= 10);
    }

    @Test
    void givesToAnotherWhatOneDidNotGet() {
        SharedGroup group = group(SharedStrategy.ROUND_ROBIN);
        Subscription not = subscription(members.get(0), TEXT); // replaced meanwhile, still the same member
        members.get(2).accepts = false;
        Set<Subscriber> others = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            others.add(subscriber(group.pickOther(not)));
        }
        assertThat(others).containsExactlyInAnyOrder(members.get(1), members.get(3));
        members.forEach(m -> m.accepts = false);
        assertThat(subscriber(group.pickOther(not))).isNotSameAs(members.get(0));
    }

    @Test
    void hasNobodyElseToGiveTo() {
        SharedGroup group = group(SharedStrategy.ROUND_ROBIN, members.subList(0, 1));
        assertThat(group.pickOther(subscription(members.get(0), TEXT))).isNull();
    }

    @Test
    void countsWhoJoinsTwiceOnceAndReplacesItsOptions() { // MQTT-4.8.2-3
        SubscriptionIndex index = new SubscriptionIndex();
        FakeSubscriber twice = members.get(0);
        Subscription first = subscription(twice, TEXT);
        Subscription second = subscription(twice, TEXT, QoS.EXACTLY_ONCE, false, false, 0);
        assertThat(index.add(first)).isNull();
        index.add(subscription(members.get(1), TEXT));
        assertThat(index.add(second)).isSameAs(first);
        SharedGroup group = index.match(topic("a")).shared()[0];
        assertThat(group.size()).isEqualTo(2);
        assertThat(pick(group, 10).values()).containsExactly(5, 5);
        twice.inFlight = 0;
        members.get(1).accepts = false;
        assertThat(group.pick(message("a"))).isSameAs(second);
    }

    @ParameterizedTest
    @EnumSource(SharedStrategy.class)
    void isEmptyAfterTheLastHasLeft(SharedStrategy strategy) {
        SubscriptionIndex index = new SubscriptionIndex(strategy);
        index.add(subscription(members.get(0), TEXT));
        SharedGroup group = index.match(topic("a")).shared()[0];
        index.remove(members.get(0), TEXT);
        assertThat(group.pick(message("a"))).isNull();
    }

    @Test
    void keepsItsMembersWhileManyComeAndGo() {
        SubscriptionIndex index = new SubscriptionIndex();
        List<FakeSubscriber> many = IntStream.range(0, 100)
                .mapToObj(i -> new FakeSubscriber("m" + i))
                .toList();
        many.forEach(m -> index.add(subscription(m, TEXT)));
        SharedGroup group = index.match(topic("a")).shared()[0];
        for (int i = 0; i < 100; i += 2) {
            assertThat(subscriber(index.remove(many.get(i), TEXT))).isSameAs(many.get(i));
        }
        for (int i = 0; i < 100; i += 4) {
            index.add(subscription(many.get(i), TEXT));
        }
        Set<Subscriber> expected = new HashSet<>(many);
        IntStream.range(0, 100).filter(i -> i % 4 == 2).forEach(i -> expected.remove(many.get(i)));
        assertThat(pick(group, 75)).containsOnlyKeys(expected.toArray(Subscriber[]::new));
    }
}
