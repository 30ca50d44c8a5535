package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.system.RawClient.Connect;

/** What has brought other brokers down or open, tried on this one. The numbers are those of docs/threats.md. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class ThreatIT {
    /** Made by mosquitto_passwd: alice with wonderland. */
    static final String USERS =
            "alice:$7$101$y1vdRoEZwuisZ8gA$uNDmdmxdIsp98E9Yn+FHn0ICreVOAHgklgKqhSBYlu77hu1WH6K1nrONV6yl27mXPIMm6L7XPQixdDZC8A8yHg==\n";

    private static final int NOT_AUTHORIZED = 0x87;
    private static final String ANYBODY = BrokerFolder.ONE_LISTENER + """
            authentication: {allow-anonymous: true}
            authorization: {use: [{type: file, path: acl.yaml}]}
            events: [{type: audit-log, path: audit.jsonl}]
            """;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @RegisterExtension
    final Brokers brokers = new Brokers();

    static Connect alice(Connect connect) {
        return connect.user("alice", "wonderland");
    }

    /** The code that a SUBSCRIBE is answered with. */
    static int subscribe(RawClient client, String filter) throws IOException {
        client.send(new Bytes()
                .u8(0x82)
                .counted(new Bytes().u16(1).varInt(0).text(filter).u8(1))
                .toArray());
        RawPacket subAck = client.expect(RawPacket.SUBACK);
        return subAck.u8(subAck.body().length - 1);
    }

    private static int publish(RawClient client, String topic) throws IOException {
        client.send(client.publish(topic, 1, 0, 7, "x"));
        return client.expect(RawPacket.PUBACK).ackReason();
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "#", "a/b", "+/+", "/", "victim/#"})
    @DisplayName("threats 1, 2: a client id that is a wildcard opens nothing in a template")
    void aWildcardAsANameOpensNothing(String clientId) throws Exception {
        BrokerFolder folder = brokers.folder("names").configure(ANYBODY);
        folder.write("acl.yaml", """
                evaluation: deny-wins
                everyone: [{allow: [publish, subscribe], topic: "sensor/%c/#"}]
                """);
        BrokerProcess broker = folder.start();
        RawClient client = RawClient.connect(broker.port(), 5, Connect.clean(clientId));
        for (String filter : new String[] {"sensor/+/#", "sensor/#", "#", "sensor/victim/x", "sensor/" + clientId}) {
            assertThat(subscribe(client, filter)).as(filter).isEqualTo(NOT_AUTHORIZED);
        }
        assertThat(publish(client, "sensor/victim/x")).isEqualTo(NOT_AUTHORIZED);
        assertThat(subscribe(RawClient.connect(broker.port(), 5, Connect.clean("victim")), "sensor/victim/#"))
                .isEqualTo(1);
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    @DisplayName("threats 11, 21: an empty file of rules allows nothing, and who has no name fits no rule with a name")
    void noRulesAllowNothing() throws Exception {
        BrokerFolder folder =
                brokers.folder("empty").configure(ANYBODY.replace("path: acl.yaml}", "path: acl, format: mosquitto}"));
        folder.write("acl", "");
        BrokerProcess broker = folder.start();
        RawClient client = RawClient.connect(broker.port(), 5, Connect.clean("c"));
        assertThat(publish(client, "a")).isEqualTo(NOT_AUTHORIZED);
        assertThat(subscribe(client, "a")).isEqualTo(NOT_AUTHORIZED);

        folder.write("acl", "pattern readwrite %u/%c\ntopic read open\n");
        broker.signal("HUP");
        Awaitility.await().atMost(PATIENCE).until(() -> subscribe(client, "open") == 1);
        for (String topic : new String[] {"/c", "null/c", "c", "%u/c", "-/c"}) {
            assertThat(publish(client, topic)).as(topic).isEqualTo(NOT_AUTHORIZED);
        }
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    @DisplayName("threat 12: what cannot be read at a reload leaves the old users and rules in force")
    void aFailedReloadOpensNothing() throws Exception {
        BrokerFolder folder = brokers.folder("reload").configure(BrokerFolder.ONE_LISTENER + """
                authentication: {use: [{type: file, path: users}]}
                authorization: {use: [{type: file, path: acl.yaml}]}
                """);
        folder.write("users", USERS);
        folder.write("acl.yaml", "evaluation: deny-wins\nusers: {alice: [{allow: publish, topic: mine}]}\n");
        BrokerProcess broker = folder.start();
        RawClient alice = RawClient.connect(broker.port(), 5, alice(Connect.clean("before")));
        Files.delete(folder.file("users"));
        Files.delete(folder.file("acl.yaml"));
        Files.createDirectory(folder.file("acl.yaml"));
        broker.signal("HUP");
        assertThat(broker.awaitLine(folder.file("acl.yaml").toString(), PATIENCE))
                .as("it says so")
                .isPresent();
        for (RawClient client :
                new RawClient[] {alice, RawClient.connect(broker.port(), 5, alice(Connect.clean("after")))}) {
            assertThat(publish(client, "mine")).isNotEqualTo(NOT_AUTHORIZED);
            assertThat(publish(client, "other")).isEqualTo(NOT_AUTHORIZED);
        }
        try (RawClient stranger = RawClient.open(broker.port(), 5)) {
            stranger.send(Connect.clean("stranger").packet(5));
            assertThat(stranger.expect(RawPacket.CONNACK).u8(1)).isEqualTo(NOT_AUTHORIZED);
        }
        assertThat(broker.stop()).isZero();
    }

    @Test
    @DisplayName("threat 12: nor does a reload that can open no file")
    void aReloadWithoutFileDescriptorsOpensNothing() throws Exception {
        String prlimit = External.program("prlimit");
        BrokerFolder folder = brokers.folder("reload").configure(BrokerFolder.ONE_LISTENER + """
                authentication: {timeout: 60s, use: [{type: file, path: users}]}
                authorization: {use: [{type: file, path: acl.yaml}]}
                """);
        folder.write("users", USERS);
        folder.write("acl.yaml", "evaluation: deny-wins\nusers: {alice: [{allow: publish, topic: mine}]}\n");
        BrokerProcess broker = folder.start();
        RawClient alice = RawClient.connect(broker.port(), 5, alice(Connect.clean("before")));
        folder.write("acl.yaml", "evaluation: deny-wins\neveryone: [{allow: publish, topic: \"#\"}]\n");
        limitFiles(prlimit, broker, 3);
        broker.signal("HUP");
        for (String plugin : new String[] {"authentication-file", "authorization-file"}) {
            assertThat(broker.awaitLine(plugin + " was not reloaded", PATIENCE)).isPresent();
        }
        assertThat(publish(alice, "mine")).isNotEqualTo(NOT_AUTHORIZED);
        assertThat(publish(alice, "other")).isEqualTo(NOT_AUTHORIZED);

        limitFiles(prlimit, broker, 1024);
        try (RawClient stranger = RawClient.open(broker.port(), 5)) {
            stranger.send(Connect.clean("stranger").packet(5));
            assertThat(stranger.expect(RawPacket.CONNACK).u8(1)).isEqualTo(NOT_AUTHORIZED);
        }
        RawClient after = RawClient.connect(broker.port(), 5, alice(Connect.clean("after")));
        assertThat(publish(after, "other")).isEqualTo(NOT_AUTHORIZED);
        broker.signal("HUP");
        Awaitility.await().atMost(PATIENCE).until(() -> publish(after, "other") != NOT_AUTHORIZED);
        assertThat(broker.stop()).isZero();
    }

    private static void limitFiles(String prlimit, BrokerProcess broker, int most) throws Exception {
        String[] call = {prlimit, "--pid", Long.toString(broker.pid()), "--nofile=" + most + ":"};
        TernMq.Result result = TernMq.finish(new ProcessBuilder(call).start(), "", "prlimit");
        assertThat(result.exit()).as(result.all()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ", {allow: subscribe, topic: \"news/#\"}, {deny: receive, topic: \"news/#\"}"})
    @DisplayName("threat 15: retained messages that are being sent stop when the right to them ends")
    void aReplayUnderWayStops(String stillThere) throws Exception {
        BrokerFolder folder = brokers.folder("replay").configure(ANYBODY + "limits: {in-flight: 1}\n");
        folder.write("acl.yaml", """
                evaluation: deny-wins
                everyone: [{allow: publish, topic: "#"}, {allow: subscribe, topic: "news/#"}]
                """);
        BrokerProcess broker = folder.start();
        RawClient publisher = RawClient.connect(broker.port(), 5, Connect.clean("publisher"));
        for (int i = 0; i < 20; i++) {
            publisher.send(publisher.publish("news/" + i, 1, 1, 1 + i, "x"));
            assertThat(publisher.expect(RawPacket.PUBACK).ackReason()).isNotEqualTo(NOT_AUTHORIZED);
        }
        RawClient reader = RawClient.connect(broker.port(), 5, Connect.clean("reader"));
        reader.subscribe("news/#", 1);
        RawPacket.Publish first = reader.expectPublish();
        assertThat(first.topic()).startsWith("news/");

        folder.write("acl.yaml", """
                evaluation: deny-wins
                everyone: [{allow: publish, topic: "news/#"}%s]
                """.formatted(stillThere));
        broker.signal("HUP");
        Awaitility.await().atMost(PATIENCE).until(() -> publish(reader, "probe") == NOT_AUTHORIZED);
        reader.send(RawClient.ack(RawPacket.PUBACK, first.packetId()));
        for (int i = 0; i < 3; i++) {
            reader.sendHex("C0 00");
            assertThat(reader.poll(PATIENCE).orElseThrow().type())
                    .as("no more of them comes")
                    .isEqualTo(RawPacket.PINGRESP);
        }
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    @DisplayName("threat 24: clients that fight over a session and change its subscriptions leave one that works")
    void aStormOfTakeOversLeavesASessionThatWorks() throws Exception {
        BrokerProcess broker = brokers.folder("storm").start("--set", "guard.take-overs-per-minute=0");
        ExecutorService fighters = Executors.newFixedThreadPool(8);
        List<Future<?>> fights = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            fights.add(fighters.submit(() -> {
                for (int k = 0; k < 25; k++) {
                    fight(broker.port(), k);
                }
                return null;
            }));
        }
        for (Future<?> fight : fights) {
            fight.get(100, TimeUnit.SECONDS);
        }
        fighters.shutdown();

        RawClient last = RawClient.connect(broker.port(), 5, Connect.persistent("fought-for"));
        assertThat(last.sessionPresent()).isTrue();
        last.send(filters(0x82, "storm/+", 1));
        last.send(last.publish("storm/end", 0, 0, 0, "subscribed"));
        while (!isEnd(last.poll(PATIENCE).orElseThrow())) {
            // what is left of the storm
        }
        last.send(filters(0xA2, "storm/+", -1));
        last.send(last.publish("storm/end", 0, 0, 0, "not subscribed"));
        for (int i = 0; i < 2; i++) { // what is routed may come behind the first answer
            last.sendHex("C0 00");
            for (RawPacket packet = last.poll(PATIENCE).orElseThrow();
                    packet.type() != RawPacket.PINGRESP;
                    packet = last.poll(PATIENCE).orElseThrow()) {
                assertThat(isEnd(packet))
                        .as("sent again or after the end of the subscription")
                        .isFalse();
            }
        }
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    private static boolean isEnd(RawPacket packet) {
        return packet.type() == RawPacket.PUBLISH && packet.publish(5).topic().equals("storm/end");
    }

    /** All at once, so that it is under way while another takes the session over. */
    private static void fight(int port, int round) throws IOException {
        try (RawClient client = RawClient.open(port, 5)) {
            Bytes all = new Bytes()
                    .bytes(Connect.persistent("fought-for").packet(5))
                    .bytes(filters(0x82, "storm/+", 1))
                    .bytes(client.publish("storm/" + round, 0, 0, 0, "x"));
            if (round % 2 == 0) {
                all.bytes(filters(0xA2, "storm/+", -1));
            }
            client.send(all.toArray());
            client.poll(PATIENCE); // CONNACK, if it was the turn of this one
        } catch (EOFException | SocketException e) {
            // another has it
        }
    }

    private static byte[] filters(int type, String filter, int options) {
        Bytes body = new Bytes().u16(1).varInt(0).text(filter);
        return new Bytes()
                .u8(type)
                .counted(options < 0 ? body : body.u8(options))
                .toArray();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "authorization: {use: [{type: file, path: acl.yaml}]}",
                "authentication: {use: [{type: file, path: users}]}",
                "authentication: {use: [{type: scram, path: users}]}",
                "authentication: {use: [{type: ldap}]}",
                "events: [{type: audit-log, path: nowhere/audit.jsonl}]"
            })
    @DisplayName("threat 13: a plugin that cannot do its work stops the start, and no listener opens")
    void aPluginThatFailsStopsTheStart(String block) throws Exception {
        BrokerFolder folder = brokers.folder("plugin").configure(BrokerFolder.ONE_LISTENER + block + "\n");
        TernMq.Result result = folder.startAndEnd();
        assertThat(result.exit()).as(result.all()).isEqualTo(2);
        assertThat(result.out()).as("not ready").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("threat 45: plugins that everybody may write are not run")
    void pluginsThatEverybodyMayWriteStopTheStart(boolean folderItself) throws Exception {
        Path copy = brokers.base().resolve("tree");
        Trees.link(TernMq.shipped().tree(), copy);
        Path plugins = copy.resolve("plugins");
        Path open = plugins;
        if (!folderItself) {
            try (Stream<Path> jars = Files.list(plugins)) {
                open = jars.filter(jar -> jar.getFileName().toString().startsWith("auth-jwt"))
                        .findFirst()
                        .orElseThrow();
            }
            byte[] content = Files.readAllBytes(open); // no link: the mode is the file's
            Files.delete(open);
            Files.write(open, content);
        }
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(open);
        mode.add(PosixFilePermission.OTHERS_WRITE);
        Files.setPosixFilePermissions(open, mode);
        TernMq.Result result = brokers.folder("open", new TernMq(copy)).startAndEnd();
        assertThat(result.exit()).as(result.all()).isEqualTo(3);
        assertThat(result.err()).contains("everybody may write to " + open);
        assertThat(result.out()).as("not ready").isEmpty();
    }

    @Test
    @DisplayName("threat 17: a will is judged again when it is sent")
    void aWillIsJudgedAgainWhenItIsSent() throws Exception {
        BrokerFolder folder = brokers.folder("will").configure(ANYBODY);
        String rules = """
                evaluation: deny-wins
                everyone: [{allow: subscribe, topic: "#"}, {allow: publish, topic: ["news/#", "other"]}]
                """;
        folder.write("acl.yaml", rules);
        BrokerProcess broker = folder.start();
        RawClient watcher = RawClient.connect(broker.port(), 5, Connect.clean("watcher"));
        watcher.subscribe("news/#", 0);
        RawClient dying =
                RawClient.connect(broker.port(), 5, Connect.clean("dying").will("news/will"));
        folder.write("acl.yaml", rules.replace("\"news/#\", ", ""));
        broker.signal("HUP");
        RawClient prober = RawClient.connect(broker.port(), 5, Connect.clean("prober"));
        Awaitility.await().atMost(PATIENCE).until(() -> publish(prober, "news/x") == NOT_AUTHORIZED);
        Awaitility.await().atMost(PATIENCE).until(() -> publish(dying, "news/x") == NOT_AUTHORIZED);
        prober.close();
        dying.close();
        new AuditFileLines(folder.file("audit.jsonl"))
                .await(line -> "denied".equals(line.get("event")) && "news/will".equals(line.get("topic")));
        watcher.sendHex("C0 00");
        for (RawPacket packet = watcher.poll(PATIENCE).orElseThrow();
                packet.type() != RawPacket.PINGRESP;
                packet = watcher.poll(PATIENCE).orElseThrow()) {
            assertThat(packet.publish(5).topic()).as("from before the change").isEqualTo("news/x");
        }
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    @DisplayName(
            "threat 17: the will of a client that was connected when the broker was killed is judged by the rules of now")
    void aWillOfAKilledBrokerIsJudgedToo() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = brokers.folder("will").configure(ANYBODY);
        String rules = """
                evaluation: deny-wins
                everyone: [{allow: subscribe, topic: "#"}, {allow: publish, topic: ["gone/%c", "stays/%c"]}]
                """;
        folder.write("acl.yaml", rules);
        BrokerProcess broker = folder.start();
        RawClient watcher = RawClient.connect(broker.port(), 5, Connect.persistent("watcher"));
        watcher.subscribe("+/+", 1);
        RawClient.connect(broker.port(), 5, Connect.persistent("a").will("gone/a"));
        RawClient.connect(broker.port(), 5, Connect.persistent("b").will("stays/b"));
        broker.kill9();
        folder.write("acl.yaml", rules.replace("\"gone/%c\", ", ""));
        BrokerProcess again = folder.start();
        new AuditFileLines(folder.file("audit.jsonl"))
                .await(line -> "denied".equals(line.get("event")) && "gone/a".equals(line.get("topic")));
        RawClient back = RawClient.connect(again.port(), 5, Connect.persistent("watcher"));
        assertThat(back.expectPublish().topic()).isEqualTo("stays/b");
        back.sendHex("C0 00");
        back.expect(RawPacket.PINGRESP);
        assertThat(again.stop()).isZero();
        assertThat(again.faults()).isEmpty();
    }

    @Test
    @DisplayName("threat 34: what clients have sent is for the broker's owner alone")
    void theDataFolderIsForItsOwnerAlone() throws Exception {
        BrokerFolder folder = brokers.folder("data").configure(BrokerFolder.ONE_LISTENER);
        BrokerProcess broker = folder.start();
        assertThat(Files.getPosixFilePermissions(folder.data()))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(broker.stop()).isZero();
    }
}
