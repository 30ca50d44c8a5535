package org.ternmq.acl.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.ExplainedAccessRules;
import org.ternmq.spi.QoS;
import org.ternmq.spi.RulesChanged;
import org.ternmq.spi.TopicFilter;
import org.ternmq.testkit.AuthorizerConformance;
import org.ternmq.testkit.TestClientInfo;
import org.ternmq.testkit.TestPluginContext;

/** The authorizer with a file of our own. */
final class FileAuthorizerTest extends AuthorizerConformance {
    private static final String FILE = """
            evaluation: deny-wins
            roles:
              sensor:
                - {allow: [publish, subscribe], topic: "sites/%u/#"}
                - {deny: [publish, subscribe, receive], topic: ["vault/#", "sites/+/secret/#"]}
              operator:
                - {allow: subscribe, topic: "#"}
            users:
              ada: [sensor]
              root: [operator, {allow: publish, topic: "control/#"}]
            groups:
              attribute: groups
              separator: ","
              roles: {"ops": [operator]}
            anonymous: [{allow: subscribe, topic: "public/#"}]
            everyone: [{deny: [publish, subscribe], topic: "vault/#"}]
            """;

    @TempDir
    Path folder = Path.of("");

    private final Semaphore changes = new Semaphore(0);

    private Authorizer of(String text, Map<String, ?> more) throws Exception {
        Files.writeString(folder.resolve("acl"), text);
        return open(more, new RulesChanged() {
            @Override
            public void forEveryone() {
                changes.release();
            }

            @Override
            public void forClient(String clientId) {
                throw new AssertionError("not by this plugin");
            }
        });
    }

