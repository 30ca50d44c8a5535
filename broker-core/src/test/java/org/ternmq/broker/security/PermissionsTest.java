package org.ternmq.broker.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.observe.PluginScope;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/** What one client may do. */
final class PermissionsTest {
    private static final TopicName TOPIC = TopicName.ofValid("a/b");

    private final Metrics metrics = new Metrics();
    private final List<String> asked = new ArrayList<>();

    /** Gives the same verdict on everything. */
    private final class Verdict implements AccessRules {
        private final String name;
        private final Supplier<Boolean> checksDeliveries;
        private final Supplier<Decision> decision;

        Verdict(String name, Supplier<Boolean> checksDeliveries, Supplier<Decision> decision) {
            this.name = name;
            this.checksDeliveries = checksDeliveries;
            this.decision = decision;
        }

        @Override
        public Decision publish(String topic, QoS qos, boolean retain) {
            asked.add(name + " publish " + topic + ' ' + qos.value() + ' ' + retain);
            return decision.get();
        }

        @Override
        public Decision subscribe(TopicFilter filter, QoS qos) {
            asked.add(name + " subscribe " + filter + ' ' + qos.value());
            return decision.get();
        }

        @Override
        public boolean checksDeliveries() {
            return checksDeliveries.get();
        }

        @Override
        public Decision receive(String topic, QoS qos) {
            asked.add(name + " receive " + topic + ' ' + qos.value());
            return decision.get();
        }
    }

    private Verdict says(String name, AccessRules.Decision decision) {
        return new Verdict(name, () -> true, () -> decision);
    }

    private Permissions permissions(boolean allowByDefault, AccessRules... rules) {
        return of(allowByDefault, metrics, rules);
    }

    /** As an authentication makes them. */
    static Permissions of(boolean allowByDefault, Metrics metrics, AccessRules... rules) {
        LoopWatch watch = new LoopWatch(metrics);
        return new Permissions(
                Stream.of(rules)
                        .map(each -> Permissions.Ruled.of(new PluginScope("rules", each, metrics, watch), each))
                        .toList(),
                allowByDefault,
                0);
    }

    private static List<Boolean> verdicts(Permissions permissions) {
        return List.of(
                permissions.mayPublish(TOPIC, QoS.AT_LEAST_ONCE, true),
                permissions.maySubscribe(TopicFilter.parse("a/+"), QoS.EXACTLY_ONCE),
                permissions.mayReceive(TOPIC, QoS.AT_MOST_ONCE));
    }

    @Test
    void theFirstThatDoesNotAbstainDecides() {
        Verdict abstains = says("1", AccessRules.Decision.ABSTAIN);
        Verdict allows = says("2", AccessRules.Decision.ALLOW);
        Verdict denies = says("3", AccessRules.Decision.DENY);
        assertThat(verdicts(permissions(false, abstains, allows, denies))).containsOnly(true);
        assertThat(asked)
                .containsExactly(
                        "1 publish a/b 1 true",
                        "2 publish a/b 1 true",
                        "1 subscribe a/+ 2",
                        "2 subscribe a/+ 2",
                        "1 receive a/b 0",
                        "2 receive a/b 0");
        assertThat(verdicts(permissions(true, abstains, denies, allows))).containsOnly(false);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void ifAllAbstainTheDefaultHolds(boolean allowByDefault) {
        Verdict abstains = says("1", AccessRules.Decision.ABSTAIN);
        // It may receive what it could subscribe to.
        List<Boolean> expected = List.of(allowByDefault, allowByDefault, true);
        assertThat(verdicts(permissions(allowByDefault))).isEqualTo(expected);
        assertThat(verdicts(permissions(allowByDefault, abstains, abstains))).isEqualTo(expected);
    }

    @Test
    void rulesThatThrowDeny() {
        Verdict broken = new Verdict("broken", () -> true, () -> {
            throw new IllegalStateException("broken");
        });
        Verdict gone = new Verdict("gone", () -> true, () -> {
            throw new NoClassDefFoundError("com/example/Gone");
        });
        assertThat(verdicts(permissions(true, broken, says("2", AccessRules.Decision.ALLOW))))
                .containsOnly(false);
        assertThat(verdicts(permissions(true, gone))).containsOnly(false);
        assertThat(metrics.pluginFailures()).isEqualTo(6);
        assertThat(asked).noneMatch(line -> line.startsWith("2"));
    }

    @SuppressWarnings("NullAway") // that is the point
    private static AccessRules.Decision nothing() {
        return null;
    }

    @Test
    void rulesThatAnswerNullDeny() {
        assertThat(verdicts(permissions(true, new Verdict("null", () -> true, PermissionsTest::nothing))))
                .containsOnly(false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"$", "$SYS", "$SYS/broker/uptime", "$share/g/t"})
    void topicsOfTheBrokerAreNotPublished(String topic) {
        Permissions permissions = permissions(true, says("1", AccessRules.Decision.ALLOW));
        assertThat(permissions.mayPublish(TopicName.ofValid(topic), QoS.AT_MOST_ONCE, false))
                .isFalse();
        assertThat(asked).isEmpty();
        assertThat(permissions.mayPublish(TopicName.ofValid("a/$SYS"), QoS.AT_MOST_ONCE, false))
                .isTrue();
    }

    @Test
    void deliveriesAreCheckedByThoseThatWantTo() {
        Verdict does = says("does", AccessRules.Decision.DENY);
        Verdict doesNot = new Verdict("does not", () -> false, () -> AccessRules.Decision.DENY);
        assertThat(permissions(true).checksDeliveries()).isFalse();
        assertThat(permissions(true, doesNot).checksDeliveries()).isFalse();
        assertThat(permissions(true, doesNot).mayReceive(TOPIC, QoS.AT_MOST_ONCE))
                .isTrue();
        assertThat(permissions(true, doesNot, does).checksDeliveries()).isTrue();
        assertThat(permissions(true, doesNot, does).mayReceive(TOPIC, QoS.AT_MOST_ONCE))
                .isFalse();
        assertThat(asked).containsExactly("does receive a/b 0");
    }

    /** Rules of a third party may recurse for as long as a topic is: the client is denied, and its loop goes on. */
    @Test
    void rulesThatOverflowTheStackDeny() {
        Verdict deep = new Verdict("deep", () -> true, new Supplier<>() {
            @Override
            public AccessRules.Decision get() {
                return get();
            }
        });
        assertThat(verdicts(permissions(true, deep))).containsOnly(false);
        assertThat(metrics.pluginFailures()).isEqualTo(3);
    }
}
