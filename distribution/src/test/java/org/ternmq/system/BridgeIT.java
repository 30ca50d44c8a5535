package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.RawClient.Connect;

/** Bridges of the shipped broker: to another one, round a ring, and to and from Mosquitto. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class BridgeIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String bridge(String name, int port, String topics) {
        return "bridges: [{name: " + name + ", type: mqtt, url: 'mqtt://127.0.0.1:" + port
                + "', reconnect-min: 50ms, reconnect-max: 200ms, topics: " + topics + "}]\n";
    }

    private static void awaitUp(BrokerProcess broker) {
        assertThat(broker.awaitLine("bridge up", Duration.ofSeconds(30)))
                .as("the bridge's connection")
                .isPresent();
    }

    private static void publish(int port, String topic, String payload) throws Exception {
        try (RawClient client = RawClient.connect(port, 5, Connect.clean("publisher"))) {
            client.send(client.publish(topic, 1, 0, 1, payload));
            client.expect(RawPacket.PUBACK);
            client.disconnect();
        }
    }

    private static RawClient subscriber(int port, String filter) throws Exception {
        RawClient client = RawClient.connect(port, 5, Connect.clean("subscriber"));
        client.subscribe(filter, 1);
        return client;
    }

    /** The next message, acknowledged. */
    private static RawPacket.Publish next(RawClient client) throws Exception {
        RawPacket.Publish publish = client.expectPublish();
        client.send(RawClient.ack(RawPacket.PUBACK, publish.packetId()));
        return publish;
    }

    @Test
    void aRingOfThreeEndsWhereItBegan() throws Exception {
        int[] ports = {freePort(), freePort(), freePort()};
        BrokerProcess[] ring = new BrokerProcess[3];
        for (int i = 0; i < 3; i++) {
            ring[i] = brokers.folder("ring-" + i)
                    .configure("listeners: [{name: mqtt, bind: '127.0.0.1:" + ports[i] + "'}]\n"
                            + "authentication: {allow-anonymous: true}\n"
                            + bridge("next", ports[(i + 1) % 3], "[{out: 'ring/#', qos: 1}]"))
                    .start();
        }
        for (BrokerProcess broker : ring) {
            awaitUp(broker);
        }
        try (RawClient a = subscriber(ports[0], "ring/#");
                RawClient b = subscriber(ports[1], "ring/#");
                RawClient c = subscriber(ports[2], "ring/#")) {
            for (String payload : List.of("first", "second")) {
                publish(ports[0], "ring/x", payload);
                for (RawClient each : List.of(b, c)) {
                    assertThat(next(each).payload()).isEqualTo(payload);
                }
            }
            publish(ports[1], "ring/x", "last"); // whatever had come round again would be in front of it
            for (RawClient each : List.of(b, c)) {
                assertThat(next(each).payload()).isEqualTo("last");
            }
            List<String> atOrigin = new ArrayList<>();
            while (!atOrigin.contains("last")) {
                atOrigin.add(next(a).payload());
            }
            // What its own clients published comes back to it once, and ends there.
            assertThat(atOrigin.stream().filter("first"::equals)).hasSize(2);
        }
    }

    @Test
    void carriesToAndFromMosquittoAndWaitsWhileThatIsAway() throws Exception {
        String mosquitto = External.program("mosquitto");
        int port = freePort();
        BrokerFolder folder = brokers.folder("edge")
                .configure(
                        BrokerFolder.ONE_LISTENER
                                + bridge(
                                        "m",
                                        port,
                                        "[{out: 'up/#', qos: 2, remote-prefix: 'plant/'}, {in: 'down/#', qos: 1, local-prefix: 'hq/'}]"));
        BrokerProcess broker = folder.start();
        publish(broker.port(), "up/a", "waited");
        Path config = folder.write(
                "mosquitto.conf", "listener " + port + " 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 1\n");
        Process other = new ProcessBuilder(mosquitto, "-c", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.file("mosquitto.log").toFile())
                .start();
        try {
            awaitPort(port);
            try (RawClient there = subscriber(port, "plant/#");
                    RawClient here = subscriber(broker.port(), "hq/#")) {
                awaitUp(broker);
                publish(broker.port(), "up/b", "live");
                List<String> came = new ArrayList<>();
                while (!came.contains("plant/up/b live")) { // the first may have come before the subscriber
                    RawPacket.Publish publish = next(there);
                    came.add(publish.topic() + " " + publish.payload());
                }
                publish(port, "down/go", "now");
                RawPacket.Publish down = next(here);
                assertThat(down.topic() + " " + down.payload()).isEqualTo("hq/down/go now");
            }
        } finally {
            other.destroyForcibly().waitFor();
        }
        assertThat(broker.awaitLine("bridge down", Duration.ofSeconds(10))).isPresent();
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
        assertThat(Files.readString(folder.file("mosquitto.log"))).doesNotContain("protocol error");
    }

    private static void awaitPort(int port) {
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            } catch (IOException e) {
                return false;
            }
        });
    }

    @Test
    void clientsMayNotUseTheIdentifiersOfBridges() throws Exception {
        BrokerProcess broker = brokers.folder("ids").start();
        try (RawClient client = RawClient.open(broker.port(), 5)) {
            client.send(Connect.clean("$bridge/hq").packet(5));
            assertThat(client.expect(RawPacket.CONNACK).u8(1)).isEqualTo(0x85);
        }
    }

    @Test
    void saysWhatIsWrongWithABridge() throws Exception {
        BrokerFolder folder = brokers.folder("wrong");
        folder.configure(
                BrokerFolder.ONE_LISTENER + "bridges: [{name: hq, type: mqtt, url: 'http://x', topics: [{out: a}]}]\n");
        TernMq.Result result = folder.startAndEnd();
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.all()).contains("begins with none of");
    }
}
