package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.system.RawClient.Connect;

/** What clients may do, with the file of access rules. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class AclIT {
    private static final String CONFIG = BrokerFolder.ONE_LISTENER + """
            authentication: {use: [{type: file, path: users}]}
            authorization: {use: [{type: file, path: acl.yaml}]}
            """;

    /** Made by mosquitto_passwd: alice with wonderland, bob with pässwörd. */
    private static final String USERS = """
            alice:$7$101$y1vdRoEZwuisZ8gA$uNDmdmxdIsp98E9Yn+FHn0ICreVOAHgklgKqhSBYlu77hu1WH6K1nrONV6yl27mXPIMm6L7XPQixdDZC8A8yHg==
            bob:$7$101$mjOsvXyVkSejWCjJ$Uq8w6f2KuLXQ8FWuW5BKEQPpg8A0JOKgExTIyVr4ORwXmnTU4WIYwhGDmXJ0qD+8CTSx6WQnhbO9waSZ+X+SHg==
            """;

    private static final int NOT_AUTHORIZED = 0x87;
    private static final int NO_MATCHING_SUBSCRIBERS = 0x10;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final String NEWS = """
            evaluation: deny-wins
            users:
              alice: [{allow: [publish, subscribe], topic: "news/#"}]
              bob: [{allow: publish, topic: ["news/#", "other/#"]}]
            """;
    private static final String NO_NEWS =
            NEWS.replace("[publish, subscribe], topic: \"news/#\"", "subscribe, topic: \"other/#\"");

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private BrokerFolder folder(String rules) throws IOException {
        BrokerFolder folder = brokers.folder("acl").configure(CONFIG);
        folder.write("users", USERS);
        folder.write("acl.yaml", rules);
        return folder;
    }

    private static Connect as(Connect connect, String user) {
        return connect.user(user, user.equals("alice") ? "wonderland" : "pässwörd");
    }

    private static RawClient connect(BrokerProcess broker, int version, Connect connect, String user)
            throws IOException {
        return RawClient.connect(broker.port(), version, as(connect, user));
    }

    /** The code that a SUBSCRIBE is answered with. */
    private static int subscribe(RawClient client, int version, String filter, int qos) throws IOException {
        Bytes body = new Bytes().u16(1);
        if (version == 5) {
            body.varInt(0);
        }
        client.send(new Bytes().u8(0x82).counted(body.text(filter).u8(qos)).toArray());
        RawPacket subAck = client.expect(RawPacket.SUBACK);
        return subAck.u8(subAck.body().length - 1);
    }

    /** The code that a PUBLISH with QoS 1 is answered with. */
    private static int publish(RawClient client, String topic, String payload, int flags) throws IOException {
        client.send(client.publish(topic, 1, flags, 7, payload));
        return client.expect(RawPacket.PUBACK).ackReason();
    }

    /** Whatever the broker has sent so far must be an answer to this. */
    private static void expectNothing(RawClient client) throws IOException {
        client.sendHex("C0 00");
        client.expect(RawPacket.PINGRESP);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5})
    void refusesWhatIsNotAllowed(int version) throws Exception {
        BrokerProcess broker = folder("""
                evaluation: deny-wins
                users:
                  alice:
                    - {allow: [publish, subscribe], topic: "news/#"}
                    - {deny: publish, topic: "news/#", retain: true}
                  bob: [{allow: subscribe, topic: "#"}]
                """).start();
        RawClient bob = connect(broker, version, Connect.clean("watcher"), "bob");
        assertThat(subscribe(bob, version, "#", 1)).isEqualTo(1);

        RawClient alice = connect(broker, version, Connect.clean("alice"), "alice");
        int denied = version == 5 ? NOT_AUTHORIZED : 0; // before 5.0 no acknowledgement can say it
        int refused = version == 5 ? NOT_AUTHORIZED : version == 4 ? 0x80 : 1; // 3.1 can say nothing but a QoS
        assertThat(publish(alice, "vault/x", "no", 0)).as("MQTT5-3.4.2.1").isEqualTo(denied);
        assertThat(publish(alice, "news/x", "retained", 1)).isEqualTo(denied);
        alice.send(alice.publish("vault/x", 0, 0, 0, "no"));
        assertThat(publish(alice, "news/x", "yes", 0)).isZero();
        assertThat(subscribe(alice, version, "vault/#", 1)).as("MQTT5-3.9.3").isEqualTo(refused);
        assertThat(subscribe(alice, version, "#", 1)).isEqualTo(refused);
        assertThat(subscribe(alice, version, "$SYS/#", 1)).isEqualTo(refused);
        assertThat(subscribe(alice, version, "news/+", 1)).isEqualTo(1);
        assertThat(subscribe(alice, version, "$share/g/news/a", 1))
                .as("the filter behind the share name")
                .isEqualTo(1);
        assertThat(subscribe(alice, version, "$share/g/vault/a", 1)).isEqualTo(refused);
        assertThat(bob.expectPublish().payload()).as("nothing came before").isEqualTo("yes");
        bob.disconnect();
        alice.disconnect();

        try (RawClient client = RawClient.open(broker.port(), version)) {
            client.send(as(Connect.clean("dying").will("vault/x"), "alice").packet(version));
            assertThat(client.expect(RawPacket.CONNACK).u8(1)).isEqualTo(version == 5 ? NOT_AUTHORIZED : 5);
            client.expectClosed();
        }
        connect(broker, version, Connect.clean("dying").will("news/x"), "alice").disconnect();
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void holdsBackWhatIsDeniedInPart() throws Exception {
        BrokerProcess broker = folder("""
                evaluation: deny-wins
                users:
                  alice: [{allow: subscribe, topic: "#"}, {deny: subscribe, topic: "secret/#"}]
                  bob: [{allow: publish, topic: "#"}]
                """).start();
        RawClient bob = connect(broker, 5, Connect.clean("bob"), "bob");
        publish(bob, "secret/retained", "no", 1);
        publish(bob, "open/retained", "retained", 1);
        RawClient alice = connect(broker, 5, Connect.clean("alice"), "alice");
        alice.subscribe("#", 0);
        assertThat(alice.expectPublish().payload()).isEqualTo("retained");
        publish(bob, "secret/x", "no", 0);
        publish(bob, "open/x", "live", 0);
        assertThat(alice.expectPublish().payload()).isEqualTo("live");
        expectNothing(alice);
        assertThat(broker.stop()).isZero();
    }

    @Test
    void changedRulesAreInForceAtOnce() throws Exception {
        BrokerFolder folder = folder(NEWS);
        BrokerProcess broker = folder.start();
        RawClient bob = connect(broker, 5, Connect.clean("bob"), "bob");
        RawClient alice = connect(broker, 5, Connect.clean("alice"), "alice");
        alice.subscribe("news/a", 0);
        RawClient away = connect(broker, 5, Connect.persistent("away"), "alice");
        away.subscribe("news/+", 1);
        away.disconnect();
        publish(bob, "news/a", "before", 0);
        assertThat(alice.expectPublish().payload()).isEqualTo("before");

        folder.write("acl.yaml", NO_NEWS);
        broker.signal("HUP");
        Awaitility.await().atMost(PATIENCE).until(() -> publish(bob, "news/a", "late", 1) == NO_MATCHING_SUBSCRIBERS);
        alice.sendHex("C0 00");
        while (alice.poll(PATIENCE).orElseThrow().type() != RawPacket.PINGRESP) {
            // what came before the change
        }
        assertThat(publish(bob, "news/a", "after", 1)).isEqualTo(NO_MATCHING_SUBSCRIBERS);
        expectNothing(alice);
        assertThat(subscribe(alice, 5, "news/a", 0)).isEqualTo(NOT_AUTHORIZED);
        expectNothing(alice); // no retained message either
        assertThat(publish(alice, "news/a", "no", 0)).isEqualTo(NOT_AUTHORIZED);
        assertThat(subscribe(alice, 5, "other/a", 0)).isZero();

        RawClient back = connect(broker, 5, Connect.persistent("away"), "alice");
        assertThat(back.sessionPresent()).isTrue();
        expectNothing(back); // what was queued is not for it any more

        folder.write("acl.yaml", NEWS.replace("allow", "alow"));
        broker.signal("HUP");
        assertThat(broker.awaitLine(folder.file("acl.yaml") + ":3:12: users.alice[0].alow: unknown key", PATIENCE))
                .as("it says so")
                .isPresent();
        assertThat(subscribe(alice, 5, "news/a", 0)).as("the old rules stay").isEqualTo(NOT_AUTHORIZED);

        folder.write("acl.yaml", NEWS);
        broker.signal("HUP");
        Awaitility.await().atMost(PATIENCE).until(() -> subscribe(back, 5, "news/b", 1) == 1);
        assertThat(publish(bob, "news/a", "again", 0))
                .as("a subscription that was removed does not come back")
                .isEqualTo(NO_MATCHING_SUBSCRIBERS);
        assertThat(broker.stop()).isZero();
    }

    @Test
    void sessionsAreCheckedAgainWhenTheyComeBackAfterARestart() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = folder(NEWS.replace("\"news/#\"}]\n  bob", "[\"news/#\", \"stays/#\"]}]\n  bob")
                .replace("[\"news/#\", \"other/#\"]", "[\"news/#\", \"stays/#\"]"));
        BrokerProcess broker = folder.start();
        RawClient alice = connect(broker, 5, Connect.persistent("alice"), "alice");
        alice.subscribe("news/#", 1);
        alice.subscribe("stays/a", 1);
        alice.close();
        RawClient bob = connect(broker, 5, Connect.clean("bob"), "bob");
        publish(bob, "news/a", "no", 0);
        publish(bob, "stays/a", "yes", 0);
        assertThat(broker.stop()).isZero();

        folder.write(
                "acl.yaml",
                Files.readString(folder.file("acl.yaml"))
                        .replace("[\"news/#\", \"stays/#\"]}]\n  bob", "\"stays/#\"}]\n  bob"));
        broker = folder.start();
        alice = connect(broker, 5, Connect.persistent("alice"), "alice");
        assertThat(alice.sessionPresent()).isTrue();
        RawPacket.Publish first = alice.expectPublish();
        assertThat(first.payload()).isEqualTo("yes");
        alice.send(RawClient.ack(RawPacket.PUBACK, first.packetId()));
        expectNothing(alice);
        bob = connect(broker, 5, Connect.clean("bob"), "bob");
        assertThat(publish(bob, "news/a", "no", 0)).isEqualTo(NO_MATCHING_SUBSCRIBERS);
        assertThat(publish(bob, "stays/a", "live", 0)).isZero();
        assertThat(alice.expectPublish().payload()).isEqualTo("live");
        assertThat(broker.stop()).isZero();
    }

    @Test
    void readsAFileOfMosquittoAndWatchesIt() throws Exception {
        BrokerFolder folder = folder("");
        folder.configure(CONFIG.replace("path: acl.yaml", "path: acl, format: mosquitto, watch: 50ms"));
        folder.write("acl", "user alice\ntopic read news/#\npattern write from/%c\n");
        BrokerProcess broker = folder.start();
        RawClient alice = connect(broker, 5, Connect.clean("c1"), "alice");
        RawClient bob = connect(broker, 5, Connect.clean("#"), "bob");
        assertThat(subscribe(alice, 5, "#", 0)).as("each message is checked").isZero();
        assertThat(publish(alice, "from/c1", "x", 0)).isNotEqualTo(NOT_AUTHORIZED);
        assertThat(publish(alice, "from/c2", "x", 0)).isEqualTo(NOT_AUTHORIZED);
        assertThat(publish(bob, "from/c2", "x", 0)).isEqualTo(NOT_AUTHORIZED); // threats: CVE-2017-7650
        expectNothing(alice);
        folder.write("acl", "user bob\ntopic write news/#\nuser alice\ntopic read news/#\n");
        Awaitility.await().atMost(PATIENCE).until(() -> publish(bob, "news/x", "now", 0) != NOT_AUTHORIZED);
        assertThat(alice.expectPublish().payload()).isEqualTo("now");
        Awaitility.await().atMost(PATIENCE).until(() -> publish(alice, "from/c1", "x", 0) == NOT_AUTHORIZED);
        assertThat(broker.stop()).isZero();
    }

    @Test
    void explainsWhichRuleDecides() throws Exception {
        BrokerFolder folder = folder("""
                evaluation: deny-wins
                roles: {ops: [{allow: publish, topic: "ops/%c"}]}
                users: {alice: [{allow: [publish, subscribe], topic: "news/%u/#"}, {deny: publish, topic: "news/+/x", qos: 2}]}
                groups: {attribute: groups, separator: ",", roles: {staff: [ops]}}
                """);
        String file = folder.file("acl.yaml").toString();
        assertThat(explain(folder, 0, "--user", "alice", "publish", "news/alice/x"))
                .contains(
                        "allow",
                        file + ":3:54: allow publish, subscribe on 'news/%u/#', for this client 'news/alice/#'")
                .endsWith("\nallowed");
        assertThat(explain(folder, 1, "--user", "alice", "publish", "news/alice/x", "--qos", "2"))
                .contains(file + ":3:91: deny publish, qos 2 on 'news/+/x'")
                .endsWith("\ndenied");
        assertThat(explain(folder, 1, "--user", "alice", "subscribe", "#"))
                .contains("abstain: no rule speaks of it")
                .endsWith("\ndenied: no authorizer decides, and authorization.default is deny");
        assertThat(explain(folder, 0, "--user", "alice", "subscribe", "$share/g/news/alice/+"))
                .endsWith("\nallowed");
        assertThat(explain(
                        folder,
                        0,
                        "--client",
                        "c1",
                        "--attribute",
                        "groups=other,staff",
                        "publish",
                        "ops/c1",
                        "--retain"))
                .endsWith("\nallowed");
        assertThat(explain(folder, 1, "--client", "#", "--attribute", "groups=staff", "publish", "ops/c1"))
                .contains("not for this client, who has no fit value to put in: " + file
                        + ":2:39: allow publish on 'ops/%c'");
        assertThat(explain(folder, 1, "publish", "$SYS/x")).contains("the broker's own");
        assertThat(explain(folder, 2, "publish", "a/#")).contains("no wildcards");
        assertThat(explain(folder, 2, "pub", "a")).contains("expected publish, subscribe or receive");
        folder.write("acl.yaml", "evaluation: maybe\n");
        assertThat(explain(folder, 2, "publish", "a")).contains(file + ":1:13: evaluation: unknown 'maybe'");
        assertThat(folder.data()).doesNotExist();
    }

    private static String explain(BrokerFolder folder, int exit, String... arguments) throws Exception {
        String[] all = new String[arguments.length + 4];
        all[0] = "acl";
        all[1] = "explain";
        all[2] = "--config";
        all[3] = folder.config().toString();
        System.arraycopy(arguments, 0, all, 4, arguments.length);
        TernMq.Result result = TernMq.shipped().run(all);
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        return result.all().strip();
    }

    @Test
    void theShippedFileCanBeUsed() throws Exception {
        Path shipped = TernMq.shipped().tree().resolve("config/acl.yaml");
        BrokerFolder folder = folder(Files.readString(shipped, StandardCharsets.UTF_8));
        assertThat(explain(folder, 0, "--user", "ada", "subscribe", "devices/+/state"))
                .endsWith("\nallowed");
        assertThat(explain(folder, 1, "--user", "thermometer-1", "publish", "devices/other/x"))
                .contains("denied");
    }
}
