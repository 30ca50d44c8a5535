package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.RawClient.Connect;
import org.ternmq.system.TestClient.Options;

/** The figures under $SYS. */
@Timeout(120)
final class SysIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    private BrokerFolder folder(String more) throws IOException {
        return brokers.folder("sys").configure(BrokerFolder.ONE_LISTENER + "sys: {interval: 300ms}\n" + more);
    }

    @Test
    void theyComeToWhoAsksForThemAndNotByWildcards() throws Exception {
        BrokerProcess broker = folder("").start();
        try (TestClient asking = MosquittoClient.of("mqttv5", Options.of(broker.port(), "asking"));
                TestClient curious = MosquittoClient.of("mqttv5", Options.of(broker.port(), "curious"))) {
            curious.subscribe("#", 1);
            asking.subscribe("$SYS/#", 1);
            Map<String, String> retained = new HashMap<>();
            int live = 0;
            while (live < 5 || !retained.containsKey("$SYS/broker/load/connections/15min")) {
                Received next = asking.next();
                if (next.retained()) {
                    retained.put(next.topic(), next.payload());
                } else {
                    live++;
                }
                assertThat(next.qos()).isZero();
            }
            assertThat(retained.keySet())
                    .contains(
                            "$SYS/broker/clients/connected",
                            "$SYS/broker/clients/total",
                            "$SYS/broker/clients/maximum",
                            "$SYS/broker/clients/disconnected",
                            "$SYS/broker/clients/expired",
                            "$SYS/broker/messages/received",
                            "$SYS/broker/messages/sent",
                            "$SYS/broker/publish/messages/dropped",
                            "$SYS/broker/publish/bytes/sent",
                            "$SYS/broker/bytes/received",
                            "$SYS/broker/retained messages/count",
                            "$SYS/broker/store/messages/bytes",
                            "$SYS/broker/heap/maximum");
            assertThat(retained.get("$SYS/broker/version")).startsWith("TernMQ ");
            assertThat(retained.get("$SYS/broker/uptime")).matches("[0-9]+ seconds");

            asking.publish("plain", 1, "1");
            assertThat(curious.next().topic()).as("MQTT-4.7.2-1").isEqualTo("plain");
        }
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void whoMayNotSubscribeToThemDoesNotGetThem() throws Exception {
        BrokerFolder folder = folder("""
                authorization:
                  use: [{type: file, path: acl.yaml}]
                """);
        folder.write("acl.yaml", """
                evaluation: deny-wins
                everyone: [{allow: subscribe, topic: "#"}]
                """);
        BrokerProcess broker = folder.start();
        try (RawClient client = RawClient.connect(broker.port(), 5, Connect.clean("denied"))) {
            for (String filter : new String[] {"$SYS/#", "$SYS/broker/uptime", "$SYS/+/clients/+"}) {
                client.send(new Bytes()
                        .u8(0x82)
                        .counted(new Bytes().u16(1).varInt(0).text(filter).u8(0))
                        .toArray());
                RawPacket subAck = client.expect(RawPacket.SUBACK);
                assertThat(subAck.u8(subAck.body().length - 1)).as(filter).isEqualTo(0x87);
            }
        }
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void anIntervalOfNothingTurnsThemOff() throws Exception {
        BrokerProcess broker = brokers.folder("off")
                .configure(BrokerFolder.ONE_LISTENER + "sys: {interval: 0s}\n")
                .start();
        try (RawClient client = RawClient.connect(broker.port(), 5, Connect.clean("waiting"))) {
            client.subscribe("$SYS/#", 0);
            client.sendHex("C0 00");
            client.expect(RawPacket.PINGRESP); // what was kept would have come before
        }
        assertThat(broker.faults()).isEmpty();
    }
}
