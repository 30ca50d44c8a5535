package org.ternmq.acl.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;
import org.ternmq.testkit.TestClientInfo;

/** {publish, subscribe, receive} with every QoS and retain flag, allowed and denied, for good and for hostile names, in both forms. */
final class MatrixTest {
    /** Names that are as good as any other, if odd. */
    private static final List<String> FIT =
            List.of("ada", "Zoë 漢字 \uD83D\uDE00", "e\u0301", "%u", "$SYS", "*", " ", "\u0001", "n".repeat(60_000));

    private static final List<String> UNFIT =
            List.of("+", "#", "a/b", "#/x", "+/+", "/", "x/", "a#", "\0", "/".repeat(60_000));

    private enum Form {
        YAML("""
                evaluation: deny-wins
                everyone:
                  - {allow: [publish, subscribe, receive], topic: "in/%u/#"}
                  - {deny: [publish, subscribe, receive], topic: "in/%u/no/%c"}
                  - {allow: publish, topic: "once/%c", qos: 1, retain: true}
                """),
        MOSQUITTO("""
                pattern readwrite in/%u/#
                pattern deny in/%u/no/%c
                pattern write once/%c
                """);

        private final String text;

        Form(String text) {
            this.text = text;
        }

        AccessRules rules(String name) {
            Path file = Path.of("acl");
            AccessList list = this == YAML ? YamlFile.read(file, text) : MosquittoFile.read(file, text);
            return list.rulesFor(TestClientInfo.of(name, name));
        }
    }

    /** Every request about a topic, by its name. */
    private static List<Function<String, Decision>> requests(AccessRules rules) {
        List<Function<String, Decision>> requests = new ArrayList<>();
        for (QoS qos : QoS.values()) {
            requests.add(topic -> rules.publish(topic, qos, false));
            requests.add(topic -> rules.publish(topic, qos, true));
            requests.add(topic -> rules.subscribe(TopicFilter.parse(topic), qos));
            requests.add(topic -> rules.receive(topic, qos));
        }
        return requests;
    }

    static Stream<Arguments> fitNames() {
        return Stream.of(Form.values()).flatMap(form -> FIT.stream().map(name -> Arguments.of(form, name)));
    }

    static Stream<Arguments> unfitNames() {
        return Stream.of(Form.values()).flatMap(form -> UNFIT.stream().map(name -> Arguments.of(form, name)));
    }

    @ParameterizedTest(name = "{0} {index}")
    @MethodSource("fitNames")
    void aNameStandsForItselfAlone(Form form, String name) {
        AccessRules rules = form.rules(name);
        Decision nothing = form == Form.YAML ? Decision.ABSTAIN : Decision.DENY;
        for (Function<String, Decision> request : requests(rules)) {
            assertThat(request.apply("in/" + name + "/x")).isEqualTo(Decision.ALLOW);
            assertThat(request.apply("in/" + name)).isEqualTo(Decision.ALLOW);
            assertThat(request.apply("in/" + name + "x/x")).isEqualTo(nothing);
            assertThat(request.apply("in/other/x")).isEqualTo(nothing);
            assertThat(request.apply("in//x")).isEqualTo(nothing);
            assertThat(request.apply("in")).isEqualTo(nothing);
            assertThat(request.apply("$SYS/x")).isEqualTo(nothing);
            if (name.length() < 30_000) {
                assertThat(request.apply("in/" + name + "/no/" + name)).isEqualTo(Decision.DENY);
                assertThat(request.apply("in/" + name + "/no/" + name + "/x")).isEqualTo(Decision.ALLOW);
            }
        }
        assertThat(rules.publish("once/" + name, QoS.AT_LEAST_ONCE, true)).isEqualTo(Decision.ALLOW);
        Decision conditioned = form == Form.YAML ? Decision.ABSTAIN : Decision.ALLOW; // Mosquitto knows no conditions
        assertThat(rules.publish("once/" + name, QoS.AT_LEAST_ONCE, false)).isEqualTo(conditioned);
        assertThat(rules.publish("once/" + name, QoS.AT_MOST_ONCE, true)).isEqualTo(conditioned);
        assertThat(rules.subscribe(TopicFilter.parse("once/" + name), QoS.AT_LEAST_ONCE))
                .isEqualTo(nothing);
        for (String filter : List.of("in/+/x", "in/+/#", "in/#", "#", "+/#")) {
            boolean held = rules.subscribe(TopicFilter.parse(filter), QoS.AT_LEAST_ONCE) != Decision.ALLOW
                    || rules.receive("in/other/x", QoS.AT_LEAST_ONCE) == Decision.DENY;
            assertThat(held).as(filter).isTrue();
        }
    }

    @ParameterizedTest(name = "{0} {index}")
    @MethodSource("unfitNames")
    void anUnfitNameIsAllowedNothing(Form form, String name) { // threats: CVE-2017-7650
        AccessRules rules = form.rules(name);
        List<String> topics =
                new ArrayList<>(List.of("in/a", "in/a/b", "in/a/b/x", "in/x", "in//x", "in", "once/a", "once/"));
        String literal = "in/" + name + "/x";
        for (Function<String, Decision> request : requests(rules)) {
            for (String topic : topics) {
                assertThat(request.apply(topic)).as(topic).isNotEqualTo(Decision.ALLOW);
            }
            assertThat(request.apply("in/whoever/no/x"))
                    .as("what is denied stays so")
                    .isEqualTo(Decision.DENY);
        }
        assertThat(rules.publish(literal, QoS.AT_MOST_ONCE, false)).isNotEqualTo(Decision.ALLOW);
        for (String filter : List.of("in/+/x", "in/+/#", "in/#", "#", "+/#", "once/+", "$SYS/#")) {
            assertThat(rules.subscribe(TopicFilter.parse(filter), QoS.AT_MOST_ONCE))
                    .as(filter)
                    .isNotEqualTo(Decision.ALLOW);
        }
    }
}
