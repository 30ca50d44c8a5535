package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.AdminClient.Answer;
import org.ternmq.system.RawClient.Connect;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The admin interface that is shipped, over HTTP. */
@Timeout(180)
final class AdminIT {
    private static final String CONFIGURATION = BrokerFolder.ONE_LISTENER + """
            admin: {bind: "127.0.0.1:0", max-request-size: 64KiB}
            events: [{type: audit-log, path: audit.jsonl}]
            protocol: {control-characters: accept}
            """;
    private static final String HOSTILE = "../%2F?x=1#<script>alert('\"')</script>\n\u2028;é/..";
    private static final int MANY = 10_000;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private BrokerFolder folder() throws IOException {
        return brokers.folder("admin").configure(CONFIGURATION);
    }

    private static String token(BrokerFolder folder, String name, String role) throws Exception {
        TernMq.Result made = TernMq.shipped()
                .run(
                        "token",
                        "add",
                        name,
                        "--role",
                        role,
                        "--file",
                        folder.data().resolve("admin-tokens").toString());
        assertThat(made.exit()).as(made.err()).isZero();
        return made.out().strip();
    }

    /** Each operation of openapi.yaml, its role, and a path that can be asked for. */
    private record Operation(String method, String path, String role) {
        String example() {
            return path.replace("{clientId}", "nobody").replace("{name}", "nobody");
        }
    }

    private static List<Operation> operations(String yaml) {
        List<Operation> all = new ArrayList<>();
        Object described = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
        AdminClient.fields(AdminClient.fields(described).get("paths"))
                .forEach((path, methods) -> AdminClient.fields(methods)
                        .forEach((method, operation) -> all.add(new Operation(
                                method.toUpperCase(Locale.ROOT),
                                path,
                                String.valueOf(AdminClient.fields(operation).get("x-role"))))));
        return all;
    }

