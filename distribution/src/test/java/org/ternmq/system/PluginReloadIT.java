package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.broker.Broker;
import org.ternmq.broker.ReloadResult;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.ConfigSource;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.plugin.JarMaker;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.system.RawClient.Connect;

/**
 * Instances of plugins are replaced while clients connect and publish. The broker runs in this process, with plugins of the
 * shipped tree and one that is compiled here: it is wrong in each of its answers once it is closed, and wherever the context
 * class loader is not its own.
 */
@Timeout(180)
final class PluginReloadIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    private Path base = Path.of("");
    private Path plugins = Path.of("");
    private @Nullable Broker broker;
    private @Nullable PluginHost host;
    private int port;

    @BeforeEach
    void folders() throws IOException {
        base = brokers.base();
        plugins = Files.createDirectory(base.resolve("plugins"));
        try (var shipped = Files.list(TernMq.shipped().tree().resolve("plugins"))) {
            for (Path jar : shipped.filter(p -> p.getFileName().toString().startsWith("storage-memory"))
                    .toList()) {
                Files.copy(jar, plugins.resolve(jar.getFileName()));
            }
        }
        probe("1.0.0", "");
    }

    @AfterEach
    void close() {
        if (broker != null) {
            broker.close();
        }
    }

    /** Writes the plugin, over the one that is there. */
    private void probe(String version, String create) throws IOException {
        String head = "package x; import org.ternmq.spi.*; import java.util.*; import java.nio.file.*;\n";
        String type = "public String type() { return \"probe\"; }\n";
        JarMaker.plugin("probe")
                .attribute("Plugin-Version", version)
                .source("package x; public record Settings(@org.ternmq.spi.Default(\"1\") String word) {}")
                .source(head + """
                        public abstract class Base implements AutoCloseable {
                            static final String VERSION = "%s";
                            private volatile boolean closed;
                            void check() {
                                if (closed) throw new IllegalStateException("closed");
                                if (Thread.currentThread().getContextClassLoader() != Base.class.getClassLoader())
                                    throw new IllegalStateException("context class loader of " + Thread.currentThread());
                            }
                            public void close() { check(); closed = true; }
                        }
                        """.formatted(version))
                .extension(head + """
                        public class Login implements AuthenticatorFactory {
                            %s
                            public Authenticator create(PluginContext c) throws Exception {
                                %s
                                String word = c.config(Settings.class).word();
                                class Logins extends Base implements Authenticator {
                                    public AuthResult authenticate(Credentials credentials) throws Exception {
                                        check();
                                        Thread.sleep(1);
                                        check();
                                        byte[] shown = new byte[credentials.password().get().remaining()];
                                        credentials.password().get().get(shown);
                                        return new String(shown).equals(word) ? AuthResult.accepted() : AuthResult.rejected("no");
                                    }
                                }
                                return new Logins();
                            }
                        }
                        """.formatted(type, create))
                .extension(head + """
                        public class Rules implements AuthorizerFactory {
                            %s
                            public Authorizer create(PluginContext c, RulesChanged changed) {
                                String word = c.config(Settings.class).word();
                                class Of extends Base implements Authorizer {
                                    public AccessRules rulesFor(ClientInfo client) {
                                        check();
                                        return new AccessRules() {
                                            public Decision publish(String topic, QoS qos, boolean retain) {
                                                check();
                                                return topic.startsWith(word) ? Decision.ALLOW : Decision.DENY;
                                            }
                                            public Decision subscribe(TopicFilter filter, QoS qos) {
                                                check();
                                                return Decision.ALLOW;
                                            }
                                            public boolean checksDeliveries() { return true; }
                                            public Decision receive(String topic, QoS qos) { check(); return Decision.ALLOW; }
                                        };
                                    }
                                }
                                return new Of();
                            }
                        }
                        """.formatted(type))
                .extension(head + """
                        public class Look implements PublishInterceptorFactory {
                            %s
                            public PublishInterceptor create(PluginContext c) {
                                class Looks extends Base implements PublishInterceptor {
                                    public Verdict onPublish(ClientInfo client, Message message) {
                                        check();
                                        return new Verdict.Replace(message.toBuilder().payload(VERSION).build());
                                    }
                                }
                                return new Looks();
                            }
                        }
                        """.formatted(type))
                .extension(head + """
                        public class Told implements BrokerListenerFactory {
                            %s
                            public BrokerListener create(PluginContext c) {
                                Path file = c.dataDirectory().resolve("told");
                                class Tells extends Base implements BrokerListener {
                                    public void onEvent(BrokerEvent event) throws Exception {
                                        check();
                                        if (event instanceof BrokerEvent.Subscribed s)
                                            Files.writeString(file, s.filter() + " " + VERSION + "\\n",
                                                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                                    }
                                }
                                return new Tells();
                            }
                        }
                        """.formatted(type))
                .write(plugins.resolve("probe.jar"));
    }

    private BrokerConfig read(Problems problems) {
        return BrokerConfig.load(
                ConfigSource.read(Optional.of(base.resolve("ternmq.yaml")), base, List.of(), Map.of(), problems),
                problems);
    }

    private void configure(String yaml) throws IOException {
        Files.writeString(base.resolve("ternmq.yaml"), """
                listeners: [{name: mqtt, bind: "127.0.0.1:0"}]
                storage: {type: memory}
                %s
                """.formatted(yaml));
    }

    private Broker start(String yaml) throws Exception {
        configure(yaml);
        Problems problems = new Problems();
        BrokerConfig config = read(problems);
        PluginHost loaded = PluginHost.load(plugins, base.resolve("data"), problems);
        loaded.check(config, problems);
        assertThat(problems.lines()).isEmpty();
        Broker started = new Broker(config, loaded, base.resolve("data"), Clock.systemUTC(), this::read);
        broker = started;
        host = loaded;
        String listener = started.listeners().get(0).toString();
        port = Integer.parseInt(listener.substring(listener.lastIndexOf(':') + 1));
        return started;
    }

    private static ReloadResult.Done done(ReloadResult result) {
        assertThat(result).isInstanceOf(ReloadResult.Done.class);
        return (ReloadResult.Done) result;
    }

    private int login(String password) throws IOException {
        try (RawClient client = RawClient.open(port, 5)) {
            client.send(Connect.clean("login-" + password).user("ada", password).packet(5));
            return client.expect(RawPacket.CONNACK).u8(1);
        }
    }

    private static int published(RawClient client, String topic, int id) throws IOException {
        client.send(client.publish(topic, 1, 0, id, "x"));
        RawPacket ack = client.expect(RawPacket.PUBACK);
        return ack.body().length > 2 ? ack.u8(2) : 0;
    }

    /** Something that goes on in the background until it is told to stop; what it throws fails the test. */
    private static final class Traffic implements AutoCloseable {
        private interface Turn {
            void take(int number) throws Exception;
        }

        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicInteger turns = new AtomicInteger();
        private final List<Throwable> thrown = new ArrayList<>();
        private final Thread thread;

        Traffic(Turn turn) {
            thread = new Thread(() -> {
                try {
                    while (!over.get()) {
                        turn.take(turns.incrementAndGet());
                    }
                } catch (Throwable e) {
                    thrown.add(e);
                }
            });
            thread.start();
        }

        void awaitMore(int more) {
            int from = turns.get();
            await().atMost(Duration.ofSeconds(30)).until(() -> turns.get() >= from + more || !thread.isAlive());
        }

        @Override
        public void close() throws InterruptedException {
            over.set(true);
            thread.join();
            assertThat(thrown).isEmpty();
        }
    }

    @Test
    void anAuthenticatorIsReplacedUnderLoginsAndNoneIsRefused() throws Exception {
        Broker running = start("authentication: {use: [{type: probe, word: secret}]}");
        List<WeakReference<ClassLoader>> old = new ArrayList<>();
        try (Traffic one = new Traffic(n -> assertThat(login("secret")).isZero());
                Traffic two = new Traffic(n -> assertThat(login("guess")).isEqualTo(0x86));
                RawClient stays =
                        RawClient.connect(port, 5, Connect.clean("stays").user("ada", "secret"))) {
            for (int i = 1; i <= 4; i++) {
                one.awaitMore(20);
                old.add(new WeakReference<>(loader()));
                probe("1." + i + ".0", "");
                assertThat(done(running.reload("authentication-probe")).changes())
                        .containsExactly("the same configuration", "plugin probe 1." + i + ".0");
            }
            two.awaitMore(20);
            assertThat(published(stays, "a", 1)).as("no matching subscribers").isEqualTo(0x10);
        }
        assertThat(running.metrics().pluginFailures()).isZero();
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            System.gc();
            assertThat(old).allSatisfy(loader -> assertThat(loader.get()).isNull());
        });
    }

    private ClassLoader loader() {
        assertThat(host).isNotNull();
        return host.find(AuthenticatorFactory.class, "probe")
                .orElseThrow()
                .getClass()
                .getClassLoader();
    }

    @Test
    void aNewConfigurationOfTheBlockHoldsAndOtherKeysAreNamed() throws Exception {
        Broker running = start("authentication: {use: [{type: probe, name: door, word: one}]}");
        assertThat(login("one")).isZero();
        configure("""
                authentication:
                  use:
                    - {type: probe, name: door, word: two}
                limits: {queue-messages: 7}
                """);

        ReloadResult.Done result = done(running.reload("door"));

        assertThat(result.changes()).containsExactly("a new configuration", "plugin probe 1.0.0");
        assertThat(result.needRestart()).containsExactly("limits.queue-messages");
        assertThat(login("two")).isZero();
        assertThat(login("one")).isEqualTo(0x86);
        assertThat(running.instances()).containsExactly("door", "storage-memory");
    }

    @Test
    void whatCannotTakeItsPlaceLeavesTheOldInForce() throws Exception {
        Broker running = start("authentication: {use: [{type: probe, name: door, word: one}]}");
        Path jar = plugins.resolve("probe.jar");

        configure("authentication: {use: [{type: probe, name: door, wrod: two}]}");
        assertThat(refused(running)).singleElement().asString().contains("unknown key, did you mean 'word'?");
        configure("authentication: {use: [{type: probe, name: other}]}");
        assertThat(refused(running)).singleElement().asString().startsWith("the configuration has no such block");
        configure("authentication: {use: [{type: probe, name: door}]}\nlimits: {queue-mesages: 7}");
        assertThat(refused(running)).singleElement().asString().contains("did you mean 'queue-messages'?");
        configure("authentication: {use: [{type: gone, name: door}]}");
        assertThat(refused(running)).singleElement().asString().startsWith("no installed plugin is a");
        configure("authentication: {use: [{type: probe, name: door, word: one}]}");
        probe("2.0.0", "if (true) throw new NoClassDefFoundError(\"com/example/Gone\");");
        assertThat(refused(running)).singleElement().asString().startsWith("door cannot start: com/example/Gone");
        probe("2.0.0", "if (true) return null;");
        assertThat(refused(running)).singleElement().asString().contains("its factory made nothing");
        Files.write(jar, "cut".getBytes(StandardCharsets.UTF_8));
        assertThat(refused(running)).singleElement().asString().startsWith(jar + ": is not a jar, or was cut off");
        Files.delete(jar);
        assertThat(refused(running)).singleElement().asString().startsWith("no installed plugin is a");

        probe("2.0.0", "");
        assertThat(done(running.reload("door")).changes()).contains("plugin probe 2.0.0");
        assertThat(login("one")).isZero();
    }

    private List<String> refused(Broker running) throws IOException {
        ReloadResult result = running.reload("door");
        assertThat(result).isInstanceOf(ReloadResult.Refused.class);
        assertThat(login("one")).isZero();
        assertThat(login("two")).isEqualTo(0x86);
        return ((ReloadResult.Refused) result).reasons();
    }

    @Test
    void aStorageNeedsARestartAndSaysSo() throws Exception {
        Broker running = start("");
        assertThat(running.reload("storage-memory"))
                .isEqualTo(new ReloadResult.Refused(
                        "storage-memory",
                        List.of("the storage is chosen once: restart the broker for a change of it")));
        assertThat(running.reload("nobody")).isEqualTo(new ReloadResult.Unknown("nobody", List.of("storage-memory")));
    }

    @Test
    void anAuthorizersNewRulesHoldForThoseWhoAreConnected() throws Exception {
        Broker running =
                start("authentication: {allow-anonymous: true}\nauthorization: {use: [{type: probe, word: a/}]}");
        WeakReference<ClassLoader> old;
        try (RawClient client = RawClient.connect(port, 5, Connect.clean("connected"))) {
            client.subscribe("#", 1);
            assertThat(published(client, "b/1", 1)).isEqualTo(0x87);
            assertThat(running.reload("authorization-probe")).isInstanceOf(ReloadResult.Done.class);
            assertThat(published(client, "b/1", 2)).isEqualTo(0x87);
            assertThat(host).isNotNull();
            old = new WeakReference<>(loader());

            configure("authentication: {allow-anonymous: true}\nauthorization: {use: [{type: probe, word: b/}]}");
            probe("2.0.0", "");
            assertThat(done(running.reload("authorization-probe")).changes())
                    .containsExactly("a new configuration", "plugin probe 2.0.0");

            assertThat(published(client, "a/1", 3)).isEqualTo(0x87);
            client.send(client.publish("b/1", 1, 0, 4, "x"));
            List<Integer> types = List.of(
                    client.poll(RawClient.PATIENCE).orElseThrow().type(),
                    client.poll(RawClient.PATIENCE).orElseThrow().type());
            assertThat(types).containsExactlyInAnyOrder(RawPacket.PUBACK, RawPacket.PUBLISH);
        }
        assertThat(running.metrics().pluginFailures()).isZero();
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            System.gc();
            assertThat(old.get()).isNull();
        });
    }

    @Test
    void anInterceptorIsReplacedUnderMessagesAndNoneIsLost() throws Exception {
        Broker running = start("interceptors: [{type: probe}]");
        List<String> seen = new ArrayList<>();
        try (RawClient client = RawClient.connect(port, 5, Connect.clean("c"))) {
            client.subscribe("a", 0);
            try (Traffic traffic = new Traffic(n -> {
                client.send(client.publish("a", 1, 0, 1 + n % 1000, "x"));
                boolean acknowledged = false;
                boolean received = false;
                while (!acknowledged || !received) {
                    RawPacket packet = client.poll(RawClient.PATIENCE).orElseThrow();
                    if (packet.type() == RawPacket.PUBACK) {
                        assertThat(packet.body().length > 2 ? packet.u8(2) : 0).isZero();
                        acknowledged = true;
                    } else {
                        byte[] body = packet.body();
                        seen.add(new String(body, body.length - 5, 5, StandardCharsets.UTF_8));
                        received = true;
                    }
                }
            })) {
                for (int i = 1; i <= 4; i++) {
                    traffic.awaitMore(50);
                    probe("1." + i + ".0", "");
                    done(running.reload("interceptor-probe"));
                }
                traffic.awaitMore(50);
            }
        }
        assertThat(seen).isSorted();
        assertThat(seen.stream().distinct()).containsExactly("1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0");
        assertThat(running.metrics().pluginFailures()).isZero();
    }

    @Test
    void aListenerIsReplacedUnderEventsAndNoneIsLost() throws Exception {
        Broker running = start("events: [{type: probe}]");
        AtomicInteger subscribed = new AtomicInteger();
        try (RawClient client = RawClient.connect(port, 5, Connect.clean("c"));
                Traffic traffic = new Traffic(n -> {
                    client.subscribe("t/" + n, 0);
                    subscribed.set(n);
                })) {
            for (int i = 1; i <= 4; i++) {
                traffic.awaitMore(30);
                probe("1." + i + ".0", "");
                done(running.reload("event-probe"));
            }
            traffic.awaitMore(30);
        }
        assertThat(running.metrics().pluginFailures()).isZero();
        running.close();
        broker = null;
        List<String> told = Files.readAllLines(base.resolve("data/event-probe/told"));
        assertThat(told).hasSizeGreaterThanOrEqualTo(subscribed.get());
        assertThat(told.stream().map(line -> line.split(" ")[0]).distinct()).hasSize(told.size());
        assertThat(told.stream().map(line -> line.split(" ")[1]).distinct())
                .containsExactly("1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0");
    }
}