    private Authorizer open(Map<String, ?> more, RulesChanged changed) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put("path", "acl");
        return new FileAuthorizerFactory().create(new TestPluginContext("acl", folder, settings), changed);
    }

    @Override
    protected Authorizer authorizer(RulesChanged changed) throws Exception {
        Files.writeString(folder.resolve("acl"), FILE);
        return open(Map.of(), changed);
    }

    @Override
    protected TestClientInfo client() {
        return TestClientInfo.of("meter-1", "ada");
    }

    @Override
    protected String allowed() {
        return "sites/ada/state";
    }

    @Override
    protected String forbidden() {
        return "vault/key";
    }

    private static Decision publish(AccessRules rules, String topic) {
        return rules.publish(topic, QoS.AT_MOST_ONCE, false);
    }

    private static Decision subscribe(AccessRules rules, String filter) {
        return rules.subscribe(TopicFilter.parse(filter), QoS.AT_LEAST_ONCE);
    }

    @Test
    void rolesOfUsersGroupsAnonymousAndEveryone() throws Exception {
        Authorizer authorizer = of(FILE, Map.of());
        AccessRules root = authorizer.rulesFor(TestClientInfo.of("c", "root"));
        assertThat(publish(root, "control/x")).isEqualTo(Decision.ALLOW);
        assertThat(publish(root, "sites/root/x")).isEqualTo(Decision.ABSTAIN);
        assertThat(subscribe(root, "sites/#")).isEqualTo(Decision.ALLOW);
        assertThat(subscribe(root, "$SYS/#")).as("MQTT-4.7.2-1").isEqualTo(Decision.ABSTAIN);

        TestClientInfo bob = TestClientInfo.of("c", "bob");
        assertThat(subscribe(authorizer.rulesFor(bob), "sites/#")).isEqualTo(Decision.ABSTAIN);
        assertThat(subscribe(authorizer.rulesFor(bob.withAttribute("groups", "dev, ops")), "sites/#"))
                .isEqualTo(Decision.ALLOW);
        assertThat(subscribe(authorizer.rulesFor(bob.withAttribute("groups", "devops")), "sites/#"))
                .isEqualTo(Decision.ABSTAIN);
        assertThat(subscribe(authorizer.rulesFor(bob), "public/#"))
                .as("a user is not anonymous")
                .isEqualTo(Decision.ABSTAIN);
        assertThat(subscribe(authorizer.rulesFor(TestClientInfo.anonymous("c")), "public/#"))
                .isEqualTo(Decision.ALLOW);
        assertThat(publish(authorizer.rulesFor(bob), "vault/x")).isEqualTo(Decision.DENY);
    }

    @Test
    void groupsAreOneNameWhereNoSeparatorIsSaid() throws Exception {
        Authorizer authorizer = of("""
                evaluation: first-match
                roles: {r: [{allow: publish, topic: a}]}
                groups: {attribute: role, roles: {"cn=ops,dc=x": [r]}}
                """, Map.of());
        TestClientInfo bob = TestClientInfo.of("c", "bob");
        assertThat(publish(authorizer.rulesFor(bob.withAttribute("role", "cn=ops,dc=x")), "a"))
                .isEqualTo(Decision.ALLOW);
        assertThat(publish(authorizer.rulesFor(bob.withAttribute("role", "x,cn=ops,dc=x")), "a"))
                .isEqualTo(Decision.ABSTAIN);
    }

    /** What is denied in part does not refuse a subscription, but is held back on its way. */
    @Test
    void whatIsDeniedInPartIsHeldBack() throws Exception {
        AccessRules rules = of("""
                evaluation: deny-wins
                everyone:
                  - {allow: subscribe, topic: "#"}
                  - {deny: subscribe, topic: "secret/#"}
                """, Map.of()).rulesFor(client());
        assertThat(subscribe(rules, "#")).isEqualTo(Decision.ALLOW);
        assertThat(subscribe(rules, "secret/#")).isEqualTo(Decision.DENY);
        assertThat(subscribe(rules, "secret/a")).isEqualTo(Decision.DENY);
        assertThat(subscribe(rules, "+/a")).isEqualTo(Decision.ALLOW);
        assertThat(rules.checksDeliveries()).isTrue();
        assertThat(rules.receive("secret", QoS.AT_MOST_ONCE)).isEqualTo(Decision.DENY);
        assertThat(rules.receive("secret/a", QoS.AT_MOST_ONCE)).isEqualTo(Decision.DENY);
        assertThat(rules.receive("open/a", QoS.AT_MOST_ONCE)).isEqualTo(Decision.ALLOW);
    }

    @Test
    void deliveriesAreCheckedOnlyWhereSomethingCouldBeHeldBack() throws Exception {
        String allowing = """
                evaluation: deny-wins
                everyone: [{allow: [subscribe, receive], topic: "#"}, {deny: publish, topic: "x/#"}]
                """;
        assertThat(of(allowing, Map.of()).rulesFor(client()).checksDeliveries()).isFalse();
        String denying = allowing + "anonymous: [{deny: receive, topic: x}]\n";
        assertThat(of(denying, Map.of()).rulesFor(client()).checksDeliveries()).isFalse();
        assertThat(of(denying, Map.of()).rulesFor(TestClientInfo.anonymous("c")).checksDeliveries())
                .isTrue();
    }

    @Test
    void theFirstMatchDecidesInTheOrderOfTheFile() throws Exception {
        String text = """
                evaluation: first-match
                roles:
                  first: [{allow: [publish, subscribe], topic: "a/b"}]
                  second: [{deny: [publish, subscribe], topic: "a/#"}]
                  third: [{allow: [publish, subscribe], topic: "#"}]
                everyone: [third, second, first]
                """;
        AccessRules rules = of(text, Map.of()).rulesFor(client());
        assertThat(publish(rules, "a/b")).isEqualTo(Decision.ALLOW);
        assertThat(publish(rules, "a/c")).isEqualTo(Decision.DENY);
        assertThat(publish(rules, "b")).isEqualTo(Decision.ALLOW);
        assertThat(subscribe(rules, "a/b")).isEqualTo(Decision.ALLOW);
        assertThat(subscribe(rules, "a/+")).isEqualTo(Decision.DENY);
        assertThat(subscribe(rules, "#")).isEqualTo(Decision.ALLOW);
        assertThat(rules.receive("a/b", QoS.AT_MOST_ONCE)).isEqualTo(Decision.ALLOW);
        assertThat(rules.receive("a/c", QoS.AT_MOST_ONCE)).isEqualTo(Decision.DENY);
        AccessRules denyWins =
                of(text.replace("first-match", "deny-wins"), Map.of()).rulesFor(client());
        assertThat(publish(denyWins, "a/b")).isEqualTo(Decision.DENY);
        assertThat(publish(denyWins, "b")).isEqualTo(Decision.ALLOW);
    }

    @Test
    void qosAndRetainAreConditions() throws Exception {
        AccessRules rules = of("""
                evaluation: first-match
                everyone:
                  - {deny: publish, topic: a, retain: true}
                  - {allow: publish, topic: a, qos: [0, 1]}
                  - {allow: subscribe, topic: a, qos: 1}
                  - {deny: subscribe, topic: "#"}
                """, Map.of()).rulesFor(client());
        assertThat(rules.publish("a", QoS.AT_LEAST_ONCE, false)).isEqualTo(Decision.ALLOW);
        assertThat(rules.publish("a", QoS.AT_LEAST_ONCE, true)).isEqualTo(Decision.DENY);
        assertThat(rules.publish("a", QoS.EXACTLY_ONCE, false)).isEqualTo(Decision.ABSTAIN);
        TopicFilter a = TopicFilter.parse("a");
        assertThat(rules.subscribe(a, QoS.AT_LEAST_ONCE)).isEqualTo(Decision.ALLOW);
        assertThat(rules.subscribe(a, QoS.AT_MOST_ONCE)).isEqualTo(Decision.DENY);
        assertThat(rules.subscribe(a, QoS.EXACTLY_ONCE)).isEqualTo(Decision.DENY);
        assertThat(rules.receive("a", QoS.AT_MOST_ONCE))
                .as("a subscription with QoS 1 gets messages with QoS 0 too")
                .isEqualTo(Decision.ALLOW);
        assertThat(rules.receive("a", QoS.EXACTLY_ONCE)).isEqualTo(Decision.DENY);
    }

    @ParameterizedTest
    @CsvSource({"+", "#", "a/b", "#/x", "$SYS", "/", "'a\0b'"})
    void anUnfitValueWidensWhatIsDeniedAndNothingThatIsAllowed(String name) throws Exception { // threats: CVE-2017-7650
        Authorizer authorizer = of("""
                evaluation: deny-wins
                everyone:
                  - {allow: [publish, subscribe], topic: ["%u/#", "u/%u", "c-%c/x", "g/%{group}/#"]}
                  - {deny: [publish, subscribe], topic: ["d/%{group}/private", "%{top}/x"]}
                """, Map.of());
        TestClientInfo hostile =
                TestClientInfo.of(name, name).withAttribute("group", name).withAttribute("top", "t");
        AccessRules rules = authorizer.rulesFor(hostile);
        boolean fitBelow = name.equals("$SYS"); // a level as good as any, but for the first
        for (String topic :
                new String[] {"a/b", "a/b/c", "x", "/x", "u/a/b", "u/x", "c-a/b/x", "c-x/x", "g/a/b", "g/x/y"}) {
            assertThat(publish(rules, topic)).as(topic).isEqualTo(Decision.ABSTAIN);
        }
        for (String filter : new String[] {"#", "+/#", "a/#", "u/+", "u/#", "g/+/#", "c-+", "$SYS/#", "$SYS/x"}) {
            if (!filter.startsWith("c-")) {
                assertThat(subscribe(rules, filter)).as(filter).isEqualTo(Decision.ABSTAIN);
            }
        }
        assertThat(publish(rules, "u/$SYS")).isEqualTo(fitBelow ? Decision.ALLOW : Decision.ABSTAIN);
        assertThat(publish(rules, "d/a/b/private")).isEqualTo(fitBelow ? Decision.ABSTAIN : Decision.DENY);
        assertThat(publish(rules, "d/other/private")).isEqualTo(fitBelow ? Decision.ABSTAIN : Decision.DENY);
        assertThat(publish(rules, "t/x")).isEqualTo(Decision.DENY);
        AccessRules first = authorizer.rulesFor(TestClientInfo.of("c", "u").withAttribute("top", name));
        assertThat(publish(first, "u/u")).as("everything is denied").isEqualTo(Decision.DENY);
        assertThat(subscribe(first, "$SYS/x")).as("everything is denied").isEqualTo(Decision.DENY);
    }

    @Test
    void aMissingValueIsUnfit() throws Exception {
        AccessRules rules = of("""
                evaluation: deny-wins
                everyone:
                  - {allow: publish, topic: ["x/%u", "%{group}", "100%%/%c"]}
                  - {deny: publish, topic: "y/%u/z"}
                """, Map.of()).rulesFor(TestClientInfo.anonymous("Zoë 漢字"));
        assertThat(publish(rules, "x/")).isEqualTo(Decision.ABSTAIN);
        assertThat(publish(rules, "x/y")).isEqualTo(Decision.ABSTAIN);
        assertThat(publish(rules, "a")).isEqualTo(Decision.ABSTAIN);
        assertThat(publish(rules, "y/a/b")).isEqualTo(Decision.DENY);
        assertThat(publish(rules, "100%/Zoë 漢字")).isEqualTo(Decision.ALLOW);
    }

    @Test
    void saysWhichRuleDecides() throws Exception {
        Authorizer authorizer = of(FILE, Map.of());
        ExplainedAccessRules ada = (ExplainedAccessRules) authorizer.rulesFor(client());
        String file = folder.resolve("acl").toString();
        assertThat(ada.whyPublish("sites/ada/x", QoS.AT_MOST_ONCE, false))
                .isEqualTo(file + ":4:44: allow publish, subscribe on 'sites/%u/#', for this client 'sites/ada/#'");
        assertThat(ada.whyPublish("sites/ada/secret/x", QoS.AT_MOST_ONCE, false))
                .isEqualTo(file + ":5:64: deny publish, subscribe, receive on 'sites/+/secret/#'");
        assertThat(ada.whySubscribe(TopicFilter.parse("other"), QoS.AT_MOST_ONCE))
                .isEqualTo("no rule speaks of it");
        assertThat(ada.whySubscribe(TopicFilter.parse("sites/ada/#"), QoS.AT_MOST_ONCE))
                .contains(":4:44: ")
                .endsWith("each message is checked again on its way to the client");
        ExplainedAccessRules hostile = (ExplainedAccessRules)
                authorizer.rulesFor(client().withUsername("a/b").withAttribute("groups", "ops"));
        assertThat(hostile.whyPublish("sites/a/b", QoS.AT_MOST_ONCE, false)).isEqualTo("no rule speaks of it");
    }

    @Test
    void saysWhatWasLeftOutForAClient() throws Exception {
        ExplainedAccessRules rules = (ExplainedAccessRules) of("""
                evaluation: deny-wins
                everyone: [{allow: publish, topic: "u/%u"}, {deny: subscribe, topic: "d/%u/x"}]
                """, Map.of()).rulesFor(TestClientInfo.of("c", "#"));
        assertThat(rules.whyPublish("u/a", QoS.AT_MOST_ONCE, false))
                .startsWith("no rule speaks of it\nnot for this client, who has no fit value to put in: ")
                .endsWith("acl:2:36: allow publish on 'u/%u'");
        assertThat(rules.whyReceive("d/a", QoS.AT_MOST_ONCE)).contains("on 'd/%u/x', for this client 'd/#'");
    }

    // ---- files that come and go

    @Test
    void reloadSwapsTheRulesAndABadFileKeepsTheOldOnes() throws Exception { // threats 12: CVE-2017-7652
        Authorizer authorizer = of("evaluation: deny-wins\neveryone: [{allow: publish, topic: a}]\n", Map.of());
        Files.writeString(folder.resolve("acl"), "evaluation: deny-wins\neveryone: [{allow: publish, topic: b}]\n");
        assertThat(publish(authorizer.rulesFor(client()), "a")).isEqualTo(Decision.ALLOW);
        authorizer.reload();
        assertThat(changes.tryAcquire()).as("the broker is told").isTrue();
        assertThat(publish(authorizer.rulesFor(client()), "a")).isEqualTo(Decision.ABSTAIN);
        assertThat(publish(authorizer.rulesFor(client()), "b")).isEqualTo(Decision.ALLOW);
        for (String bad :
                new String[] {"", "everyone: []", "evaluation: deny-wins\neveryone: [{allow: publsh, topic: a}]"}) {
            Files.writeString(folder.resolve("acl"), bad);
            assertThatThrownBy(authorizer::reload).isInstanceOf(ConfigurationException.class);
        }
        Files.write(folder.resolve("acl"), new byte[] {(byte) 0xff});
        assertThatThrownBy(authorizer::reload).hasMessageContaining("is not UTF-8 text");
        Files.delete(folder.resolve("acl"));
        assertThatThrownBy(authorizer::reload).hasMessageContaining("there is no such file");
        assertThat(changes.tryAcquire()).as("nothing has changed").isFalse();
        assertThat(publish(authorizer.rulesFor(client()), "b")).isEqualTo(Decision.ALLOW);
    }

    @Test
    void aWatchedFileIsReadWhenItHasChanged() throws Exception {
        Authorizer authorizer =
                of("evaluation: deny-wins\neveryone: [{allow: publish, topic: a}]\n", Map.of("watch", "20ms"));
        Files.writeString(folder.resolve("acl"), "evaluation: deny-wins\n");
        assertThat(changes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        assertThat(publish(authorizer.rulesFor(client()), "a")).isEqualTo(Decision.ABSTAIN);
        Files.writeString(folder.resolve("acl"), "nonsense");
        Files.writeString(folder.resolve("acl"), "evaluation: deny-wins\neveryone: [{allow: publish, topic: bcd}]\n");
        assertThat(changes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        assertThat(publish(authorizer.rulesFor(client()), "bcd")).isEqualTo(Decision.ALLOW);
        authorizer.close();
    }

    @Test
    void watchMustBeATime() {
        assertThatThrownBy(() -> of("evaluation: deny-wins", Map.of("watch", "0s")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("watch must be longer");
    }
}
