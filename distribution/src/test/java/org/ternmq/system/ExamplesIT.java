package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Each of the examples, built outside this build with its own tests, dropped into the shipped tree, and seen at work. */
@Timeout(300)
final class ExamplesIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    /** One call of Maven for all, and one broker that has all of them: what takes time is done once. */
    @Test
    void workInTheShippedBroker(@TempDir Path folder) throws Exception {
        Path examples = folder.resolve("examples");
        copySources(Path.of(System.getProperty("ternmq.checkout", "..")).resolve("examples"), examples);
        new AuthorsMaven().run(examples, List.of("package"));

        Path tree = brokers.base().resolve("tree");
        Trees.link(TernMq.shipped().tree(), tree);
        TernMq program = new TernMq(tree);
        int count = 0;
        for (Path jar : jars(examples)) {
            TernMq.Result verified = program.run("plugins", "verify", jar.toString());
            assertThat(verified.exit()).as(verified.all()).isZero();
            Files.copy(jar, tree.resolve("plugins").resolve(jar.getFileName()));
            count++;
        }
        assertThat(count).isEqualTo(6);

        HttpServer service = loginService();
        try {
            BrokerFolder broker = brokers.folder("all", program)
                    .configure(BrokerFolder.ONE_LISTENER
                            + """
                            storage: {type: mvstore}
                            authentication: {use: [{type: rest, url: "http://127.0.0.1:%d/login"}]}
                            authorization: {use: [{type: tenant}]}
                            interceptors: [{type: stamp}]
                            events: [{type: event-file, path: events.log}]
                            bridges: [{name: archive, type: to-file, path: disk/archive.log, filter: "tenants/#"}]
                            """.formatted(service.getAddress().getPort()));
            BrokerProcess first = broker.start();
            asksTheServiceAndKeepsTenantsApart(first);
            leavesAMessage(first);
            first.kill9();
            Files.createDirectory(broker.file("disk")); // plugged in only now: so long the broker has kept it
            findsItAfterwardsStamped(broker.start());
            Awaitility.await()
                    .untilAsserted(() -> assertThat(broker.file("disk").resolve("archive.log"))
                            .content()
                            .contains("tenants/umbrella/level NDI=", "tenants/acme/level NDI="));
            assertThat(Files.readAllLines(broker.file("events.log")))
                    .anyMatch(line -> line.endsWith(" ClientConnected pump"))
                    .anyMatch(line -> line.contains(" ClientRefused stranger "))
                    .anyMatch(line -> line.endsWith(" Subscribed pump tenants/acme/#"));
        } finally {
            service.stop(0);
        }
    }

    private static void copySources(Path from, Path to) throws Exception {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                if (from.relativize(path).toString().contains("target")) {
                    continue; // of a build by hand
                }
                Path copy = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(path, copy);
                }
            }
        }
    }

    private static List<Path> jars(Path examples) throws Exception {
        try (Stream<Path> all = Files.walk(examples, 3)) {
            return all.filter(path -> path.getParent().endsWith("target")
                            && path.toString().endsWith(".jar")
                            && !path.getFileName().toString().startsWith("original-"))
                    .toList();
        }
    }

    private static HttpServer loginService() throws Exception {
        HttpServer service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/login", call -> {
            String form = new String(call.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII);
            call.sendResponseHeaders(form.matches("user=[a-z]+%3Apump&password=open") ? 204 : 401, -1);
            call.close();
        });
        service.start();
        return service;
    }

    private static Mqtt5BlockingClient connect(BrokerProcess broker, String id, String user, String password) {
        Mqtt5BlockingClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier(id)
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .buildBlocking();
        client.connectWith()
                .cleanStart(false)
                .sessionExpiryInterval(600)
                .simpleAuth()
                .username(user)
                .password(password.getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth()
                .send();
        return client;
    }

    private static void publish(Mqtt5BlockingClient client, String topic) {
        client.publishWith()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload("42".getBytes(StandardCharsets.UTF_8))
                .send();
    }

    private static void subscribe(Mqtt5BlockingClient client, String filter) {
        client.subscribeWith().topicFilter(filter).qos(MqttQos.AT_LEAST_ONCE).send();
    }

    private static void asksTheServiceAndKeepsTenantsApart(BrokerProcess broker) {
        assertThatThrownBy(() -> connect(broker, "stranger", "acme:pump", "shut"))
                .isInstanceOf(Mqtt5ConnAckException.class)
                .hasMessageContaining("BAD_USER_NAME_OR_PASSWORD");
        Mqtt5BlockingClient other = connect(broker, "other", "umbrella:pump", "open");
        assertThatThrownBy(() -> publish(other, "tenants/acme/level")).isInstanceOf(Mqtt5PubAckException.class);
        assertThatThrownBy(() -> subscribe(other, "tenants/#")).isInstanceOf(Mqtt5SubAckException.class);
        publish(other, "tenants/umbrella/level");
        other.disconnect();
    }

    private static void leavesAMessage(BrokerProcess broker) {
        Mqtt5BlockingClient pump = connect(broker, "pump", "acme:pump", "open");
        subscribe(pump, "tenants/acme/#");
        pump.disconnect();
        Mqtt5BlockingClient sender = connect(broker, "sender", "acme:pump", "open");
        publish(sender, "tenants/acme/level");
        sender.disconnect();
    }

    private static void findsItAfterwardsStamped(BrokerProcess broker) throws Exception {
        Mqtt5BlockingClient pump = MqttClient.builder()
                .useMqttVersion5()
                .identifier("pump")
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .buildBlocking();
        try (Mqtt5BlockingClient.Mqtt5Publishes received =
                pump.publishes(com.hivemq.client.mqtt.MqttGlobalPublishFilter.ALL)) {
            pump.connectWith()
                    .cleanStart(false)
                    .simpleAuth()
                    .username("acme:pump")
                    .password("open".getBytes(StandardCharsets.UTF_8))
                    .applySimpleAuth()
                    .send();
            Mqtt5Publish message = received.receive(20, TimeUnit.SECONDS).orElseThrow();
            assertThat(message.getTopic()).hasToString("tenants/acme/level");
            assertThat(message.getUserProperties().asList()).singleElement().satisfies(stamp -> {
                assertThat(stamp.getName()).hasToString("received-at");
                assertThat(Instant.parse(stamp.getValue().toString())).isBefore(Instant.now());
            });
        }
        pump.disconnect();
    }
}
