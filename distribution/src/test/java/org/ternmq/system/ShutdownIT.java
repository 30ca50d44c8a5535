package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.RawClient.Connect;

/** How the broker stops. */
@Timeout(120)
final class ShutdownIT {
    private static final int CLIENTS = 1000;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    @Test
    @Mqtt5({"3.14.2-1", "3.14.4-1", "3.14.4-2", "4.13.2-1"})
    void saysGoodbyeToAThousandClients() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = brokers.folder("goodbye");
        BrokerProcess broker = folder.start();
        try (RawClient client = RawClient.connect(broker.port(), 4, Connect.persistent("away"))) {
            client.subscribe("work/#", 2);
            client.disconnect();
        }
        List<RawClient> clients = new ArrayList<>();
        Set<Integer> acknowledged = new HashSet<>();
        try {
            long start = System.nanoTime();
            for (int i = 0; i < CLIENTS; i++) {
                RawClient client = RawClient.connect(broker.port(), i % 4 == 0 ? 4 : 5, Connect.clean("client-" + i));
                clients.add(client);
            }
            System.out.println(
                    "ShutdownIT: " + CLIENTS + " clients connected, one after the other, in " + millis(start) + " ms");
            for (int i = 0; i < CLIENTS; i += 2) {
                RawClient client = clients.get(i);
                client.send(client.publish("work/" + i, 1, 0, 1, Integer.toString(i)));
                if (i < 200) {
                    client.expect(RawPacket.PUBACK);
                    acknowledged.add(i);
                } // the others are in the middle of it: their PUBACK may come, or not
            }
            long asked = System.nanoTime();
            broker.sigterm();
            assertThat(broker.waitForExit(Duration.ofSeconds(10)))
                    .as("exit code")
                    .isZero();
            System.out.println("ShutdownIT: stopped in " + millis(asked) + " ms");
            for (int i = 0; i < CLIENTS; i++) {
                lastWords(clients.get(i), i, acknowledged);
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
        assertThat(broker.faults()).isEmpty();
        System.out.println("ShutdownIT: " + acknowledged.size() + " of " + CLIENTS / 2 + " messages acknowledged");

        BrokerProcess again = folder.start();
        System.out.println("ShutdownIT: start to ready on what was left: "
                + again.startTime().toMillis() + " ms");
        try (RawClient client = RawClient.connect(again.port(), 4, Connect.persistent("away"))) {
            assertThat(client.sessionPresent()).isTrue();
            List<Integer> kept = new ArrayList<>();
            while (true) {
                var packet = client.poll(kept.containsAll(acknowledged) ? Duration.ofMillis(200) : RawClient.PATIENCE);
                if (packet.isEmpty()) {
                    break;
                }
                RawPacket.Publish publish = packet.get().publish(4);
                kept.add(Integer.valueOf(publish.payload()));
                client.send(RawClient.ack(RawPacket.PUBACK, publish.packetId()));
            }
            assertThat(kept).as("acknowledged").containsAll(acknowledged);
        }
        assertThat(again.stop()).isZero();
    }

    /** A PUBACK perhaps; then, with 5.0, DISCONNECT; then the end. */
    private static void lastWords(RawClient client, int number, Set<Integer> acknowledged) throws Exception {
        if (number % 4 == 0) {
            try {
                var packet = client.poll(Duration.ofSeconds(1));
                if (packet.isPresent()) {
                    assertThat(packet.get().type()).as("%s", packet.get()).isEqualTo(RawPacket.PUBACK);
                    acknowledged.add(number);
                    client.expectClosed();
                } else {
                    throw new AssertionError("client " + number + " is still connected");
                }
            } catch (EOFException | SocketException e) {
                // as it should be: DISCONNECT is the client's own before 5.0
            }
            return;
        }
        RawPacket packet = client.poll(Duration.ofSeconds(1)).orElseThrow();
        if (packet.type() == RawPacket.PUBACK) {
            assertThat(number % 2).isZero();
            acknowledged.add(number);
            packet = client.poll(Duration.ofSeconds(1)).orElseThrow();
        }
        assertThat(packet.type()).as("client %s got %s", number, packet).isEqualTo(RawPacket.DISCONNECT);
        assertThat(packet.disconnectReason())
                .as("Server shutting down (MQTT5-3.14.2)")
                .isEqualTo(0x8B);
        client.expectClosed();
    }

    private static long millis(long since) {
        return (System.nanoTime() - since) / 1_000_000;
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void endsInOrderWhenAsked(String signal) throws Exception {
        BrokerProcess broker = brokers.folder("asked").start();
        try (RawClient client = RawClient.connect(broker.port(), 5, Connect.clean("client"))) {
            broker.signal(signal);
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(0x8B);
            client.expectClosed();
            assertThat(broker.waitForExit(Duration.ofSeconds(10))).isZero();
        }
        assertThat(broker.faults()).isEmpty();
    }
}
