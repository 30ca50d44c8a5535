package org.ternmq.bridge.kafka;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.ternmq.bridge.kafka.KafkaBridgeSettings.Tls;
import org.ternmq.spi.ConfigurationException;

/** The properties of Kafka's clients. Files are read each time, so that a password can be changed. Immutable. */
final class ClientProperties {
    /** Properties that would break what the bridge promises, and what says the same in its own words. */
    private static final Map<String, String> OURS = Map.ofEntries(
            Map.entry("bootstrap.servers", "write brokers"),
            Map.entry("acks", "a message is done when all replicas have it"),
            Map.entry("enable.idempotence", "order and no doubles depend on it"),
            Map.entry("max.in.flight.requests.per.connection", "order depends on it"),
            Map.entry("retries", "messages wait until Kafka has them"),
            Map.entry("transactional.id", "the bridge has no transactions"),
            Map.entry("max.block.ms", "the bridge waits in its own way"),
            Map.entry("key.serializer", "keys are bytes"),
            Map.entry("value.serializer", "payloads are bytes"),
            Map.entry("key.deserializer", "keys are bytes"),
            Map.entry("value.deserializer", "payloads are bytes"),
            Map.entry("partitioner.class", "order depends on it"),
            Map.entry("partitioner.ignore.keys", "order depends on it"),
            Map.entry("interceptor.classes", "a plugin sees no classes of others"),
            Map.entry("enable.auto.commit", "an offset is committed when this broker has the messages before it"),
            Map.entry("auto.commit.interval.ms", "an offset is committed when this broker has the messages before it"),
            Map.entry("auto.offset.reset", "write from"),
            Map.entry("group.id", "write group"),
            Map.entry("max.poll.records", "write max-in-flight"),
            Map.entry("allow.auto.create.topics", "the bridge makes no topics by reading them"));

    private final KafkaBridgeSettings settings;
    private final String name;

    ClientProperties(KafkaBridgeSettings settings, String name) {
        this.settings = settings;
        this.name = name;
    }

    /** What the clients know. Their classes look for others by the thread's loader, also when they are initialized. */
    private static List<ConfigDef> definitions() {
        return withOwnLoader(
                () -> List.of(ProducerConfig.configDef(), ConsumerConfig.configDef(), AdminClientConfig.configDef()));
    }

    private static <T> T withOwnLoader(Supplier<T> task) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(ClientProperties.class.getClassLoader());
        try {
            return task.get();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** What is wrong with the names of properties, in words. */
    static List<String> problems(Map<String, String> properties) {
        Set<String> known = new HashSet<>();
        definitions().forEach(each -> known.addAll(each.names()));
        List<String> problems = new ArrayList<>();
        properties.keySet().stream().sorted().forEach(each -> {
            String why = OURS.get(each);
            if (why != null) {
                problems.add("properties." + each + ": cannot be set: " + why);
            } else if (!known.contains(each) && !each.startsWith("sasl.") && !each.startsWith("ssl.")) {
                problems.add("properties." + each + ": Kafka's client has no such property");
            }
        });
        return problems;
    }

    /**
     * Has the client look at all properties.
     *
     * @throws ConfigurationException if it refuses one, or a file cannot be read
     */
    void check() {
        List<String> problems = withOwnLoader(this::found);
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
    }

    private List<String> found() {
        Map<String, Object> all = new HashMap<>(producer());
        all.putAll(consumer("check"));
        List<String> problems = new ArrayList<>();
        for (ConfigDef each : definitions()) {
            try {
                each.parse(all);
            } catch (ConfigException e) {
                String problem = "properties: " + e.getMessage();
                if (!problems.contains(problem)) {
                    problems.add(problem);
                }
            }
        }
        if (problems.isEmpty() && settings.tls().isPresent()) {
            try (DefaultSslEngineFactory certificates = new DefaultSslEngineFactory()) {
                certificates.configure(ProducerConfig.configDef().parse(all));
            } catch (KafkaException e) {
                problems.add("tls: " + Watch.words(e));
            }
        }
        return problems;
    }

    /** For the client that looks whether Kafka is there. */
    Map<String, Object> admin() {
        Map<String, Object> all = common("watch");
        int millis = (int) settings.connectTimeout().toMillis();
        all.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
        all.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
        return all;
    }

    /** For messages to Kafka. */
    Map<String, Object> producer() {
        Map<String, Object> all = common("out");
        all.put(ProducerConfig.ACKS_CONFIG, "all");
        all.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        all.put(ProducerConfig.RETRIES_CONFIG, Integer.MAX_VALUE);
        all.put(
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                Math.min(5_000, settings.connectTimeout().toMillis()));
        all.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        all.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return all;
    }

    /** For messages from Kafka. */
    Map<String, Object> consumer(String brokerId) {
        Map<String, Object> all = common("in");
        String member = "ternmq-" + name + "-" + brokerId.substring(0, Math.min(8, brokerId.length()));
        all.put(ConsumerConfig.GROUP_ID_CONFIG, settings.group().orElse(member));
        // The same member after a crash: its partitions come back at once.
        all.putIfAbsent(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, member);
        all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        all.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Math.max(1, settings.maxInFlight() / 2));
        all.putIfAbsent(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        all.putIfAbsent(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 8 << 20);
        all.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        all.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        return all;
    }

    private Map<String, Object> common(String what) {
        Map<String, Object> all = new HashMap<>();
        all.put("client.id", "ternmq-" + name + "-" + what);
        all.put("enable.metrics.push", false); // nobody but the operator gets this broker's figures
        all.put("auto.include.jmx.reporter", false);
        all.put("metric.reporters", "");
        all.put("metadata.max.age.ms", 30_000);
        all.put("reconnect.backoff.max.ms", 2_000);
        boolean encrypted = settings.tls().isPresent();
        settings.tls().ifPresent(tls -> encrypt(all, tls));
        settings.username().ifPresent(user -> logIn(all, user));
        boolean known = settings.username().isPresent();
        all.put(
                "security.protocol",
                known ? (encrypted ? "SASL_SSL" : "SASL_PLAINTEXT") : encrypted ? "SSL" : "PLAINTEXT");
        all.putAll(settings.properties());
        all.put("bootstrap.servers", settings.addresses());
        return all;
    }

    private void logIn(Map<String, Object> all, String user) {
        String password = settings.passwordFile()
                .map(file -> read("password-file", file).lines().findFirst().orElse(""))
                .or(settings::password)
                .orElse("");
        String module = settings.sasl() == KafkaBridgeSettings.Sasl.PLAIN
                ? "org.apache.kafka.common.security.plain.PlainLoginModule"
                : "org.apache.kafka.common.security.scram.ScramLoginModule";
        all.put("sasl.mechanism", settings.sasl().mechanism());
        all.put(
                "sasl.jaas.config",
                module + " required username=" + quoted(user) + " password=" + quoted(password) + ";");
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static void encrypt(Map<String, Object> all, Tls tls) {
        tls.ca().ifPresent(file -> {
            all.put("ssl.truststore.type", "PEM");
            all.put("ssl.truststore.certificates", read("tls.ca", file));
        });
        tls.certificate().ifPresent(file -> {
            all.put("ssl.keystore.type", "PEM");
            all.put("ssl.keystore.certificate.chain", read("tls.certificate", file));
        });
        tls.key().ifPresent(file -> all.put("ssl.keystore.key", read("tls.key", file)));
    }

    private static String read(String setting, Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new ConfigurationException(setting + ": " + file + " cannot be read: " + e);
        }
    }
}
