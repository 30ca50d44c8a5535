package org.ternmq.acl.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;
import org.ternmq.testkit.TestClientInfo;

/** The index against a list that is gone through from the beginning to the end. */
final class RulesModelTest {
    /** A rule as the model has it. */
    record Line(boolean allow, Set<String> actions, String filter, Set<Integer> qos, Optional<Boolean> retain) {
        String yaml() {
            String when = (qos.isEmpty() ? "" : ", qos: " + qos)
                    + retain.filter(flag -> actions.equals(Set.of("publish")))
                            .map(flag -> ", retain: " + flag)
                            .orElse("");
            return "{" + (allow ? "allow" : "deny") + ": [" + String.join(", ", actions) + "], topic: \"" + filter
                    + "\"" + when + "}";
        }

        boolean hasQos(QoS asked) {
            return qos.isEmpty() || qos.contains(asked.value());
        }

        boolean hasQosAtLeast(QoS asked) {
            return qos.isEmpty() || qos.stream().anyMatch(q -> q >= asked.value());
        }
    }

    @Provide
    Arbitrary<String> level() {
        return Arbitraries.of("a", "b", "", "$x", "ab");
    }

    @Provide
    Arbitrary<String> filter() {
        Arbitrary<String> wild = Arbitraries.frequencyOf(Tuple.of(3, level()), Tuple.of(1, Arbitraries.just("+")));
        Arbitrary<String> plain = wild.list().ofMinSize(1).ofMaxSize(3).map(levels -> String.join("/", levels));
        return Combinators.combine(plain, Arbitraries.of("", "", "/#"))
                .as((front, end) -> front + end)
                .filter(text -> !text.isEmpty())
                .flatMap(text -> Arbitraries.frequency(Tuple.of(9, text), Tuple.of(1, "#")));
    }

    @Provide
    Arbitrary<String> topic() {
        return level().list()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(levels -> String.join("/", levels))
                .filter(t -> !t.isEmpty());
    }

    @Provide
    Arbitrary<List<Line>> lines() {
        return Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.of("publish", "subscribe", "receive").set().ofMinSize(1),
                        filter(),
                        Arbitraries.of(0, 1, 2).set().ofMaxSize(2),
                        Arbitraries.of(true, false).optional())
                .as(Line::new)
                .list()
                .ofMaxSize(12);
    }

    private static AccessRules rules(boolean denyWins, List<Line> lines) {
        String text = "evaluation: " + (denyWins ? "deny-wins" : "first-match") + "\n"
                + "roles:\n  one: ["
                + lines.stream()
                        .filter(l -> lines.indexOf(l) % 2 == 0)
                        .map(Line::yaml)
                        .collect(Collectors.joining(", "))
                + "]\n  two: ["
                + lines.stream()
                        .filter(l -> lines.indexOf(l) % 2 == 1)
                        .map(Line::yaml)
                        .collect(Collectors.joining(", "))
                + "]\neveryone: [two, one]\n";
        return YamlFile.read(Path.of("acl"), text).rulesFor(TestClientInfo.of("c", "u"));
    }

    /** In the order in which they are written above, those that deny first if that is asked for. */
    private static List<Line> ordered(boolean denyWins, List<Line> lines) {
        List<Line> ordered = new ArrayList<>();
        for (int half = 0; half < 2; half++) {
            int rest = half;
            lines.stream().filter(l -> lines.indexOf(l) % 2 == rest).forEach(ordered::add);
        }
        if (denyWins) {
            ordered.sort(Comparator.comparing(Line::allow));
        }
        return ordered;
    }

    private interface Fits {
        boolean test(Line line, TopicFilter filter);
    }

    private static Decision first(List<Line> lines, String action, Fits fits) {
        for (Line line : lines) {
            if (line.actions().contains(action) && fits.test(line, TopicFilter.parse(line.filter()))) {
                return line.allow() ? Decision.ALLOW : Decision.DENY;
            }
        }
        return Decision.ABSTAIN;
    }

    @Property(tries = 500)
    void decidesAboutTopicsAsAListDoes(
            @ForAll boolean denyWins,
            @ForAll("lines") List<Line> lines,
            @ForAll("topic") String topic,
            @ForAll QoS qos,
            @ForAll boolean retain) {
        AccessRules rules = rules(denyWins, lines);
        List<Line> ordered = ordered(denyWins, lines);
        assertThat(rules.publish(topic, qos, retain))
                .isEqualTo(first(
                        ordered,
                        "publish",
                        (line, filter) -> filter.matches(topic)
                                && line.hasQos(qos)
                                && (line.retain().isEmpty()
                                        || !line.actions().equals(Set.of("publish"))
                                        || line.retain().get() == retain)));
        Decision subscribing = first(
                ordered,
                "subscribe",
                (line, filter) -> filter.matches(topic) && (line.allow() ? line.hasQosAtLeast(qos) : line.hasQos(qos)));
        Decision receiving = first(ordered, "receive", (line, filter) -> filter.matches(topic) && line.hasQos(qos));
        Decision both = subscribing == Decision.DENY || receiving == Decision.DENY
                ? Decision.DENY
                : subscribing == Decision.ALLOW ? Decision.ALLOW : receiving;
        assertThat(rules.receive(topic, qos)).isEqualTo(both);
        if (both == Decision.DENY) {
            assertThat(rules.checksDeliveries())
                    .as("who asks, if it says that nobody need ask?")
                    .isTrue();
        }
    }

    @Property(tries = 500)
    void decidesAboutFiltersAsAListDoes(
            @ForAll boolean denyWins,
            @ForAll("lines") List<Line> lines,
            @ForAll("filter") String asked,
            @ForAll QoS qos) {
        TopicFilter filter = TopicFilter.parse(asked);
        assertThat(rules(denyWins, lines).subscribe(filter, qos))
                .isEqualTo(first(
                        ordered(denyWins, lines), "subscribe", (line, of) -> of.covers(filter) && line.hasQos(qos)));
    }

    /** A subscription of Mosquitto is granted if, and only if, there is a topic that comes through it. */
    @Property(tries = 500)
    void findsFiltersThatShareATopic(
            @ForAll("filter") String rule, @ForAll("filter") String asked, @ForAll("topic") String topic) {
        AccessRules rules = MosquittoFile.read(Path.of("acl"), "user u\ntopic read " + rule + "\n")
                .rulesFor(TestClientInfo.of("c", "u"));
        boolean granted = rules.subscribe(TopicFilter.parse(asked), QoS.AT_MOST_ONCE) == Decision.ALLOW;
        TopicFilter filter = TopicFilter.parse(asked);
        if (filter.matches(topic) && TopicFilter.parse(rule).matches(topic)) {
            assertThat(granted).isTrue();
        }
        assertThat(granted).isEqualTo(shareATopic(rule, asked));
    }

    /** Tries every topic that could be made of the levels of both, and of one that neither has. */
    private static boolean shareATopic(String one, String other) {
        TopicFilter a = TopicFilter.parse(one);
        TopicFilter b = TopicFilter.parse(other);
        List<String> levels = List.of("a", "b", "", "$x", "ab", "z");
        List<String> topics = new ArrayList<>(levels);
        for (int from = 0, depth = 1; depth < 5; depth++) {
            int to = topics.size();
            for (int i = from; i < to; i++) {
                String front = topics.get(i);
                if (a.matches(front) && b.matches(front)) {
                    return true;
                }
                if (depth < 4) {
                    levels.forEach(level -> topics.add(front + "/" + level));
                }
            }
            from = to;
        }
        return false;
    }
}
