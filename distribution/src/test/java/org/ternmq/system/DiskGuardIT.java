package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.RawClient.Connect;
import org.ternmq.system.TestClient.Options;

/** A disk that is nearly full. Needs root on Linux, which may mount a small one. */
@Timeout(120)
final class DiskGuardIT {
    private static final Duration SOON = Duration.ofSeconds(20);

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private Path mounted = Path.of("");

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
        } catch (IOException e) {
            return false; // there is no such program
        }
    }

    private void mount(Path at) throws Exception {
        Files.createDirectories(at);
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=160m,mode=700", "ternmq-test", at.toString()),
                "only root on Linux can mount a disk to fill");
        mounted = at;
    }

    @AfterEach
    void unmount() throws Exception {
        if (!mounted.toString().isEmpty()) {
            assertThat(run("umount", "-l", mounted.toString())).isTrue();
        }
    }

    private static int publish(RawClient client, String topic, int qos, int flags, int packetId, String payload)
            throws IOException {
        client.send(client.publish(topic, qos, flags, packetId, payload));
        return client.expect(qos == 1 ? RawPacket.PUBACK : RawPacket.PUBREC).ackReason();
    }

    @Test
    void refusesWhatWouldBeStoredAndGoesOnWithTheRest() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = brokers.folder("broker")
                .configure(BrokerFolder.ONE_LISTENER + "storage: {min-free: 64MiB, disk-check: 20ms}\n");
        mount(folder.data());
        BrokerProcess broker = folder.start();
        int port = broker.port();
        try (TestClient away = HiveMq5Client.connect(Options.of(port, "away").keepingSession())) {
            away.subscribe("stored", 1);
        }
        RawClient publisher = RawClient.connect(port, 5, Connect.clean("publisher"));
        assertThat(publish(publisher, "stored", 1, 0, 1, "before")).isZero();
        assertThat(publish(publisher, "state", 1, 1, 2, "kept")).isEqualTo(0x10); // nobody subscribes

        Path filler = folder.data().resolve("filler");
        Files.write(filler, new byte[90 << 20]);
        assertThat(broker.awaitLine("nearly full", SOON)).isPresent();
        assertThat(publish(publisher, "stored", 1, 0, 3, "refused")).isEqualTo(0x97);
        assertThat(publish(publisher, "stored", 2, 0, 4, "refused")).isEqualTo(0x97);
        assertThat(publish(publisher, "state", 1, 1, 5, "refused")).isEqualTo(0x97);
        assertThat(publish(publisher, "nobody", 1, 0, 6, "is not stored")).isEqualTo(0x10);
        publisher.send(publisher.publish("state", 0, 1, 0, "nobody can be told"));
        RawClient older = RawClient.connect(port, 4, Connect.clean("older"));
        older.send(older.publish("stored", 1, 0, 1, "refused"));
        older.expectClosed(); // 3.1.1 has no code for it, and an acknowledgement would be a lie

        try (TestClient away = HiveMq5Client.connect(Options.of(port, "away").keepingSession());
                TestClient direct = HiveMq5Client.connect(Options.of(port, "direct"))) {
            direct.subscribe("state", 0);
            assertThat(direct.next().payload()).as("what was retained before").isEqualTo("kept");
            assertThat(away.next().payload()).isEqualTo("before"); // and is acknowledged, which removes it
            direct.clearRetained("state");
            away.publish("direct", 0, "x");
        }
        try (TestClient looks = HiveMq5Client.connect(Options.of(port, "looks"))) {
            looks.subscribe("state", 0);
            assertThat(looks.isQuietFor(Duration.ofMillis(300)))
                    .as("deletions go on")
                    .isTrue();
        }

        Files.delete(filler);
        assertThat(broker.awaitLine("has room again", SOON)).isPresent();
        Awaitility.await().until(() -> publish(publisher, "stored", 1, 0, 7, "after") == 0);
        try (TestClient away = HiveMq5Client.connect(Options.of(port, "away").keepingSession())) {
            assertThat(away.next().payload()).as("nothing of what was refused").isEqualTo("after");
        }
        assertThat(broker.stop()).isZero();
    }
}
