package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.AdminClient.Answer;
import org.ternmq.system.RawClient.Connect;

/** What operators have a running broker do that takes its time: new instances of plugins, copies of the store; and bridges. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
final class AdminWorkIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String ADMIN = """
            admin: {bind: "127.0.0.1:0"}
            events: [{type: audit-log, path: audit.jsonl}]
            """;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    /** Publishes numbered messages at QoS 1, one after the other, on a thread of its own. */
    private static final class Publisher implements AutoCloseable {
        private final AtomicInteger acknowledged = new AtomicInteger();
        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private final Thread thread;

        Publisher(RawClient client, String topic) {
            thread = new Thread(() -> {
                try {
                    while (!over.get()) {
                        int next = acknowledged.get() + 1;
                        client.send(client.publish(topic, 1, 0, 1 + next % 1000, Integer.toString(next)));
                        assertThat(client.expect(RawPacket.PUBACK).ackReason()).isLessThan(0x80);
                        acknowledged.set(next);
                    }
                } catch (IOException | AssertionError e) {
                    failure.set(e);
                }
            });
            thread.start();
        }

        int acknowledged() {
            return acknowledged.get();
        }

        void awaitMore(int more) {
            int from = acknowledged();
            Awaitility.await().atMost(PATIENCE).until(() -> acknowledged() >= from + more || failure.get() != null);
            assertThat(failure.get()).isNull();
        }

        @Override
        public void close() throws InterruptedException {
            over.set(true);
            thread.join();
            assertThat(failure.get()).isNull();
        }
    }

    private static TernMq.Result run(BrokerProcess broker, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--url", "http://127.0.0.1:" + broker.port("admin")));
        return TernMq.shipped().run(all.toArray(String[]::new));
    }

    private static void user(BrokerFolder folder, String file, String name) throws Exception {
        TernMq.Result made = TernMq.shipped()
                .runWithInput(name + "\n", "passwd", folder.file(file).toString(), name, "--password-stdin");
        assertThat(made.exit()).as(made.err()).isZero();
    }

    private static int login(BrokerProcess broker, String name) throws IOException {
        try (RawClient client = RawClient.open(broker.port(), 5)) {
            client.send(Connect.clean(name + "-tries").user(name, name).packet(5));
            return client.expect(RawPacket.CONNACK).u8(1);
        }
    }

    @Test
    void anAuthenticatorTakesItsNewFileUnderTraffic() throws Exception {
        String people = ADMIN + "data: data\nauthentication: {use: [{type: file, name: people, path: %s}]}\n";
        BrokerFolder folder =
                brokers.folder("reload").configure(BrokerFolder.ONE_LISTENER + people.formatted("users-a"));
        user(folder, "users-a", "ada");
        Files.copy(folder.file("users-a"), folder.file("users-b"));
        user(folder, "users-b", "bob");
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        assertThat(login(broker, "bob")).isEqualTo(0x86);
        RawClient ada =
                RawClient.connect(broker.port(), 5, Connect.clean("stays").user("ada", "ada"));
        try (Publisher traffic = new Publisher(ada, "t")) {
            traffic.awaitMore(20);
            folder.configure(BrokerFolder.ONE_LISTENER + people.formatted("users-b") + "limits: {queue-messages: 7}\n");
            Answer done = admin.ask("POST", "/api/v1/plugins/people/reload", "", "");
            assertThat(done.status()).as(done.body()).isEqualTo(200);
            assertThat(done.json()).containsEntry("outcome", "DONE");
            assertThat(done.body()).contains("a new configuration", "limits.queue-messages");
            assertThat(login(broker, "bob")).isZero();
            traffic.awaitMore(20);

            folder.configure(BrokerFolder.ONE_LISTENER + people.formatted("nowhere"));
            TernMq.Result refused = run(
                    broker,
                    "plugins",
                    "reload",
                    "people",
                    "--config",
                    folder.config().toString());
            assertThat(refused.exit()).as(refused.err()).isEqualTo(1);
            assertThat(refused.err()).contains("409", "nowhere");
            assertThat(login(broker, "bob")).as("the old one stays in force").isZero();

            folder.configure(BrokerFolder.ONE_LISTENER + people.formatted("users-a"));
            TernMq.Result again = run(
                    broker,
                    "plugins",
                    "reload",
                    "people",
                    "--data",
                    folder.data().toString());
            assertThat(again.exit()).as(again.err()).isZero();
            assertThat(again.out()).contains("people reloaded: a new configuration");
            assertThat(login(broker, "bob")).isEqualTo(0x86);
            traffic.awaitMore(20);
        }
        Answer nobody = admin.ask("POST", "/api/v1/plugins/nobody/reload", "", "");
        assertThat(nobody.status()).isEqualTo(404);
        assertThat(nobody.body()).contains("there are: ", "people");
        Map<String, String> line = new AuditFileLines(folder.file("audit.jsonl"))
                .await(l -> "reload-plugin".equals(l.get("action"))
                        && l.getOrDefault("outcome", "").startsWith("refused"));
        assertThat(line).containsEntry("target", "people").containsEntry("role", "admin");
        assertThat(broker.stop()).isZero();
    }

    @Test
    void aCopyUnderLoadHasAllThatWasAcknowledgedBefore() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        String configuration = BrokerFolder.ONE_LISTENER + ADMIN + "limits: {queue-messages: 1000000}\n";
        BrokerFolder folder = brokers.folder("original").configure(configuration);
        BrokerFolder copy = brokers.folder("copy").configure(configuration);
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        RawClient keeper = RawClient.connect(broker.port(), 5, Connect.persistent("keeper"));
        keeper.subscribe("q", 1);
        keeper.disconnect();
        int before;
        try (Publisher traffic = new Publisher(RawClient.connect(broker.port(), 5, Connect.clean("publisher")), "q")) {
            traffic.awaitMore(200);
            before = traffic.acknowledged();
            TernMq.Result made = run(
                    broker,
                    "backup",
                    copy.data().toString(),
                    "--api",
                    "--data",
                    folder.data().toString());
            assertThat(made.exit()).as(made.err()).isZero();
            traffic.awaitMore(50);
        }
        refusals(admin, folder, copy.data());
        assertThat(broker.stop()).isZero();

        BrokerProcess restored = copy.start();
        try (RawClient back = RawClient.connect(restored.port(), 5, Connect.persistent("keeper"))) {
            assertThat(back.sessionPresent()).isTrue();
            Set<Integer> came = new HashSet<>();
            for (int i = 1; i <= before; i++) {
                RawPacket.Publish publish = back.expectPublish();
                back.send(RawClient.ack(RawPacket.PUBACK, publish.packetId()));
                assertThat(publish.payload()).as("in order, each once").isEqualTo(Integer.toString(i));
                came.add(i);
            }
            assertThat(came).hasSize(before);
        }
        assertThat(restored.stop()).isZero();
    }

    private static void refusals(AdminClient admin, BrokerFolder folder, Path existing) throws Exception {
        assertThat(backup(admin, "copy").status()).as("relative").isEqualTo(400);
        assertThat(backup(admin, existing + "/../b").status()).as("..").isEqualTo(400);
        assertThat(backup(admin, folder.data().resolve("b").toString()).status())
                .as("inside the data folder")
                .isEqualTo(400);
        assertThat(admin.post("/api/v1/storage/backup", "{}").status()).isEqualTo(400);
        Answer there = backup(admin, existing.toString());
        assertThat(there.status()).isEqualTo(409);
        assertThat(there.body()).contains("is there already");
        assertThat(backup(admin, "/nowhere/b").status()).isEqualTo(409);
        AuditFileLines audit = new AuditFileLines(folder.file("audit.jsonl"));
        assertThat(audit.await(line -> "done".equals(line.get("outcome"))))
                .containsEntry("action", "backup")
                .containsEntry("target", existing.toString());
        assertThat(audit.await(line -> "/nowhere/b".equals(line.get("target"))).get("outcome"))
                .startsWith("refused: cannot make");
    }

    private static Answer backup(AdminClient admin, String path) throws Exception {
        return admin.post("/api/v1/storage/backup", "{\"folder\":\"" + path + "\"}");
    }

    @Test
    void tellsWhatWaitsForABridgeAndWhatASessionHasLost() throws Exception {
        BrokerFolder folder = brokers.folder("bridges").configure(BrokerFolder.ONE_LISTENER + ADMIN + """
                limits: {queue-messages: 2}
                bridges: [{name: hq, type: mqtt, url: "mqtt://127.0.0.1:1", topics: [{out: "up/#", qos: 1}]}]
                """);
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        RawClient away = RawClient.connect(broker.port(), 5, Connect.persistent("away"));
        away.subscribe("down", 1);
        away.disconnect();
        try (RawClient client = RawClient.connect(broker.port(), 5, Connect.clean("publisher"))) {
            for (int i = 1; i <= 5; i++) {
                client.send(client.publish("down", 1, 0, i, "x"));
                client.expect(RawPacket.PUBACK);
            }
            client.send(client.publish("up/a", 1, 0, 6, "x"));
            client.expect(RawPacket.PUBACK);
        }
        assertThat(admin.get("/api/v1/bridges").items()).singleElement().satisfies(bridge -> {
            assertThat(bridge).containsEntry("name", "hq").containsEntry("connected", false);
            assertThat((int) bridge.get("queuedMessages") + (int) bridge.get("inFlight"))
                    .isEqualTo(1);
        });
        Map<String, Object> session = admin.get("/api/v1/sessions/away").json();
        assertThat(session).containsEntry("queuedMessages", 2).containsEntry("drops", Map.of("queue-full", 3));
        String data = folder.data().toString();
        assertThat(run(broker, "bridges", "--data", data).out()).contains("queuedMessages", "hq", "false");
        assertThat(run(broker, "bridges", "list", "--json", "--data", data).out())
                .contains("\"name\":\"hq\"");
    }
}
