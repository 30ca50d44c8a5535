package org.ternmq.bridge.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.testkit.TestPluginContext;

final class SettingsTest {
    @TempDir
    Path folder = Path.of("");

    private final Map<String, Object> settings = new HashMap<>(Map.of(
            "brokers", "k1.example:9092, k2.example:9092", "topics", List.of(Map.of("out", "a/#", "topic", "a"))));

    private void check() {
        try (TestPluginContext context = new TestPluginContext("lake", folder, settings)) {
            new KafkaBridgeFactory().check(context);
        }
    }

    private ClientProperties properties() {
        try (TestPluginContext context = new TestPluginContext("lake", folder, settings)) {
            return new ClientProperties(context.config(KafkaBridgeSettings.class), "lake");
        }
    }

    private void refuses(String key, Object value, String words) {
        Map<String, Object> before = new HashMap<>(settings);
        settings.put(key, value);
        assertThatThrownBy(this::check)
                .as(key + ": " + value)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(words);
        settings.clear();
        settings.putAll(before);
    }

    private static List<Map<String, Object>> topic(Map<String, Object> topic) {
        return List.of(topic);
    }

    @Test
    void refusesWhatWouldBreakItsPromises() {
        refuses("properties", Map.of("acks", "1"), "properties.acks: cannot be set");
        refuses("properties", Map.of("enable.auto.commit", "true"), "properties.enable.auto.commit: cannot be set");
        refuses("properties", Map.of("lingr.ms", "5"), "properties.lingr.ms: Kafka's client has no such property");
        refuses("properties", Map.of("linger.ms", "soon"), "linger.ms");
        refuses("properties", Map.of("compression.type", "zip"), "compression.type");
    }

    @Test
    void refusesTopicsThatCannotBe() {
        refuses("topics", topic(Map.of("out", "a/#", "topic", "a/b")), "is no name of a topic of Kafka");
        refuses("topics", topic(Map.of("out", "a/#", "topic", "__a")), "Kafka's own");
        refuses("topics", topic(Map.of("out", "a/#/b", "topic", "a")), "topics: ");
        refuses("topics", topic(Map.of("out", "a", "topic", "{key}")), "no variable {key}");
        refuses("topics", topic(Map.of("out", "a", "topic", "{1")), "a { without a }");
        refuses("topics", topic(Map.of("out", "a", "topic", "1}")), "a } without a {");
        refuses("topics", topic(Map.of("in", "a", "topic", "a/+")), "has a wildcard");
        refuses("topics", topic(Map.of("in", "a", "topic", "{1}")), "no variable {1}");
        refuses("topics", topic(Map.of("in", "a", "out", "a", "topic", "a")), "exactly one of out and in");
        refuses("topics", topic(Map.of("out", "a", "topic", "a", "qos", 2)), "qos is 0 or 1");
        refuses("topics", List.of(), "carries nothing");
    }

    @Test
    void refusesHalfOfALoginAndBadFiles() throws Exception {
        refuses("username", "ada", "username and a password belong together");
        refuses("brokers", "k1.example", "is not host:port");
        refuses("tls", Map.of("ca", folder.resolve("none").toString()), "cannot be read");
        Path wrong = Files.writeString(folder.resolve("wrong.pem"), "not PEM");
        refuses("tls", Map.of("ca", wrong.toString()), "tls: ");
        settings.put("username", "ada");
        refuses("password-file", folder.resolve("none").toString(), "password-file");
    }

    @Test
    void handsPasswordsToTheClientAndNowhereElse() throws Exception {
        Path file = Files.writeString(folder.resolve("password"), "se\"cr\\et\nsecond line\n");
        settings.put("username", "ada");
        settings.put("password-file", file.toString());
        settings.put("tls", Map.of());
        check();
        Map<String, Object> producer = properties().producer();
        assertThat(producer)
                .containsEntry("security.protocol", "SASL_SSL")
                .containsEntry("sasl.mechanism", "SCRAM-SHA-512")
                .containsEntry("acks", "all")
                .containsEntry("enable.idempotence", true);
        assertThat(producer.get("sasl.jaas.config").toString())
                .endsWith("username=\"ada\" password=\"se\\\"cr\\\\et\";");
        try (TestPluginContext context = new TestPluginContext("lake", folder, settings)) {
            assertThat(context.config(KafkaBridgeSettings.class).toString()).doesNotContain("se\"cr");
        }
    }
}
