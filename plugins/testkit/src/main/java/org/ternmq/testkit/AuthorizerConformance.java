package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.ExplainedAccessRules;
import org.ternmq.spi.QoS;
import org.ternmq.spi.RulesChanged;
import org.ternmq.spi.TopicFilter;

/**
 * What every authorizer must do. A plugin's test extends this class and says how to make the authorizer, whom it knows, what
 * this client may use, and what nobody may use:
 *
 * <pre>{@code
 * final class MyAuthorizerTest extends AuthorizerConformance {
 *     @TempDir Path folder;
 *
 *     protected Authorizer authorizer(RulesChanged changed) throws Exception {
 *         return new MyAuthorizerFactory().create(new TestPluginContext("mine", folder, Map.of()), changed);
 *     }
 *
 *     protected TestClientInfo client() { return TestClientInfo.of("meter-1", "ada"); }
 *
 *     protected String allowed() { return "sites/1/state"; }
 *
 *     protected String forbidden() { return "vault/key"; }
 * }
 * }</pre>
 *
 * <p>A test that cannot hold for a plugin is overridden by name in the plugin's test, with the reason beside it.
 *
 * <p>What is not allowed is a {@link Decision#DENY} or a {@link Decision#ABSTAIN}: which of the two, is the plugin's affair.
 */
public abstract class AuthorizerConformance {
    private static final int CALLS_PER_THREAD = 50;
    private static final List<String> HOSTILE_NAMES = List.of(
            "+",
            "#",
            "a/b",
            "#/x",
            "+/+",
            "/",
            "$SYS",
            "$share/g/#",
            " ",
            "%u",
            "%c",
            "a\nb",
            "../x",
            "*",
            "\uD83D\uDE00",
            "\u00E9\u0301",
            "\uFFFF",
            "n".repeat(65_535));

    private Authorizer authorizer = client -> {
        throw new IllegalStateException("not open");
    };

    /** For subclasses. */
    protected AuthorizerConformance() {}

    /**
     * Makes the authorizer. Called before each test.
     *
     * @param changed to be told of changes
     * @return the authorizer
     * @throws Exception fails the test
     */
    protected abstract Authorizer authorizer(RulesChanged changed) throws Exception;

    /**
     * A client that the authorizer knows.
     *
     * @return the client
     */
    protected abstract TestClientInfo client();

    /**
     * A topic that {@link #client} may publish to with QoS 1 and subscribe to with QoS 1.
     *
     * @return a topic name
     */
    protected abstract String allowed();

    /**
     * A topic that no client may publish to or be sent messages of.
     *
     * @return a topic name
     */
    protected abstract String forbidden();

    /** Makes the authorizer. */
    @BeforeEach
    final void open() throws Exception {
        authorizer = authorizer(new RulesChanged() {
            @Override
            public void forEveryone() {}

            @Override
            public void forClient(String clientId) {}
        });
    }

    /** Closes it. */
    @AfterEach
    final void close() throws Exception {
        authorizer.close();
    }

    @Test
    protected void allowsWhatIsAllowed() throws Exception {
        assertAllows(authorizer.rulesFor(client()));
    }

    @Test
    protected void doesNotAllowWhatIsForbidden() throws Exception {
        assertForbids(authorizer.rulesFor(client()));
        assertForbids(authorizer.rulesFor(TestClientInfo.anonymous("somebody")));
        assertForbids(authorizer.rulesFor(TestClientInfo.of("somebody", "nobody-of-this-name")));
    }

    @Test
    protected void answersTheSameAgain() throws Exception {
        AccessRules rules = authorizer.rulesFor(client());
        boolean checks = rules.checksDeliveries();
        for (int i = 0; i < 3; i++) {
            assertAllows(rules);
            assertForbids(rules);
            assertThat(rules.checksDeliveries()).isEqualTo(checks);
        }
        assertAllows(authorizer.rulesFor(client()));
    }

    /** Names that become wildcards, levels or the broker's own topics where they are put into a filter. */
    @TestFactory
    protected Stream<DynamicTest> hostileNamesOpenNothing() {
        return HOSTILE_NAMES.stream()
                .map(name -> DynamicTest.dynamicTest(printable(name), () -> {
                    for (ClientInfo client : List.of(
                            client().withClientId(name),
                            client().withUsername(name),
                            TestClientInfo.of(name, name),
                            TestClientInfo.anonymous(name))) {
                        assertForbids(authorizer.rulesFor(client));
                    }
                }));
    }

    /** A subscription that takes in more than is allowed is refused, or its messages are checked one by one. */
    @Test
    protected void wildcardsDoNotReachWhatIsForbidden() throws Exception {
        AccessRules rules = authorizer.rulesFor(client());
        String topic = forbidden();
        int slash = topic.lastIndexOf('/');
        List<String> filters = new ArrayList<>(List.of("#", "+/#", "/#", topic + "/#"));
        if (slash >= 0) {
            filters.add(topic.substring(0, slash) + "/#");
            filters.add(topic.substring(0, slash) + "/+");
        }
        filters.add(topic.replaceAll("[^/]+", "+"));
        for (String filter : filters) {
            for (QoS qos : QoS.values()) {
                TopicFilter asked = TopicFilter.parse(filter);
                boolean granted = rules.subscribe(asked, qos) == Decision.ALLOW;
                boolean heldBack = rules.checksDeliveries() && rules.receive(topic, qos) == Decision.DENY;
                assertThat(granted && asked.matches(topic) && !heldBack)
                        .as("'%s' with QoS %s lets messages of '%s' through", filter, qos.value(), topic)
                        .isFalse();
            }
        }
    }