    @Test
    void everyRouteWantsATokenOfItsRoleAndItsMethod() throws Exception {
        BrokerFolder folder = folder();
        Files.createDirectories(folder.data());
        String viewer = token(folder, "grafana", "viewer");
        String operator = token(folder, "desk", "operator");
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(folder.data().resolve("admin-token"))))
                .isEqualTo("rw-------");
        assertThat(broker.awaitLine(folder.data().resolve("admin-token").toString(), Duration.ofSeconds(5)))
                .isPresent();
        assertThat(Files.readString(folder.data().resolve("admin-tokens"))).doesNotContain(viewer, operator);

        List<Operation> operations =
                operations(admin.get("/api/v1/openapi.yaml").body());
        assertThat(operations).hasSizeGreaterThan(25);
        Map<String, List<String>> methods = new TreeMap<>();
        for (Operation each : operations) {
            methods.computeIfAbsent(each.path(), p -> new ArrayList<>()).add(each.method());
            if (each.role().equals("none")) {
                assertThat(admin.with("").get(each.path()).status())
                        .as("%s", each)
                        .isEqualTo(200);
                continue;
            }
            Answer nobody = admin.with("").ask(each.method(), each.example(), "", "");
            assertThat(nobody.status()).as("%s", each).isEqualTo(401);
            assertThat(nobody.header("WWW-Authenticate")).startsWith("Bearer");
            assertThat(admin.with(viewer)
                            .ask(each.method(), each.example(), "", "")
                            .status())
                    .as("viewer: %s", each)
                    .matches(status -> (status == 403) != each.role().equals("viewer"));
            assertThat(admin.with(operator)
                            .ask(each.method(), each.example(), "", "")
                            .status())
                    .as("operator: %s", each)
                    .matches(status -> (status == 403) == each.role().equals("admin"));
            assertThat(admin.ask(each.method(), each.example(), "", "").body())
                    .as("served: %s", each)
                    .doesNotContain("there is nothing here");
        }
        for (Map.Entry<String, List<String>> each : methods.entrySet()) {
            Answer wrong =
                    admin.ask("PATCH", each.getKey().replace("{clientId}", "x").replace("{name}", "x"), "", "");
            assertThat(wrong.status()).as(each.getKey()).isEqualTo(405);
            assertThat(Set.of(wrong.header("Allow").split(", "))).isEqualTo(Set.copyOf(each.getValue()));
        }
        assertThat(admin.with("").get("/api/v1/nothing").status()).isEqualTo(401);
        assertThat(admin.get("/api/v1/nothing").status()).isEqualTo(404);
        assertThat(admin.get("/nothing").status()).isEqualTo(404);
        assertThat(admin.with("tmq_wrong").get("/api/v1/overview").status()).isEqualTo(401);
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void wrongRequestsAreRefusedAndNothingOfThemComesBack() throws Exception {
        BrokerFolder folder = folder();
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        for (String path : List.of(
                "/api/v1/sessions?limit=0",
                "/api/v1/sessions?limit=1001",
                "/api/v1/sessions?after=*",
                "/api/v1/sessions?conected=true",
                "/api/v1/sessions?connected=maybe",
                "/api/v1/sessions?limit=1&limit=2",
                "/api/v1/retained?filter=a/%23/b",
                "/api/v1/subscriptions?under=%23%23",
                "/api/v1/routes",
                "/api/v1/routes?topic=a/%2B",
                "/api/v1/retained/message?topic=")) {
            Answer answer = admin.get(path);
            assertThat(answer.status()).as(path).isIn(400, 404);
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        }
        assertThat(admin.post("/api/v1/publish", "{").status()).isEqualTo(400);
        assertThat(admin.post("/api/v1/publish", "{\"topic\":\"a/#\"}").status())
                .isEqualTo(400);
        assertThat(admin.post("/api/v1/publish", "{\"topic\":\"a\",\"qos\":3}").status())
                .isEqualTo(400);
        assertThat(admin.post("/api/v1/publish", "{\"topic\":\"a\",\"colour\":1}")
                        .status())
                .isEqualTo(400);
        assertThat(admin.ask("POST", "/api/v1/publish", "text/plain", "{\"topic\":\"a\"}")
                        .status())
                .isEqualTo(415);
        assertThat(admin.post("/api/v1/publish", "{\"topic\":\"a\",\"payload\":\"" + "x".repeat(70_000) + "\"}")
                        .status())
                .isEqualTo(413);
        assertThat(admin.put("/api/v1/log-levels", "{\"logger\":\"ternmq\",\"level\":\"LOUD\"}")
                        .status())
                .isEqualTo(400);

        String evil = "/<script>alert(1)</script>";
        String page = admin.raw("GET " + evil + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assertThat(page)
                .contains(
                        "X-Content-Type-Options: nosniff",
                        "X-Frame-Options: DENY",
                        "Content-Security-Policy: default-src")
                .doesNotContain("<script>", "Jetty", "Access-Control-Allow");
        assertThat(admin.raw("RUBBISH <script>\r\n\r\n")).doesNotContain("script", "Jetty");
        assertThat(admin.raw("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "y".repeat(20_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431");
        // a page elsewhere whose name was made to point here
        assertThat(admin.raw("GET /health/live HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 421");
        assertThat(admin.raw("GET /health/live HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void whoTriesTokensHasToWait() throws Exception {
        BrokerFolder folder = folder();
        AdminClient admin = AdminClient.of(folder.start(), folder);
        for (int i = 0; i < 10; i++) {
            assertThat(admin.with("tmq_" + i).get("/metrics").status()).isEqualTo(401);
        }
        Answer held = admin.with("tmq_10").get("/metrics");
        assertThat(held.status()).isEqualTo(429);
        assertThat(Integer.parseInt(held.header("Retry-After"))).isBetween(1, 7);
        assertThat(admin.with("").get("/health/ready").status()).isEqualTo(200);
    }

    @Test
    void hostileClientsAndTopicsAreShownAsTheyAre() throws Exception {
        BrokerFolder folder = folder();
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        RawClient client =
                RawClient.connect(broker.port(), 5, Connect.persistent(HOSTILE).will("gone"));
        client.subscribe("evil/#", 1);
        client.send(client.publish("evil/" + HOSTILE.replace("#", ""), 1, 1, 7, "<b>"));
        assertThat(client.expect(RawPacket.PUBLISH)).isNotNull();
        assertThat(client.expect(RawPacket.PUBACK)).isNotNull();

        String path = "/api/v1/clients/" + AdminClient.escape(HOSTILE);
        Answer found = admin.get(path);
        assertThat(found.status()).isEqualTo(200);
        assertThat(found.header("Content-Type")).isEqualTo("application/json");
        assertThat(found.json())
                .containsEntry("clientId", HOSTILE)
                .containsEntry("subscriptions", 1)
                .containsEntry("inFlight", 1);
        assertThat(AdminClient.fields(found.json().get("connection")))
                .containsEntry("listener", "mqtt")
                .containsEntry("protocolVersion", 5)
                .containsEntry("keepAlive", 60)
                .containsEntry("receivedMessages", 1)
                .containsEntry("sentMessages", 1);
        assertThat(admin.get("/api/v1/clients?client-id=" + AdminClient.escape("<script>"))
                        .items())
                .singleElement()
                .satisfies(item -> assertThat(item).containsEntry("clientId", HOSTILE));
        assertThat(admin.get("/api/v1/subscriptions?under=evil/%2B/%23").items())
                .isEmpty();
        assertThat(admin.get("/api/v1/subscriptions?under=evil/%23").items())
                .singleElement()
                .satisfies(item ->
                        assertThat(item).containsEntry("filter", "evil/#").containsEntry("clientId", HOSTILE));
        assertThat(admin.get("/api/v1/routes?topic=evil/x").items())
                .singleElement()
                .satisfies(item -> assertThat(item)
                        .containsEntry("clientId", HOSTILE)
                        .containsEntry("filters", List.of("evil/#"))
                        .containsEntry("outcome", "DELIVERED"));
        String topic = "evil/" + HOSTILE.replace("#", "");
        assertThat(admin.get("/api/v1/retained/message?topic=" + AdminClient.escape(topic))
                        .json())
                .containsEntry("topic", topic)
                .containsEntry("payload", "<b>");

        assertThat(admin.delete(path).status()).isEqualTo(204);
        assertThat(client.expect(RawPacket.DISCONNECT).u8(0))
                .as("administrative action")
                .isEqualTo(0x98);
        Awaitility.await().until(() -> admin.get(path).status() == 404);
        assertThat(admin.delete(path).status()).isEqualTo(404);
        Map<String, Object> away =
                admin.get("/api/v1/sessions/" + AdminClient.escape(HOSTILE)).json();
        assertThat(away).containsEntry("connected", false).containsEntry("persistent", true);
        assertThat(AdminClient.fields(away.get("lastEnd"))).containsEntry("reasonCode", 0x98);
        assertThat(admin.get("/api/v1/routes?topic=evil/x").items())
                .singleElement()
                .satisfies(item -> assertThat(item).containsEntry("outcome", "QUEUED"));

        assertThat(admin.delete("/api/v1/sessions/" + AdminClient.escape(HOSTILE))
                        .status())
                .isEqualTo(204);
        assertThat(admin.get("/api/v1/sessions/" + AdminClient.escape(HOSTILE)).status())
                .isEqualTo(404);
        assertThat(admin.get("/api/v1/subscriptions").items()).isEmpty();
        AuditFileLines audit = new AuditFileLines(folder.file("audit.jsonl"));
        assertThat(audit.await(line -> "purge-session".equals(line.get("action"))))
                .containsEntry("event", "admin")
                .containsEntry("principal", "admin")
                .containsEntry("role", "admin")
                .containsEntry("target", HOSTILE)
                .containsEntry("outcome", "done");
        assertThat(audit.all())
                .anyMatch(line -> "disconnect-client".equals(line.get("action")) && "done".equals(line.get("outcome")));
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void publishesAndDeletesRetainedMessages() throws Exception {
        BrokerFolder folder = folder();
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        RawClient subscriber = RawClient.connect(broker.port(), 5, Connect.clean("subscriber"));
        subscriber.subscribe("plant/#", 1);
        for (String topic : List.of("plant/1/temperature", "plant/1/pressure", "plant/2/temperature", "plant", "/x")) {
            Answer sent = admin.post(
                    "/api/v1/publish",
                    JSON.std.asString(Map.of("topic", topic, "payload", "21", "qos", 1, "retain", true)));
            assertThat(sent.status()).as(sent.body()).isEqualTo(200);
            assertThat(sent.json()).containsEntry("recipients", topic.startsWith("plant") ? 1 : 0);
        }
        assertThat(new String(subscriber.expect(RawPacket.PUBLISH).body(), StandardCharsets.UTF_8))
                .contains("plant/1/temperature")
                .endsWith("21");
        assertThat(names(admin.get("/api/v1/retained/levels"))).containsExactly("", "plant");
        assertThat(names(admin.get("/api/v1/retained/levels?under=plant"))).containsExactly("1", "2");
        assertThat(names(admin.get("/api/v1/retained/levels?under=plant/1")))
                .containsExactly("pressure", "temperature");
        assertThat(names(admin.get("/api/v1/retained/levels?under="))).containsExactly("x");
        Answer first = admin.get("/api/v1/retained/levels?limit=1");
        assertThat(names(admin.get(
                        "/api/v1/retained/levels?after=" + first.json().get("next"))))
                .containsExactly("plant");
        assertThat(admin.get("/api/v1/retained?filter=plant/%2B/temperature").items())
                .extracting(item -> item.get("topic"))
                .containsExactly("plant/1/temperature", "plant/2/temperature");

        assertThat(admin.delete("/api/v1/retained?filter=plant/%2B/temperature").json())
                .containsEntry("deleted", 2);
        assertThat(admin.delete("/api/v1/retained?filter=plant").json()).containsEntry("deleted", 1);
        assertThat(broker.stop()).isZero();
        BrokerFolder.needsAStoreOnDisk();
        AdminClient again = AdminClient.of(folder.start(), folder);
        assertThat(again.get("/api/v1/retained").items())
                .as("what was deleted stays so")
                .extracting(item -> item.get("topic"))
                .containsExactly("/x", "plant/1/pressure");
        assertThat(new AuditFileLines(folder.file("audit.jsonl")).all())
                .filteredOn(line -> "admin".equals(line.get("event")))
                .extracting(line -> line.get("action") + " " + line.get("target"))
                .contains("publish plant", "delete-retained plant/+/temperature", "delete-retained plant");
    }

    private static List<Object> names(Answer levels) throws IOException {
        return levels.items().stream().map(item -> item.get("name")).toList();
    }

    @Test
    void goesThroughManySessionsPageByPage() throws Exception {
        BrokerFolder folder = folder();
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        Set<String> expected = new TreeSet<>();
        for (int i = 0; i < MANY; i++) {
            String clientId = "device-" + i;
            expected.add(clientId);
            RawClient.connect(broker.port(), 5, Connect.persistent(clientId)).disconnect();
        }
        List<String> seen = new ArrayList<>();
        String after = "";
        do {
            Answer page = admin.get("/api/v1/sessions?limit=1000" + (after.isEmpty() ? "" : "&after=" + after));
            page.items().forEach(item -> seen.add((String) item.get("clientId")));
            after = String.valueOf(page.json().getOrDefault("next", ""));
        } while (!after.isEmpty());
        assertThat(seen).as("in order, each once").containsExactlyElementsOf(expected);
        List<String> lines = admin.lines("/api/v1/sessions?connected=false");
        assertThat(lines).hasSize(MANY);
        assertThat(JSON.std.mapFrom(lines.get(0))).containsEntry("clientId", "device-0");
        assertThat(admin.get("/api/v1/sessions?client-id=device-999").items()).hasSize(11);

        assertThat(admin.delete("/api/v1/sessions/device-5000").status()).isEqualTo(204);
        assertThat(broker.stop()).isZero();
        BrokerFolder.needsAStoreOnDisk();
        AdminClient again = AdminClient.of(folder.start(), folder);
        assertThat(again.get("/api/v1/sessions/device-5000").status()).isEqualTo(404);
        assertThat(again.get("/api/v1/overview").json()).containsEntry("sessions", MANY - 1);
    }

    @Test
    void metricsAreThoseOfTheDocumentation() throws Exception {
        BrokerFolder folder = brokers.folder("metrics").configure(CONFIGURATION + """
                bridges: [{name: hq, type: mqtt, url: "mqtt://127.0.0.1:1", topics: [{out: "up/#", qos: 1}]}]
                """);
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        try (RawClient client = RawClient.connect(broker.port(), 5, Connect.persistent("measured"))) {
            client.subscribe("a", 1);
            client.send(client.publish("a", 1, 0, 1, "x"));
            client.expect(RawPacket.PUBLISH);
            Map<String, Double> samples = new TreeMap<>();
            Set<String> served = new TreeSet<>();
            Pattern sample = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{[^}]*})? (\\S+)");
            for (String line : admin.get("/metrics").body().lines().toList()) {
                if (line.startsWith("# TYPE ternmq_")) {
                    served.add(line.split(" ")[2]);
                } else if (!line.startsWith("#")) {
                    Matcher m = sample.matcher(line);
                    assertThat(m.matches()).as(line).isTrue();
                    samples.put(m.group(1) + (m.group(2) == null ? "" : m.group(2)), Double.valueOf(m.group(3)));
                }
            }
            assertThat(samples)
                    .containsEntry("ternmq_clients", 2.0)
                    .containsEntry("ternmq_messages_received_total{qos=\"1\"}", 1.0)
                    .containsEntry("ternmq_messages_sent_total{qos=\"1\"}", 1.0)
                    .as("with that of the bridge")
                    .containsEntry("ternmq_sessions", 2.0)
                    .containsEntry("ternmq_bridge_connected{bridge=\"hq\"}", 0.0)
                    .containsEntry("ternmq_plugin_failures_total{instance=\"event-audit-log\"}", 0.0)
                    .containsEntry("ternmq_disk_low", 0.0)
                    .containsEntry("ternmq_listener_connections{listener=\"mqtt\"}", 1.0);
            assertThat(samples.get("ternmq_journal_commit_seconds_count")).isPositive();
            assertThat(samples.get("ternmq_received_bytes_total")).isPositive();
            assertThat(samples.get("ternmq_disk_free_bytes")).isPositive();
            assertThat(samples.get("ternmq_storage_bytes")).isPositive();
            assertThat(samples)
                    .containsKeys(
                            "ternmq_storage_figure{figure=\"tables-bytes\"}",
                            "ternmq_plugin_log_lines_left_out_total{plugin=\"bridge-mqtt\"}");
            assertThat(samples.keySet()).anyMatch(name -> name.startsWith("jvm_memory_used_bytes"));
            assertThat(samples.keySet()).anyMatch(name -> name.startsWith("netty_allocator_memory_used"));
            assertThat(samples)
                    .containsEntry("ternmq_listener_connections_opened_total{listener=\"mqtt\"}", 1.0)
                    .containsEntry(
                            "ternmq_listener_received_packets_total{listener=\"mqtt\"}",
                            3.0) // CONNECT, SUBSCRIBE, PUBLISH
                    .containsEntry("ternmq_thread_stalls_total{thread=\"journal\"}", 0.0);
            assertThat(served).as("docs/metrics.md").isEqualTo(documented());
            Set<String> names = samples.keySet().stream()
                    .map(name -> name.replaceAll("\\{.*", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
            names.add("jvm_gc_pause_seconds_sum"); // from the first collection on
            assertThat(names).as("docs/grafana/ternmq.json").containsAll(charted());
        }
    }

    /** The metrics in the expressions of the dashboard. */
    private static Set<String> charted() throws IOException {
        Set<String> names = new TreeSet<>();
        Object dashboard = JSON.std.anyFrom(Files.readString(Path.of("..", "docs", "grafana", "ternmq.json")));
        for (Object panel : (List<?>) AdminClient.fields(dashboard).get("panels")) {
            if (AdminClient.fields(panel).get("targets") instanceof List<?> targets) {
                for (Object target : targets) {
                    String expression =
                            String.valueOf(AdminClient.fields(target).get("expr"));
                    Matcher m = Pattern.compile("[a-z]+(_[a-z]+)+(?=\\{)").matcher(expression);
                    List<String> found = m.results().map(r -> r.group()).toList();
                    assertThat(found).as(expression).isNotEmpty();
                    names.addAll(found);
                }
            }
        }
        assertThat(names).hasSizeGreaterThan(30);
        return names;
    }

    private static Set<String> documented() throws IOException {
        Matcher m = Pattern.compile("^\\| `(ternmq_[a-z_]+)`", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("..", "docs", "metrics.md")));
        return m.results().map(found -> found.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void showsTheConfigurationWithoutItsSecrets() throws Exception {
        BrokerFolder folder = brokers.folder("config").configure(CONFIGURATION + """
                limits: {queue-messages: 77}
                authentication:
                  allow-anonymous: true
                  use: [{type: http, url: "http://127.0.0.1:1/auth", headers: {X-Api-Key: hunter2}}]
                """);
        BrokerProcess broker = folder.start("--set", "limits.in-flight=9");
        AdminClient admin = AdminClient.of(broker, folder);
        Answer config = admin.get("/api/v1/config");
        assertThat(config.body()).doesNotContain("hunter2");
        Map<Object, Map<String, Object>> byPath =
                config.items().stream().collect(Collectors.toMap(item -> item.get("path"), item -> item));
        assertThat(byPath.get("limits.queue-messages"))
                .containsEntry("value", "77")
                .containsEntry("source", "FILE")
                .hasEntrySatisfying(
                        "origin", origin -> assertThat(origin.toString()).matches(".*ternmq\\.yaml:\\d+:\\d+"));
        assertThat(byPath.get("limits.in-flight")).containsEntry("value", "9").containsEntry("source", "COMMAND_LINE");
        assertThat(byPath.get("limits.overflow")).containsEntry("source", "DEFAULT");
        assertThat(byPath.get("storage.type")).containsEntry("value", "rocksdb");
        assertThat(admin.get("/api/v1/plugins").body()).contains("admin-http", "storage-rocksdb");
        assertThat(admin.get("/api/v1/storage").json()).containsKey("bytes").containsEntry("durability", "process");
        assertThat(admin.get("/api/v1/listeners").items())
                .singleElement()
                .satisfies(item -> assertThat(item).containsEntry("name", "mqtt"));
        assertThat(admin.post("/api/v1/reload", "{}").status()).isEqualTo(204);
        assertThat(admin.put("/api/v1/log-levels", "{\"logger\":\"ternmq.clients\",\"level\":\"DEBUG\"}")
                        .status())
                .isEqualTo(204);
        assertThat(admin.get("/api/v1/log-levels").body()).contains("ternmq.clients");
        assertThat(broker.stop()).isZero();
    }

    @Test
    void theCommandLineAsksTheSame() throws Exception {
        BrokerFolder folder = folder();
        BrokerProcess broker = folder.start();
        RawClient client = RawClient.connect(broker.port(), 5, Connect.persistent("shell\u001B[2J"));
        client.subscribe("$share/g/a", 1);
        assertThat(run(broker, folder, "clients", "list").out())
                .contains("clientId", "shell\\u001b[2J")
                .doesNotContain("\u001B");
        assertThat(run(broker, folder, "clients", "list", "--json").out()).contains("\"protocolVersion\":5");
        assertThat(run(broker, folder, "subscriptions", "list").out()).contains("$share/g/a");
        assertThat(run(broker, folder, "subscriptions", "routes", "a").out()).contains("DELIVERED");
        assertThat(run(broker, folder, "listeners").out()).contains("mqtt");
        assertThat(run(broker, folder, "config").out()).contains("listeners[0].bind");
        assertThat(run(broker, folder, "clients", "kick", "shell\u001B[2J").exit())
                .isZero();
        assertThat(client.expect(RawPacket.DISCONNECT).u8(0)).isEqualTo(0x98);
        assertThat(run(broker, folder, "sessions", "purge", "shell\u001B[2J").exit())
                .isZero();
        TernMq.Result nobody = run(broker, folder, "sessions", "show", "shell\u001B[2J");
        assertThat(nobody.exit()).isEqualTo(1);
        assertThat(nobody.err()).contains("there is no session");
    }

    private static TernMq.Result run(BrokerProcess broker, BrokerFolder folder, String... arguments)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(
                "--url",
                "http://127.0.0.1:" + broker.port("admin"),
                "--token-file",
                folder.data().resolve("admin-token").toString()));
        return TernMq.shipped().run(all.toArray(String[]::new));
    }

    @Test
    void anAddressThatIsReachableFromElsewhereWantsTls() throws Exception {
        BrokerFolder folder =
                brokers.folder("open").configure(BrokerFolder.ONE_LISTENER + "admin: {bind: \"0.0.0.0:0\"}\n");
        TernMq.Result refused = folder.startAndEnd();
        assertThat(refused.exit()).isEqualTo(2);
        assertThat(refused.err()).contains("ternmq.yaml:", "admin", "tls");
        folder.configure(BrokerFolder.ONE_LISTENER + "admin: {bind: \"0.0.0.0:0\", insecure: true}\n");
        BrokerProcess broker = folder.start();
        AdminClient admin = AdminClient.of(broker, folder);
        assertThat(admin.with("").get("/health/live").status())
                .as("open on loopback only")
                .isEqualTo(401);
        assertThat(admin.get("/health/live").status()).isEqualTo(200);
        assertThat(broker.awaitLine("not encrypted", Duration.ofSeconds(5))).isPresent();
    }

    @Test
    void speaksTlsWithACertificateThatMayChange() throws Exception {
        TestCa ca = new TestCa("admin");
        BrokerFolder folder = brokers.folder("tls").configure(BrokerFolder.ONE_LISTENER + """
                admin: {bind: "0.0.0.0:0", tls: {certificate: server.crt, key: server.key}, allowed-hosts: [localhost]}
                """);
        ca.write(folder, ca.server());
        BrokerProcess broker = folder.start();
        String token = AdminClient.of(broker, folder).token();
        assertThat(https(ca, broker, token)).isEqualTo(200);
        assertThat(https(ca, broker, "tmq_wrong")).isEqualTo(401);
        folder.write("server.key", "rubbish");
        folder.write("server.crt", ca.server().getCertificatePEM());
        assertThat(broker.awaitLine("certificate of the admin interface stays in force", Duration.ofSeconds(20)))
                .isPresent();
        assertThat(https(ca, broker, token)).isEqualTo(200);
    }

    private static int https(TestCa ca, BrokerProcess broker, String token) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", ca.root().getCertificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder()
                .sslContext(tls)
                .build()
                .send(
                        HttpRequest.newBuilder(
                                        URI.create("https://localhost:" + broker.port("admin") + "/api/v1/overview"))
                                .header("Authorization", "Bearer " + token)
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }
}
