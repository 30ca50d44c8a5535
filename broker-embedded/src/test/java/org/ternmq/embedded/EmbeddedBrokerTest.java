package org.ternmq.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedBrokerTest {
    private static final String WITH_DOOR = "authentication: {use: [{type: door, code: \"1234\"}]}";

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .collect(Collectors.toSet());
    }

    @Test
    void startsWithoutAnyWord() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.builder().start();
                Client client = new Client(broker.port(), "c")) {
            client.subscribe("a/#");
            client.publish("a/b", "hello", false);
            await().until(client::received, List.of("a/b=hello")::equals);
            assertThat(broker.host()).isEqualTo("127.0.0.1");
            assertThat(broker.isRunning()).isTrue();
            assertThat(broker).hasToString("EmbeddedBroker[mqtt=127.0.0.1:" + broker.port() + "]");
        }
    }

    @Test
    void twoAtOnceHaveNothingInCommon() throws Exception {
        EmbeddedBroker.Builder builder = EmbeddedBroker.builder();
        try (EmbeddedBroker one = builder.start();
                EmbeddedBroker other = builder.start()) {
            assertThat(one.port()).isNotEqualTo(other.port());
            try (Client here = new Client(one.port(), "c");
                    Client there = new Client(other.port(), "c")) {
                here.subscribe("#");
                there.subscribe("#");
                here.publish("a", "here", false);
                there.publish("a", "there", false);
                await().until(here::received, List.of("a=here")::equals);
                await().until(there::received, List.of("a=there")::equals);
            }
            one.close();
            try (Client still = new Client(other.port(), "d")) {
                still.publish("a", "after", false);
            }
        }
    }

    /** Netty's global executor ends by itself after a second without work. */
    @Test
    void leavesNoThread() throws Exception {
        EmbeddedBroker.builder().start().close(); // what the first use of a class may start, such as a cleaner
        Set<Thread> before = threads();
        EmbeddedBroker broker =
                EmbeddedBroker.builder().plugin(new Door()).yaml(WITH_DOOR).start();
        try (Client client = new Client(broker.port(), "c", "1234")) {
            client.publish("a", "x", true);
        } finally {
            broker.close();
        }
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(threads().stream()
                                .filter(thread -> !before.contains(thread))
                                .map(Thread::getName)
                                // Paho's, the JDK's own, and the one that this runs on
                                .filter(name -> !name.startsWith("MQTT ")
                                        && !name.startsWith("ForkJoinPool.common")
                                        && !name.startsWith("awaitility")))
                        .isEmpty());
        assertThat(broker.isRunning()).isFalse();
        broker.close();
        assertThatThrownBy(broker::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(broker::port).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void keepsItsPortOverARestart() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.builder().build()) {
            assertThat(broker.isRunning()).isFalse();
            int port = broker.start().port();
            try (Client client = new Client(port, "c")) {
                client.publish("a", "kept in memory", true);
            }
            assertThatThrownBy(broker::start).isInstanceOf(IllegalStateException.class);
            broker.stop();
            assertThatThrownBy(() -> new Client(port, "c")).isInstanceOf(MqttException.class);
            assertThat(broker.start().port()).isEqualTo(port);
            try (Client client = new Client(port, "c")) {
                client.subscribe("#");
                client.publish("b", "live", false);
                await().until(client::received, List.of("b=live")::equals);
            }
        }
    }

    @Test
    void takesListenersOfItsOwn() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.builder()
                        .yaml("""
                                listeners:
                                  - {name: first, bind: "127.0.0.1:0"}
                                  - {name: second, bind: "127.0.0.1:0"}
                                """)
                        .set("limits.client-id-max-length", 23)
                        .start();
                Client client = new Client(broker.port("second"), "short")) {
            client.publish("a", "x", false);
            assertThat(broker.port()).isEqualTo(broker.port("first"));
            assertThatThrownBy(() -> broker.port("third")).hasMessageContaining("no listener 'third'; there are first");
            assertThatThrownBy(() -> new Client(broker.port(), "x".repeat(24))).isInstanceOf(MqttException.class);
            assertThat(broker.reload()).isTrue();
        }
    }

    @Test
    void asksAPluginGivenAsAnInstance() throws Exception {
        try (EmbeddedBroker broker =
                EmbeddedBroker.builder().plugin(new Door()).yaml(WITH_DOOR).start()) {
            asksTheDoor(broker);
        }
    }

    @Test
    void asksAPluginInAJar(@TempDir Path folder) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.builder()
                .pluginJar(doorJar(folder.resolve("door.jar"), ">=1.0.0 & <2.0.0"))
                .yaml(WITH_DOOR)
                .start()) {
            asksTheDoor(broker);
            broker.stop();
            broker.start();
            asksTheDoor(broker);
        }
    }

    @Test
    void asksAPluginOnTheClassPath(@TempDir Path folder) throws Exception {
        Files.createDirectories(folder.resolve("META-INF"));
        Files.writeString(folder.resolve("META-INF/extensions.idx"), "# by hand\n" + Door.class.getName() + "\n");
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
            thread.setContextClassLoader(loader);
            try (EmbeddedBroker broker =
                    EmbeddedBroker.builder().yaml(WITH_DOOR).start()) {
                asksTheDoor(broker);
            }
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static void asksTheDoor(EmbeddedBroker broker) throws Exception {
        new Client(broker.port(), "ada", "1234").close();
        assertThatThrownBy(() -> new Client(broker.port(), "ada", "4321"))
                .isInstanceOfSatisfying(
                        MqttException.class, e -> assertThat(e.getReasonCode()).isEqualTo(0x86));
    }

    private static Path doorJar(Path jar, String requires) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Plugin-Id", "door");
        main.putValue("Plugin-Version", "1.0.0");
        main.putValue("Plugin-Requires", requires);
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            out.putNextEntry(new JarEntry("META-INF/extensions.idx"));
            out.write(Door.class.getName().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            for (Class<?> each : List.of(Door.class, Door.Settings.class)) {
                String name = each.getName().replace('.', '/') + ".class";
                out.putNextEntry(new JarEntry(name));
                try (InputStream bytes = each.getClassLoader().getResourceAsStream(name)) {
                    bytes.transferTo(out);
                }
            }
        }
        return jar;
    }

    @Test
    void namesEveryProblem(@TempDir Path folder) throws Exception {
        Path jar = doorJar(folder.resolve("door.jar"), ">=9.0.0");
        assertThatThrownBy(() -> EmbeddedBroker.builder()
                        .pluginJar(jar)
                        .yaml("limits: {in-flite: 3}\nstorage: {type: punchcards}")
                        .start())
                .isInstanceOfSatisfying(
                        EmbeddedStartException.class,
                        e -> assertThat(e.problems())
                                .anyMatch(line -> line.startsWith("yaml:1:10: limits.in-flite: unknown key"))
                                .anyMatch(line ->
                                        line.contains("no plugin offers storage type 'punchcards'; installed: memory"))
                                .anyMatch(line -> line.contains(">=9.0.0")));
    }

    @Test
    void saysThatAPortIsTaken() {
        try (EmbeddedBroker broker = EmbeddedBroker.builder().start()) {
            EmbeddedBroker.Builder same = EmbeddedBroker.builder().port(broker.port());
            assertThatThrownBy(same::start)
                    .isInstanceOf(EmbeddedStartException.class)
                    .hasMessageContaining("cannot open 127.0.0.1:" + broker.port());
        }
    }

    @Test
    void keepsDataInAFolderThatWasGiven(@TempDir Path folder) {
        assertThatThrownBy(() -> EmbeddedBroker.builder().data(folder).start())
                .as("no storage on disk is on this class path")
                .hasMessageContaining("no plugin offers storage type 'rocksdb'");
        EmbeddedBroker.builder()
                .data(folder.resolve("data"))
                .set("storage.type", "memory")
                .start()
                .close();
        assertThat(folder.resolve("data")).isDirectory();
    }

    /** Here slf4j is bound to the JDK's log. */
    @Test
    void logsWhereTheProgramLogs() throws Exception {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getLoggerName() + " " + line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        try (EmbeddedBroker broker = EmbeddedBroker.builder().start()) {
            new Client(broker.port(), "c").close();
        } finally {
            root.removeHandler(handler);
        }
        assertThat(lines).anyMatch(line -> line.startsWith("ternmq.clients connected    client=c"));
    }
}
