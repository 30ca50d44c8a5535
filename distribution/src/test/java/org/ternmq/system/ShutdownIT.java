package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** SIGTERM with many clients there: everybody is told, nothing is lost, and it does not take long. */
@Timeout(120)
final class ShutdownIT {
    private static final int CLIENTS = 1_000;
    private static final int MESSAGES = 100;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    @Test
    void tellsEveryClientAndLosesNothing() throws Exception {
        BrokerFolder folder = brokers.folder("full");
        BrokerProcess broker = folder.start();
        try (RawClient away = RawClient.connect(broker.port(), 5, RawClient.Connect.persistent("away"))) {
            away.subscribe("kept/#", 1);
            away.disconnect();
        }
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(RawClient.connect(broker.port(), 5, RawClient.Connect.clean("client-" + i)));
            }
            RawClient publisher = clients.get(0);
            for (int id = 1; id <= MESSAGES; id++) {
                publisher.send(publisher.publish("kept/it", 1, 0, id, Integer.toString(id)));
                publisher.expect(RawPacket.PUBACK);
            }
            long before = System.nanoTime();
            broker.sigterm();
            for (RawClient client : clients) {
                RawPacket disconnect = client.expect(RawPacket.DISCONNECT);
                assertThat(disconnect.disconnectReason()).isEqualTo(0x8B); // MQTT 5.0 3.14.2.1
                client.expectClosed(); // MQTT-3.14.4-1
            }
            assertThat(broker.waitForExit(Duration.ofSeconds(10))).isZero();
            System.out.println("stop with " + CLIENTS + " clients: "
                    + Duration.ofNanos(System.nanoTime() - before).toMillis() + " ms");
            assertThat(broker.faults()).isEmpty();
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
        BrokerProcess again = folder.start();
        try (RawClient away = RawClient.connect(again.port(), 5, RawClient.Connect.persistent("away"))) {
            assertThat(away.sessionPresent()).isTrue();
            for (int i = 1; i <= MESSAGES; i++) {
                RawPacket.Publish publish = away.expectPublish();
                assertThat(publish.payload()).isEqualTo(Integer.toString(i));
                away.send(RawClient.ack(RawPacket.PUBACK, publish.packetId()));
            }
        }
    }
}
