package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.RawClient.Connect;

/** What operators see of a running broker by {@code ternmq trace}, {@code top} and {@code listeners}. */
@Timeout(180)
final class TraceIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private BrokerFolder folder() throws IOException {
        BrokerFolder folder = brokers.folder("trace").configure(BrokerFolder.ONE_LISTENER + """
                admin: {bind: "127.0.0.1:0"}
                limits: {queue-messages: 2}
                authorization:
                  use: [{type: file, path: acl.yaml}]
                """);
        folder.write("acl.yaml", """
                evaluation: deny-wins
                everyone:
                  - {allow: [publish, subscribe], topic: "#"}
                  - {deny: publish, topic: "vault/#"}
                """);
        return folder;
    }

    private static String[] api(BrokerProcess broker, BrokerFolder folder, String... command) {
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(List.of("--url", "http://127.0.0.1:" + broker.port("admin")));
        all.addAll(List.of("--token-file", folder.data().resolve("admin-token").toString()));
        return all.toArray(String[]::new);
    }

    private static Map<String, Object> json(String line) {
        try {
            return JSON.std.mapFrom(line);
        } catch (IOException e) {
            throw new AssertionError(line, e);
        }
    }

    private static List<Map<String, Object>> events(Output output, String event) {
        return output.lines().stream()
                .map(TraceIT::json)
                .filter(fields -> event.equals(fields.get("event")))
                .toList();
    }

    @Test
    void aTraceOfAClientSaysWhatBecameOfWhatItSent() throws Exception {
        BrokerFolder folder = folder();
        BrokerProcess broker = folder.start();
        try (RawClient away = RawClient.connect(broker.port(), 5, Connect.persistent("away"))) {
            away.subscribe("plant/#", 1);
        }
        Process process = TernMq.shipped()
                .command(api(broker, folder, "trace", "--client", "meter", "--for", "10m", "--json"))
                .start();
        try (RawClient probe = RawClient.connect(broker.port(), 5, Connect.clean("other"))) {
            Output out = new Output("trace", process.getInputStream());
            await().atMost(SOON).until(() -> {
                RawClient.connect(broker.port(), 5, Connect.clean("meter")).disconnect();
                return !out.lines().isEmpty();
            });
            probe.send(probe.publish("plant/other", 0, 0, 0, "not of the client"));
            try (RawClient meter = RawClient.connect(broker.port(), 5, Connect.clean("meter"))) {
                meter.send(meter.publish("vault/x", 1, 0, 7, "secret words"));
                meter.expect(RawPacket.PUBACK);
                for (int i = 1; i <= 4; i++) {
                    meter.send(meter.publish("plant/7", 1, 0, i, "value"));
                    meter.expect(RawPacket.PUBACK);
                }
            }
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(events(out, "dropped"))
                            .isNotEmpty()
                            .allSatisfy(fields -> assertThat(fields)
                                    .containsEntry("clientId", "away")
                                    .containsEntry("publisher", "meter")
                                    .containsEntry("why", "queue-full")));
            assertThat(events(out, "denied")).singleElement().satisfies(fields -> {
                assertThat(fields).containsEntry("action", "publish").containsEntry("topic", "vault/x");
                assertThat(String.valueOf(fields.get("rule")))
                        .contains("acl.yaml:4")
                        .contains("vault/#");
            });
            assertThat(events(out, "routed"))
                    .hasSize(4)
                    .allSatisfy(fields ->
                            assertThat(fields).containsEntry("topic", "plant/7").containsEntry("recipients", "1"));
            assertThat(events(out, "queued")).isNotEmpty();
            assertThat(events(out, "received"))
                    .extracting(fields -> fields.get("packet"))
                    .contains("CONNECT", "PUBLISH");
            assertThat(events(out, "sent"))
                    .extracting(fields -> fields.get("packet"))
                    .contains("CONNACK", "PUBACK");
            assertThat(out.text())
                    .as("payloads only if they are asked for, and nothing of others")
                    .doesNotContain("secret words", "plant/other");
        } finally {
            process.destroy();
        }
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void aTraceOfATopicShowsPayloadsToWhoAsksAndNeverPasswords() throws Exception {
        BrokerFolder folder = folder();
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        assertThat(admin.get("/api/v1/trace").status()).as("of what?").isEqualTo(400);
        assertThat(admin.get("/api/v1/trace?topic=a/%23/b").status()).isEqualTo(400);
        assertThat(admin.get("/api/v1/trace?client-id=x&for=4000").status()).isEqualTo(400);
        Process process = TernMq.shipped()
                .command(api(broker, folder, "trace", "--topic", "plant/+", "--payload", "--for", "10m"))
                .start();
        try (RawClient client = RawClient.connect(broker.port(), 5, Connect.clean("meter"))) {
            Output out = new Output("trace", process.getInputStream());
            await().atMost(SOON).until(() -> {
                client.send(client.publish("plant/7", 0, 0, 0, "shown words"));
                client.send(client.publish("plant/7/x", 0, 0, 0, "hidden words"));
                return out.text().contains("payload=shown words");
            });
            assertThat(out.text())
                    .contains(" meter received packet=PUBLISH topic=plant/7 ")
                    .doesNotContain("hidden");
        } finally {
            process.destroy();
        }
        await().atMost(SOON).untilAsserted(() -> assertThat(broker.log()).contains("trace-with-payload principal="));
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void topShowsWhoTalksAndForWhomMostWaits() throws Exception {
        BrokerFolder folder = folder();
        BrokerProcess broker = folder.start();
        try (RawClient away = RawClient.connect(broker.port(), 5, Connect.persistent("slow"))) {
            away.subscribe("plant/#", 1);
        }
        try (RawClient talker = RawClient.connect(broker.port(), 5, Connect.clean("talker"))) {
            await().atMost(SOON).untilAsserted(() -> {
                talker.send(talker.publish("plant/1", 1, 0, 1, "x"));
                talker.expect(RawPacket.PUBACK);
                TernMq.Result top = TernMq.shipped().run(api(broker, folder, "top", "--json"));
                assertThat(top.exit()).as(top.err()).isZero();
                Map<String, Object> shown = json(top.out());
                assertThat((List<?>) shown.get("slow"))
                        .first()
                        .satisfies(first -> assertThat(AdminClient.fields(first))
                                .containsEntry("clientId", "slow")
                                .containsEntry("connected", false));
                assertThat((List<?>) shown.get("talkers"))
                        .first()
                        .satisfies(
                                first -> assertThat(AdminClient.fields(first)).containsEntry("clientId", "talker"));
            });
            TernMq.Result once = TernMq.shipped().run(api(broker, folder, "top"));
            assertThat(once.exit()).as(once.err()).isZero();
            assertThat(once.out())
                    .startsWith("TernMQ ")
                    .contains("talker", "slow")
                    .doesNotContain("\u001b");
            TernMq.Result listeners = TernMq.shipped().run(api(broker, folder, "listeners"));
            assertThat(listeners.out()).contains("counts.opened").contains("mqtt");
        }
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void theShellsKnowTheCommands() throws Exception {
        TernMq.Result made = TernMq.shipped().run("generate-completion");
        assertThat(made.exit()).as(made.err()).isZero();
        Path script = Files.writeString(Files.createDirectories(brokers.base()).resolve("ternmq.bash"), made.out());
        assertThat(made.out()).contains("trace", "--payload", "complete -F");
        Process bash = new ProcessBuilder("bash", "-n", script.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(said).isZero();
    }
}
