package org.ternmq.system;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The Kafka that the plugin bridge-kafka is tested with, started and killed as a process. Used by one test. */
final class KafkaServer implements AutoCloseable {
    private final Path folder;
    private final int[] ports = new int[3];
    private Process process;
    private Output out;

    /** It is not there yet. */
    KafkaServer(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        for (int i = 0; i < ports.length; i++) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                ports[i] = socket.getLocalPort();
            }
        }
    }

    String address() {
        return "127.0.0.1:" + ports[0];
    }

    /** Begins to start it. */
    void launch() throws IOException {
        Path plugin = Path.of(System.getProperty("ternmq.checkout", ".."), "plugins", "bridge-kafka", "target");
        String libraries = Files.readString(plugin.resolve("kafka-class-path")).strip();
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        plugin.resolve("test-classes") + File.pathSeparator + libraries,
                        "org.ternmq.bridge.kafka.KafkaNode",
                        folder.toString(),
                        Integer.toString(ports[0]),
                        Integer.toString(ports[1]),
                        Integer.toString(ports[2]),
                        Integer.toString(ports[0]))
                .redirectErrorStream(true)
                .start();
        out = new Output("Kafka", process.getInputStream());
    }

    /** Waits until it has started. */
    void awaitReady() {
        if (out.await(line -> line.equals("READY"), Duration.ofSeconds(90)).isEmpty()) {
            throw new AssertionError("Kafka has not started:\n" + out.text());
        }
    }

    void kill9() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    private Map<String, Object> settings() {
        return Map.of("bootstrap.servers", address(), "enable.auto.commit", false);
    }

    void create(String... topics) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address()))) {
            List<NewTopic> all = new ArrayList<>();
            for (String topic : topics) {
                all.add(new NewTopic(topic, 2, (short) 1));
            }
            admin.createTopics(all).all().get();
        }
    }

    void send(String topic, String key, String value) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", address()), new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>(topic, key, value)).get();
        }
    }

    /** Reads a topic from its beginning until there are as many different values. */
    List<ConsumerRecord<String, String>> read(String topic, int values) {
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings(), new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (all.stream().map(ConsumerRecord::value).distinct().count() < values && System.nanoTime() < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(all::add);
            }
        }
        return all;
    }

    @Override
    public void close() throws Exception {
        if (process != null) {
            kill9();
        }
    }
}
