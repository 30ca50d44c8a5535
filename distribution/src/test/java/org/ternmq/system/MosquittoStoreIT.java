package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.RawClient.Connect;

/** What a Mosquitto has kept goes on here: sessions, what waited for them and was under way, and retained messages. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class MosquittoStoreIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    private static void publish(RawClient client, String topic, int qos, int flags, int packetId, String payload)
            throws Exception {
        client.send(client.publish(topic, qos, flags, packetId, payload));
        client.expect(qos == 1 ? RawPacket.PUBACK : RawPacket.PUBREC);
    }

    @Test
    void whatMosquittoHasStoredComesAlong() throws Exception {
        BrokerFolder folder = brokers.folder("store");
        try (BridgeSite.Mosquitto mosquitto = new BridgeSite.Mosquitto(folder, "")) {
            mosquitto.start();
            fill(mosquitto.port());
        }
        Path snapshot = folder.file("mosquitto.db");
        Path dump = folder.file("store.jsonl");
        TernMq ternmq = TernMq.shipped();
        TernMq.Result written = ternmq.run("migrate", "mosquitto-store", snapshot.toString(), "--out", dump.toString());
        assertThat(written.exit()).as(written.all()).isZero();
        assertThat(ternmq.run("migrate", "mosquitto-store", snapshot.toString(), "--out", dump.toString())
                        .all())
                .contains("is there already");
        TernMq.Result imported = ternmq.run(
                "import",
                dump.toString(),
                "--config",
                folder.config().toString(),
                "--data",
                folder.data().toString());
        assertThat(imported.exit()).as(imported.all()).isZero();
        check(folder.start());
        cutFilesAreRefused(folder, snapshot);
    }

    private static void fill(int port) throws Exception {
        try (RawClient old = RawClient.connect(port, 4, Connect.persistent("old"));
                RawClient both = RawClient.connect(port, 5, Connect.persistent("new"));
                RawClient halfway = RawClient.connect(port, 5, Connect.persistent("halfway"))) {
            old.subscribe("plant/+/state", 1);
            both.subscribe("plant/#", 2);
            halfway.subscribe("plant/under-way", 2);
            old.disconnect();
            both.disconnect();
            try (RawClient publisher = RawClient.connect(port, 5, Connect.persistent("publisher"))) {
                publisher.send(publisher.publish("plant/under-way", 2, 0, 7, "released"));
                publisher.expect(RawPacket.PUBREC);
                publisher.send(RawClient.ack(RawPacket.PUBREL, 7));
                publisher.expect(RawPacket.PUBCOMP);
                RawPacket.Publish got = halfway.expectPublish();
                halfway.send(RawClient.ack(RawPacket.PUBREC, got.packetId()));
                halfway.expect(RawPacket.PUBREL); // and no PUBCOMP
                publish(publisher, "plant/a/state", 1, 0, 1, "first");
                publish(publisher, "plant/a/state", 1, 1, 2, "second, retained");
                publish(publisher, "plant/b/state", 1, 0, 3, "third");
                publish(publisher, "plant/not-released", 2, 0, 9, "twice is once"); // and no PUBREL
            }
        }
    }

    private static List<String> received(RawClient client, int version, int count) throws Exception {
        List<String> received = new ArrayList<>();
        while (received.size() < count) {
            RawPacket packet = client.poll(RawClient.PATIENCE).orElseThrow();
            if (packet.type() == RawPacket.PUBREL) {
                client.send(RawClient.ack(RawPacket.PUBCOMP, packet.u16(0)));
                continue;
            }
            RawPacket.Publish publish = packet.publish(version);
            received.add(publish.topic() + " " + publish.payload());
            client.send(RawClient.ack(publish.qos() == 1 ? RawPacket.PUBACK : RawPacket.PUBREC, publish.packetId()));
        }
        return received;
    }

    private static void check(BrokerProcess broker) throws Exception {
        int port = broker.port();
        try (RawClient old = RawClient.connect(port, 4, Connect.persistent("old"))) {
            assertThat(old.sessionPresent()).isTrue();
            assertThat(received(old, 4, 3))
                    .containsExactly("plant/a/state first", "plant/a/state second, retained", "plant/b/state third");
        }
        try (RawClient halfway = RawClient.connect(port, 5, Connect.persistent("halfway"))) {
            assertThat(halfway.sessionPresent()).isTrue();
            assertThat(halfway.expect(RawPacket.PUBREL).u16(0)) // MQTT-4.4.0-1
                    .isPositive();
        }
        try (RawClient publisher = RawClient.connect(port, 5, Connect.persistent("publisher"))) {
            assertThat(publisher.sessionPresent()).isTrue();
            publisher.send(publisher.publish("plant/not-released", 2, 8, 9, "twice is once")); // DUP
            publisher.expect(RawPacket.PUBREC);
            publisher.send(RawClient.ack(RawPacket.PUBREL, 9));
            assertThat(publisher.expect(RawPacket.PUBCOMP).ackReason()).isZero();
            publish(publisher, "plant/last", 1, 0, 1, "last");
        }
        try (RawClient both = RawClient.connect(port, 5, Connect.persistent("new"))) {
            assertThat(both.sessionPresent()).isTrue();
            List<String> all = received(both, 5, 6);
            // In order for each QoS (MQTT-4.6.0-6); a message with QoS 2 waits until its packet identifier is stored.
            assertThat(all)
                    .containsSubsequence(
                            "plant/a/state first",
                            "plant/a/state second, retained",
                            "plant/b/state third",
                            "plant/last last")
                    .containsSubsequence("plant/under-way released", "plant/not-released twice is once")
                    .hasSize(6);
        }
        try (RawClient fresh = RawClient.connect(port, 5, Connect.clean("fresh"))) {
            fresh.subscribe("plant/+/state", 1);
            assertThat(fresh.expectPublish().payload()).isEqualTo("second, retained");
        }
    }

    private static void cutFilesAreRefused(BrokerFolder folder, Path snapshot) throws Exception {
        byte[] whole = Files.readAllBytes(snapshot);
        Path cut = Files.write(folder.file("cut.db"), Arrays.copyOf(whole, whole.length - 3));
        TernMq.Result refused = TernMq.shipped()
                .run(
                        "migrate",
                        "mosquitto-store",
                        cut.toString(),
                        "--out",
                        folder.file("cut.jsonl").toString());
        assertThat(refused.exit()).isEqualTo(2);
        assertThat(refused.err()).contains("cut.db is cut or damaged");
        assertThat(folder.file("cut.jsonl")).doesNotExist();
    }
}
