package org.ternmq.acl.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.ExplainedAccessRules;
import org.ternmq.spi.QoS;
import org.ternmq.spi.RulesChanged;
import org.ternmq.spi.TopicFilter;
import org.ternmq.testkit.AuthorizerConformance;
import org.ternmq.testkit.TestClientInfo;
import org.ternmq.testkit.TestPluginContext;

/** The authorizer with a file of Mosquitto. */
final class MosquittoFileTest extends AuthorizerConformance {
    private static final String FILE = """
            # for clients without user name
            topic read public/#

            user ada
            topic sites/1/#
            topic read news/#
            topic deny news/secret
            topic  write   a topic/with blanks

            user Bob Builder
            topic readwrite tools/#

            pattern readwrite own/%u/%c
            pattern deny own/%u/secret
            pattern read $SYS/broker/connection/%c/state
            pattern read weather
            """;

    @TempDir
    Path folder = Path.of("");

    @Override
    protected Authorizer authorizer(RulesChanged changed) throws Exception {
        Files.writeString(folder.resolve("acl"), FILE);
        return new FileAuthorizerFactory()
                .create(new TestPluginContext("acl", folder, Map.of("path", "acl", "format", "mosquitto")), changed);
    }

    @Override
    protected TestClientInfo client() {
        return TestClientInfo.of("meter-1", "ada");
    }

    @Override
    protected String allowed() {
        return "sites/1/state";
    }

    @Override
    protected String forbidden() {
        return "vault/key";
    }

    private static AccessRules rules(TestClientInfo client) {
        return MosquittoFile.read(Path.of("acl"), FILE).rulesFor(client);
    }

    private static String may(AccessRules rules, String topic) {
        return (rules.receive(topic, QoS.AT_MOST_ONCE) == Decision.ALLOW ? "r" : "-")
                + (rules.publish(topic, QoS.AT_MOST_ONCE, false) == Decision.ALLOW ? "w" : "-");
    }

    @Test
    void whatNoRuleSpeaksOfIsDenied() {
        assertThat(rules(client()).publish("x", QoS.AT_MOST_ONCE, false)).isEqualTo(Decision.DENY);
        assertThat(rules(client()).receive("x", QoS.AT_MOST_ONCE)).isEqualTo(Decision.DENY);
        assertThat(rules(TestClientInfo.of("c", "nobody")).publish("x", QoS.AT_MOST_ONCE, false))
                .isEqualTo(Decision.DENY);
    }

    @Test
    void topicsAreThoseOfTheUserBeforeThem() {
        AccessRules ada = rules(client());
        assertThat(may(ada, "sites/1/x")).as("readwrite if nothing is said").isEqualTo("rw");
        assertThat(may(ada, "news/x")).isEqualTo("r-");
        assertThat(may(ada, "news/secret")).as("deny comes first").isEqualTo("--");
        assertThat(may(ada, "a topic/with blanks")).isEqualTo("-w");
        assertThat(may(ada, "tools/x")).isEqualTo("--");
        assertThat(may(ada, "public/x")).as("for anonymous clients alone").isEqualTo("--");
        assertThat(may(rules(TestClientInfo.of("c", "Bob Builder")), "tools/x")).isEqualTo("rw");
        assertThat(may(rules(TestClientInfo.anonymous("c")), "public/x")).isEqualTo("r-");
    }

    @Test
    void patternsAreForAll() {
        assertThat(may(rules(client()), "own/ada/meter-1")).isEqualTo("rw");
        assertThat(may(rules(client()), "own/ada/other")).isEqualTo("--");
        assertThat(may(rules(client().withClientId("secret")), "own/ada/secret"))
                .isEqualTo("--");
        assertThat(may(rules(client()), "weather")).isEqualTo("r-");
        assertThat(may(rules(client()), "$SYS/broker/connection/meter-1/state")).isEqualTo("r-");
    }

    @Test
    void aNameThatHoldsAWildcardGetsNothingOfPatterns() { // threats: CVE-2017-7650
        for (String name : new String[] {"+", "#", "a/b"}) {
            for (TestClientInfo client :
                    new TestClientInfo[] {client().withClientId(name), client().withUsername(name)}) {
                AccessRules rules = rules(client);
                assertThat(may(rules, "own/ada/meter-1")).isEqualTo("--");
                assertThat(may(rules, "own/x/y")).isEqualTo("--");
                assertThat(may(rules, "weather")).isEqualTo("--");
            }
            assertThat(may(rules(client().withClientId(name)), "sites/1/x"))
                    .as("what is written for the user is not touched")
                    .isEqualTo("rw");
        }
    }

    /** There every SUBSCRIBE succeeds and messages are checked; here one that nothing could come of is refused. */
    @Test
    void aSubscriptionThatSomeTopicOfMayBeReadIsGranted() {
        AccessRules ada = rules(client());
        assertThat(ada.checksDeliveries()).isTrue();
        for (String granted : new String[] {"#", "+/1/#", "news/+", "sites/1", "sites/1/x", "+", "own/+/+", "$SYS/#"}) {
            assertThat(ada.subscribe(TopicFilter.parse(granted), QoS.EXACTLY_ONCE))
                    .as(granted)
                    .isEqualTo(Decision.ALLOW);
        }
        for (String refused :
                new String[] {"tools/#", "sites/2/#", "news/secret", "own/+/other", "a topic/#", "$SYS/broker/+"}) {
            assertThat(ada.subscribe(TopicFilter.parse(refused), QoS.EXACTLY_ONCE))
                    .as(refused)
                    .isEqualTo(Decision.DENY);
        }
    }

    @Test
    void everyLineThatIsNotKnownIsNamed() {
        assertThatThrownBy(() -> MosquittoFile.read(
                        Path.of("acl"),
                        "users ada\ntopic\ntopic reed a\ntopic read a/#/b\r\nuser\n # no\npattern deny a\n"))
                .hasMessageContaining("acl:1: unknown word 'users', did you mean 'user'?")
                .hasMessageContaining("acl:2: nothing behind 'topic'")
                .hasMessageContaining("acl:3: unknown access 'reed', did you mean 'read'?")
                .hasMessageContaining("acl:4: 'a/#/b' is no topic filter: '#' must be the whole last level")
                .hasMessageContaining("acl:5: nothing behind 'user'")
                .hasMessageContaining("acl:6: unknown word '#'")
                .hasMessageNotContaining("acl:7");
    }

    @Test
    void saysWhichLineDecides() {
        ExplainedAccessRules ada = (ExplainedAccessRules) rules(client());
        assertThat(ada.whyPublish("news/secret", QoS.AT_MOST_ONCE, false)).isEqualTo("acl:7: topic deny news/secret");
        assertThat(ada.whyPublish("own/ada/meter-1", QoS.AT_MOST_ONCE, false))
                .isEqualTo("acl:13: pattern readwrite own/%u/%c, for this client 'own/ada/meter-1'");
        assertThat(ada.whyPublish("x", QoS.AT_MOST_ONCE, false)).isEqualTo("no rule speaks of it, which denies it");
        assertThat(ada.whySubscribe(TopicFilter.parse("#"), QoS.AT_MOST_ONCE))
                .startsWith("some of its topics may be read");
    }
}