    /** Whatever a client may send is answered, and with a verdict. */
    @TestFactory
    protected Stream<DynamicTest> bearsEveryTopic() {
        return Stream.of(
                        "/",
                        "//",
                        "a",
                        "/a",
                        "a/",
                        allowed() + "/",
                        "/" + allowed(),
                        "$SYS/broker/uptime",
                        "$",
                        " ",
                        "%u/%c",
                        "\uD83D\uDE00/\u00E9\u0301",
                        "\u0001",
                        "\uFFFF",
                        "/".repeat(65_535),
                        "x".repeat(65_535),
                        "a/".repeat(32_767))
                .map(topic -> DynamicTest.dynamicTest(printable(topic), () -> {
                    AccessRules rules = authorizer.rulesFor(client());
                    for (QoS qos : QoS.values()) {
                        assertThat(rules.publish(topic, qos, false)).isNotNull();
                        assertThat(rules.publish(topic, qos, true)).isNotNull();
                        assertThat(rules.receive(topic, qos)).isNotNull();
                        for (String filter : List.of(topic, "+/" + topic, topic + "/#")) {
                            if (filter.length() <= TopicFilter.MAX_BYTES / 3 || filter.equals(topic)) {
                                assertThat(rules.subscribe(TopicFilter.parse(filter), qos))
                                        .isNotNull();
                            }
                        }
                    }
                }));
    }

    @Test
    protected void bearsSeveralCallsAtOnce() throws Exception {
        AtOnce.run(thread -> {
            for (int call = 0; call < CALLS_PER_THREAD; call++) {
                AccessRules rules = authorizer.rulesFor(client());
                assertAllows(rules);
                assertForbids(rules);
                assertForbids(authorizer.rulesFor(TestClientInfo.anonymous("+")));
            }
        });
    }

    @Test
    protected void reloadsWhatIsThere() throws Exception {
        AccessRules before = authorizer.rulesFor(client());
        authorizer.reload();
        AccessRules after = authorizer.rulesFor(client());
        assertAllows(after);
        assertForbids(after);
        assertAllows(before); // in force until the broker has fetched the new ones
        assertForbids(before);
    }

    @Test
    protected void bearsBeingClosedTwice() throws Exception {
        authorizer.close();
        assertThatCode(authorizer::close).doesNotThrowAnyException();
    }

    @Test
    protected void saysWhyIfItCan() throws Exception {
        if (authorizer.rulesFor(client()) instanceof ExplainedAccessRules rules) {
            for (String topic : List.of(allowed(), forbidden())) {
                assertThat(rules.whyPublish(topic, QoS.AT_LEAST_ONCE, false)).isNotBlank();
                assertThat(rules.whySubscribe(TopicFilter.parse(topic), QoS.AT_LEAST_ONCE))
                        .isNotBlank();
                assertThat(rules.whyReceive(topic, QoS.AT_LEAST_ONCE)).isNotBlank();
            }
        }
    }

    private void assertAllows(AccessRules rules) {
        assertThat(rules.publish(allowed(), QoS.AT_LEAST_ONCE, false))
                .as("publish to %s", allowed())
                .isEqualTo(Decision.ALLOW);
        assertThat(rules.subscribe(TopicFilter.parse(allowed()), QoS.AT_LEAST_ONCE))
                .as("subscribe to %s", allowed())
                .isEqualTo(Decision.ALLOW);
        if (rules.checksDeliveries()) {
            assertThat(rules.receive(allowed(), QoS.AT_LEAST_ONCE))
                    .as("receive of %s", allowed())
                    .isNotEqualTo(Decision.DENY);
        }
    }

    private void assertForbids(AccessRules rules) {
        for (QoS qos : QoS.values()) {
            assertNotAllowed(rules.publish(forbidden(), qos, false), "publish to ");
            assertNotAllowed(rules.publish(forbidden(), qos, true), "publish retained to ");
            assertNotAllowed(rules.subscribe(TopicFilter.parse(forbidden()), qos), "subscribe to ");
        }
    }

    private void assertNotAllowed(Decision decision, String what) {
        assertThat(decision).as(what + forbidden()).isIn(Decision.DENY, Decision.ABSTAIN);
    }

    private static String printable(String text) {
        String escaped = text.chars()
                .limit(50)
                .mapToObj(c -> c > ' ' && c < 127 ? String.valueOf((char) c) : String.format(Locale.ROOT, "\\u%04x", c))
                .collect(Collectors.joining());
        return text.length() <= 50 ? escaped : escaped + "… (" + text.length() + " characters)";
    }
}
