package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.broker.Broker;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.journal.DumpException;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.system.RawClient.Connect;
import org.ternmq.system.TestClient.Options;

/** What is done with a store beside serving clients: export, import, backup. */
@Timeout(300)
final class StoreToolsIT {
    private static final int WAITING = 50;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final TernMq program = TernMq.shipped();

    private static String config(String type) {
        return BrokerFolder.ONE_LISTENER + "storage: {type: " + type + "}\n";
    }

    private TernMq.Result call(String command, BrokerFolder folder, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                command,
                "--config",
                folder.config().toString(),
                "--data",
                folder.data().toString()));
        all.addAll(List.of(arguments));
        return program.run(all.toArray(String[]::new));
    }

    private static void ok(TernMq.Result result) {
        assertThat(result.exit()).as(result.all()).isZero();
    }

    /** Sessions with messages that wait, retained messages, and QoS 2 flows that stand in the middle in both directions. */
    private void fill(BrokerFolder folder) throws Exception {
        BrokerProcess broker = folder.start();
        int port = broker.port();
        for (String name : List.of("one", "two")) {
            try (TestClient client =
                    HiveMq5Client.connect(Options.of(port, name).keepingSession())) {
                client.subscribe("wait/#", 1);
            }
        }
        RawClient receiving = RawClient.connect(port, 5, Connect.persistent("receiving"));
        receiving.subscribe("twice/#", 2);
        RawClient sending = RawClient.connect(port, 5, Connect.persistent("sending"));
        sending.send(sending.publish("twice/a", 2, 0, 7, "exactly"));
        sending.expect(RawPacket.PUBREC);
        RawPacket.Publish publish = receiving.expectPublish();
        assertThat(publish.payload()).isEqualTo("exactly");
        receiving.send(RawClient.ack(RawPacket.PUBREC, publish.packetId()));
        receiving.expect(RawPacket.PUBREL); // and no PUBCOMP
        receiving.close();
        sending.close();
        try (TestClient publisher = HiveMq5Client.connect(Options.of(port, "publisher"))) {
            for (int i = 0; i < WAITING; i++) {
                publisher.publish("wait/x", 1, "message \"" + i + "\"\n\u00e9");
            }
            publisher.publish("state/a", 1, true, List.of("retained"));
        }
        assertThat(broker.stop()).isZero();
    }

    private static void check(BrokerFolder folder) throws Exception {
        BrokerProcess broker = folder.start();
        int port = broker.port();
        for (String name : List.of("one", "two")) {
            try (TestClient client =
                    HiveMq5Client.connect(Options.of(port, name).keepingSession())) {
                for (int i = 0; i < WAITING; i++) {
                    assertThat(client.next().payload()).isEqualTo("message \"" + i + "\"\n\u00e9");
                }
                client.publish("wait/y", 1, "still subscribed");
                assertThat(client.until("still subscribed")).hasSize(1);
            }
        }
        try (TestClient client = HiveMq5Client.connect(Options.of(port, "looks"))) {
            client.subscribe("state/#", 1);
            assertThat(client.next().payload()).isEqualTo("retained");
        }
        try (RawClient sending = RawClient.connect(port, 5, Connect.persistent("sending"))) {
            assertThat(sending.sessionPresent()).isTrue();
            sending.send(sending.publish("twice/a", 2, 8, 7, "exactly")); // again, as if PUBREC had been lost
            sending.expect(RawPacket.PUBREC);
            sending.send(RawClient.ack(RawPacket.PUBREL, 7));
            assertThat(sending.expect(RawPacket.PUBCOMP).ackReason()).isZero();
        }
        try (RawClient receiving = RawClient.connect(port, 5, Connect.persistent("receiving"))) {
            assertThat(receiving.sessionPresent()).isTrue();
            RawPacket release = receiving.expect(RawPacket.PUBREL); // MQTT-4.4.0-1
            receiving.send(RawClient.ack(RawPacket.PUBCOMP, release.u16(0)));
            assertThat(receiving.poll(Duration.ofMillis(200)))
                    .as("delivered once")
                    .isEmpty();
        }
        assertThat(broker.faults()).isEmpty();
        assertThat(broker.stop()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rocksdb", "mapdb"})
    void movesAStoreToAnyOther(String type) throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder from = brokers.folder("from").configure(config(type));
        fill(from);
        Path file = from.file("dump.jsonl");
        TernMq.Result exported = call("export", from, file.toString());
        ok(exported);
        assertThat(exported.err()).contains("Exported").contains("queue 101").contains("retained 1");
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }
        TernMq.Result again = call("export", from, "-");
        ok(again);
        assertThat(again.out() + "\n").isEqualTo(Files.readString(file));

        BrokerFolder rocksdb = brokers.folder("rocksdb").configure(config("rocksdb"));
        ok(call("import", rocksdb, file.toString()));
        check(rocksdb);
        BrokerFolder mapdb = brokers.folder("mapdb").configure(config("mapdb"));
        TernMq.Result piped = program.runWithInput(
                Files.readString(file),
                "import",
                "--config",
                mapdb.config().toString(),
                "--data",
                mapdb.data().toString(),
                "-");
        ok(piped);
        check(mapdb);
    }

    @Test
    void refusesWhatWouldDoHarm() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = brokers.folder("broker").configure(config("rocksdb"));
        String file = folder.file("dump.jsonl").toString();
        TernMq.Result none = call("export", folder, file);
        assertThat(none.exit()).isEqualTo(4);
        assertThat(none.err())
                .contains("there is no store")
                .contains(folder.data().toString());
        fill(folder);
        ok(call("export", folder, file));
        assertThat(call("export", folder, file).err()).contains("--overwrite");
        ok(call("export", folder, "--overwrite", file));

        BrokerProcess running = folder.start();
        for (String command : List.of("export", "backup")) {
            TernMq.Result used = call(command, folder, folder.file("other").toString());
            assertThat(used.exit()).isEqualTo(4);
            assertThat(used.err()).contains("another broker uses");
        }
        assertThat(call("import", folder, "--replace", file).err()).contains("another broker uses");
        running.stop();

        TernMq.Result full = call("import", folder, file);
        assertThat(full.exit()).isEqualTo(4);
        assertThat(full.err()).contains("--replace");
        Path cut = folder.write("cut.jsonl", Files.readString(Path.of(file)).substring(0, 1_000));
        TernMq.Result half = call("import", folder, "--replace", cut.toString());
        assertThat(half.exit()).isEqualTo(4);
        assertThat(half.err()).contains("cut.jsonl").contains("nothing was changed");
        check(folder);
        TernMq.Result volatileStore = call(
                "export",
                folder,
                "--set",
                "storage.type=memory",
                folder.file("m").toString());
        assertThat(volatileStore.exit()).isEqualTo(2);
        assertThat(volatileStore.err()).contains("'memory' keeps nothing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rocksdb", "mapdb"})
    void aBrokerStartsOnABackup(String type) throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder from = brokers.folder("from").configure(config(type));
        fill(from);
        BrokerFolder copy = brokers.folder("copy").configure(config(type));
        ok(call("backup", from, copy.data().toString()));
        TernMq.Result again = call("backup", from, copy.data().toString());
        assertThat(again.exit()).isEqualTo(4);
        assertThat(again.err()).contains("is there already");
        check(copy);
        check(from);
    }

    /** The broker in this process, as nothing outside can ask for the copy yet; then the shipped one on the copy. */
    @ParameterizedTest
    @ValueSource(strings = {"rocksdb", "mapdb"})
    void losesNothingThatWasAcknowledgedBeforeAHotBackup(String type) throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder copy = brokers.folder("copy").configure(config(type) + "limits: {queue-messages: 1000000}\n");
        Problems problems = new Problems();
        PluginHost plugins = PluginHost.load(program.tree().resolve("plugins"), problems);
        assertThat(problems.lines()).isEmpty();
        BrokerConfig config = BrokerConfig.parse(config(type) + "limits: {queue-messages: 1000000}\n");
        AtomicLong acknowledged = new AtomicLong();
        AtomicBoolean enough = new AtomicBoolean();
        long before;
        long after;
        try (Broker broker = new Broker(config, plugins, brokers.base().resolve("source"), Clock.systemUTC())) {
            String address = broker.listeners().get(0).toString();
            int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
            try (TestClient away =
                    HiveMq5Client.connect(Options.of(port, "away").keepingSession())) {
                away.subscribe("t", 1);
            }
            CompletableFuture<Void> publishing = CompletableFuture.runAsync(() -> publish(port, acknowledged, enough));
            Awaitility.await().until(() -> acknowledged.get() >= 2_000 || publishing.isDone());
            before = acknowledged.get();
            broker.backup(copy.data());
            after = acknowledged.get();
            assertThatThrownBy(() -> broker.backup(copy.data()))
                    .isInstanceOf(DumpException.class)
                    .hasMessageContaining("is there already");
            Awaitility.await().until(() -> acknowledged.get() > after || publishing.isDone());
            enough.set(true);
            publishing.get(60, TimeUnit.SECONDS);
            assertThat(broker.metrics().storageFigures()).isNotEmpty();
        }
        BrokerProcess restored = copy.start();
        Set<Long> found = new TreeSet<>();
        try (TestClient away =
                HiveMq5Client.connect(Options.of(restored.port(), "away").keepingSession())) {
            away.publish("t", 1, "end");
            away.until("end").stream()
                    .filter(message -> !message.payload().equals("end"))
                    .forEach(message -> found.add(Long.valueOf(message.payload())));
        }
        assertThat(found.size())
                .as("no hole")
                .isEqualTo(found.stream().mapToLong(n -> n).max().orElse(0));
        assertThat((long) found.size()).isGreaterThanOrEqualTo(before);
        assertThat(restored.faults()).isEmpty();
    }

    /** Publishes 1, 2, 3 … until it is enough. */
    private static void publish(int port, AtomicLong acknowledged, AtomicBoolean enough) {
        try (TestClient publisher = HiveMq5Client.connect(Options.of(port, "publisher"))) {
            while (!enough.get()) {
                List<String> some = new ArrayList<>();
                for (long n = acknowledged.get() + 1; some.size() < 50; n++) {
                    some.add(Long.toString(n));
                }
                publisher.publish("t", 1, false, some);
                acknowledged.addAndGet(some.size());
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void namesTheFileThatIsNoExport() throws Exception {
        BrokerFolder folder = brokers.folder("broker").configure(config("rocksdb"));
        Path file = folder.write("other.json", "{\"hello\":1}\n");
        TernMq.Result result = call("import", folder, file.toString());
        assertThat(result.exit()).isEqualTo(4);
        assertThat(result.err()).contains("other.json").contains("not what `ternmq export` writes");
        assertThat(folder.data()).as("nothing was made").doesNotExist();
        TernMq.Result missing = call("import", folder, folder.file("none.jsonl").toString());
        assertThat(missing.exit()).isEqualTo(4);
        assertThat(missing.err()).contains("none.jsonl").contains("no such file");
    }
}
