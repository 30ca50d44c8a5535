package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.ternmq.system.RawClient.Connect;

/** The recipes "Feed Kafka" and "From Kafka" of docs/bridges.md, with a Kafka and a broker that are killed in turn. */
@Timeout(240)
@Execution(ExecutionMode.CONCURRENT)
final class KafkaBridgeIT {
    private static final String BROKERS = "kafka-1.example:9092,kafka-2.example:9092";

    @RegisterExtension
    final Brokers brokers = new Brokers();

    /** A recipe with our Kafka in it, which asks for no password and has no TLS. */
    private static String recipe(String title, String address) throws Exception {
        String recipe = Recipes.bridges(title);
        assertThat(recipe).contains(BROKERS, "username:", "password-file:", "tls:");
        return recipe.replace(BROKERS, address).replaceAll("(?m)^    (username|password-file|tls):.*\n", "")
                + "    reconnect-max: 500ms\n    probe: 500ms\n    connect-timeout: 3s\n";
    }

    private static void publish(BrokerProcess broker, List<String> payloads) throws Exception {
        try (RawClient client = RawClient.connect(broker.port(), 5, Connect.clean("sensor"))) {
            for (String payload : payloads) {
                client.send(client.publish("plants/7/telemetry/t", 1, 0, 1, payload));
                client.expect(RawPacket.PUBACK);
            }
            client.disconnect();
        }
    }

    private static List<String> numbered(String prefix) {
        return IntStream.range(0, 20).mapToObj(i -> prefix + i).toList();
    }

    private static String command(RawClient machine) throws Exception {
        RawPacket.Publish publish = machine.expectPublish();
        machine.send(RawClient.ack(RawPacket.PUBACK, publish.packetId()));
        return publish.topic() + " " + publish.payload();
    }

    @Test
    void nothingIsLostInEitherDirection() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        try (KafkaServer kafka = new KafkaServer(brokers.base().resolve("kafka"))) {
            kafka.launch();
            BrokerFolder folder = brokers.folder("plant")
                    .configure(BrokerFolder.ONE_LISTENER
                            + recipe("Feed Kafka", kafka.address())
                            + recipe("From Kafka", kafka.address()).replace("bridges:\n", "")
                            + "    from: earliest\n");
            BrokerProcess broker = folder.start();
            List<String> all = new ArrayList<>(numbered("early-"));
            publish(broker, all); // while Kafka is not there yet
            kafka.awaitReady();
            kafka.create("telemetry.7", "machine-commands");
            kafka.send("machine-commands", "7", "start");
            try (RawClient machine = RawClient.connect(broker.port(), 5, Connect.persistent("machine"))) {
                machine.subscribe("commands/7", 1);
                kafka.send("machine-commands", "7", "faster");
                String first = command(machine);
                assertThat(first).isIn("commands/7 start", "commands/7 faster"); // the former may have been before it
                if (first.endsWith("start")) {
                    assertThat(command(machine)).isEqualTo("commands/7 faster");
                }
                machine.disconnect();
            }
            String large = "large " + "x".repeat(200_000);
            publish(broker, List.of(large));
            all.add(large);
            kafka.read("telemetry.7", 21);

            kafka.kill9();
            assertThat(broker.awaitLine("bridge down  bridge=lake", Duration.ofSeconds(30)))
                    .isPresent();
            publish(broker, numbered("waited-"));
            all.addAll(numbered("waited-"));
            broker.kill9();
            kafka.launch();
            kafka.awaitReady();
            kafka.send("machine-commands", "7", "stop");
            BrokerProcess again = folder.start();
            publish(again, numbered("late-"));
            all.addAll(numbered("late-"));

            List<ConsumerRecord<String, String>> records = kafka.read("telemetry.7", all.size());
            assertThat(records.stream().map(ConsumerRecord::value).distinct())
                    .as("in order, with repetitions left out")
                    .containsExactlyElementsOf(all);
            assertThat(records).allSatisfy(each -> {
                assertThat(each.key()).isEqualTo("plants/7/telemetry/t");
                assertThat(new String(each.headers().lastHeader("mqtt.topic").value(), StandardCharsets.UTF_8))
                        .isEqualTo("plants/7/telemetry/t");
            });
            try (RawClient machine = RawClient.connect(again.port(), 5, Connect.persistent("machine"))) {
                assertThat(command(machine)).endsWith("commands/7 stop");
                machine.disconnect();
            }
            assertThat(again.stop()).isZero();
            assertThat(again.faults()).isEmpty();
        }
    }

    @Test
    void saysWhatIsWrongBeforeItStarts() throws Exception {
        BrokerFolder folder = brokers.folder("wrong")
                .configure(BrokerFolder.ONE_LISTENER
                        + recipe("Feed Kafka", "nowhere")
                                .replace("properties: {", "properties: {acks: \"0\", lingr.ms: \"1\", "));
        TernMq.Result result =
                TernMq.shipped().run("check", "--config", folder.config().toString());
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.all())
                .contains("properties.acks: cannot be set")
                .contains("properties.lingr.ms: Kafka's client has no such property")
                .contains("'nowhere' is not host:port");
    }
}
