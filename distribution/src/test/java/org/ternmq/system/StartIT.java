package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.system.RawClient.Connect;

/** How the broker starts, and why it does not. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class StartIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    private static void canBeUsed(BrokerProcess broker) throws IOException {
        RawClient client = RawClient.connect(broker.port(), 4, Connect.clean("client"));
        client.subscribe("a", 1);
        client.send(client.publish("a", 1, 0, 1, "hello"));
        RawPacket first = client.poll(RawClient.PATIENCE).orElseThrow();
        RawPacket second = client.poll(RawClient.PATIENCE).orElseThrow();
        assertThat(List.of(first.type(), second.type())).containsExactlyInAnyOrder(RawPacket.PUBACK, RawPacket.PUBLISH);
        client.disconnect();
    }

    @Test
    void saysWhatItListensOn() throws Exception {
        BrokerFolder folder = brokers.folder("two").configure("""
                listeners:
                  - {name: mqtt, bind: "127.0.0.1:0"}
                  - {name: second.one, bind: "127.0.0.1:0"}
                """);
        BrokerProcess broker = folder.start();
        System.out.println(
                "StartIT: start to ready, empty store: " + broker.startTime().toMillis() + " ms");
        String version = TernMq.shipped().run("version").out().split("[ ,]")[1];
        assertThat(broker.readyLine()).startsWith("TernMQ " + version + " ready ");
        assertThat(broker.ports()).containsOnlyKeys("mqtt", "second.one");
        assertThat(broker.ports().values()).doesNotHaveDuplicates().doesNotContain(0);
        canBeUsed(broker);
        try (RawClient other = RawClient.connect(broker.port("second.one"), 5, Connect.clean("other"))) {
            other.disconnect();
        }
        assertThat(broker.stop()).as("exit code").isZero();
        assertThat(broker.faults()).isEmpty();
    }

    /** The very port of the default, if nothing else on this machine has it. */
    @Test
    void worksWithAnEmptyConfiguration() throws Exception {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress("127.0.0.1", 1883));
        } catch (IOException e) {
            assumeTrue(false, "something else has port 1883");
        }
        BrokerProcess broker = brokers.folder("empty").configure("").start();
        assertThat(broker.readyLine()).contains("mqtt=127.0.0.1:1883");
        canBeUsed(broker);
        assertThat(broker.stop()).isZero();
    }

    @Test
    void saysAllThatIsWrongWithItsConfiguration() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        BrokerFolder folder = brokers.folder("wrong").configure("""
                listeners:
                  - {name: mqtt, bind: "127.0.0.1:%d"}
                  - name: mqtt
                    bind: "127.0.0.1:0"
                limits:
                  max-conections: 5
                storage: {type: punched-cards}
                authentication: {timeout: soon}
                """.formatted(port));
        AtomicBoolean over = new AtomicBoolean();
        AtomicBoolean open = new AtomicBoolean();
        Thread watch = new Thread(() -> watch(port, over, open), "watch on port " + port);
        watch.start();
        TernMq.Result result = folder.startAndEnd();
        over.set(true);
        watch.join();

        String file = folder.config().toString();
        assertThat(result.exit()).as(result.all()).isEqualTo(2);
        assertThat(result.err().lines().filter(line -> line.startsWith(file)))
                .satisfiesExactly(
                        l -> assertThat(l).startsWith(file + ":3:11: listeners[1].name: "),
                        l -> assertThat(l)
                                .startsWith(file + ":6:3: limits.max-conections: ")
                                .contains("max-connections"),
                        l -> assertThat(l)
                                .startsWith(file + ":7:17: storage.type: ")
                                .contains("punched-cards", "rocksdb"),
                        l -> assertThat(l)
                                .startsWith(file + ":8:27: authentication.timeout: ")
                                .contains("soon"));
        assertThat(result.out()).isEmpty();
        assertThat(open).as("a port was open").isFalse();
    }

    /** Whether somebody accepts connections there at any time. */
    private static void watch(int port, AtomicBoolean over, AtomicBoolean open) {
        while (!over.get() && !open.get()) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
                open.set(socket.getLocalPort() != port); // a port can be connected to itself
            } catch (IOException e) {
                LockSupport.parkNanos(2_000_000);
            }
        }
    }

    @Test
    void saysThatAPluginIsMissing() throws Exception {
        BrokerFolder folder = brokers.folder("plugin")
                .configure(BrokerFolder.ONE_LISTENER + "authentication: {use: [{type: crystal-ball}]}\n");
        TernMq.Result result = folder.startAndEnd();
        assertThat(result.exit()).as(result.all()).isEqualTo(3);
        assertThat(result.err())
                .contains(folder.config() + ":3:31: authentication.use[0].type: ")
                .contains("crystal-ball")
                .contains("file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ada", "ada:", "ada:plain", "ada:$7$101$c2FsdHNhbHQ=", "ada:$7$101$c2FsdHNhbHQ=$AAAA"})
    void refusesAUsersFileWithABrokenLine(String line) throws Exception {
        BrokerFolder folder = brokers.folder("users")
                .configure(BrokerFolder.ONE_LISTENER + "authentication: {use: [{type: file, path: users}]}\n");
        folder.write("users", "# staff\n" + line + "\n");
        TernMq.Result result = folder.startAndEnd();
        assertThat(result.exit()).as(result.all()).isEqualTo(2);
        assertThat(result.err()).contains(folder.file("users") + ":2: ");
        assertThat(result.all())
                .as("the hash is nobody's business")
                .doesNotContain("c2FsdHNhbHQ=")
                .doesNotContain("plain");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void refusesAUsersFileThatIsNotThere() throws Exception {
        BrokerFolder folder = brokers.folder("users")
                .configure(BrokerFolder.ONE_LISTENER + "authentication: {use: [{type: file, path: users}]}\n");
        TernMq.Result result = folder.startAndEnd();
        assertThat(result.exit()).as(result.all()).isEqualTo(2);
        assertThat(result.err()).contains(folder.file("users").toString());
    }

    @Test
    void wantsAnAuthenticatorWhereOtherMachinesComeIn() throws Exception {
        TernMq.Result result = brokers.folder("open")
                .configure("listeners: [{name: mqtt, bind: \"0.0.0.0:0\"}]\n")
                .startAndEnd();
        assertThat(result.exit()).as(result.all()).isEqualTo(2);
        assertThat(result.err()).contains("listeners[0].bind").contains("allow-anonymous");
    }

    @Test
    void saysThatAnAddressIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String bind = "127.0.0.1:" + taken.getLocalPort();
            BrokerFolder folder =
                    brokers.folder("taken").configure("listeners: [{name: front, bind: \"" + bind + "\"}]\n");
            TernMq.Result result = folder.startAndEnd();
            assertThat(result.exit()).as(result.all()).isEqualTo(5);
            assertThat(result.err()).contains("front").contains(bind).doesNotContain("\tat ");
            assertThat(result.out()).isEmpty();
        }
    }

    @Test
    void letsOneBrokerAloneUseADataFolder() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = brokers.folder("shared");
        BrokerProcess first = folder.start();
        TernMq.Result second = folder.startAndEnd();
        assertThat(second.exit()).as(second.all()).isEqualTo(4);
        assertThat(second.err()).contains(folder.data().toString()).doesNotContain("\tat ");
        assertThat(second.out()).isEmpty();
        canBeUsed(first);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.data())))
                .as("mode of the data folder")
                .isEqualTo("rwx------");
        first.kill9();
        canBeUsed(folder.start()); // no lock stays behind
    }

    @Test
    void writesNothingIntoItsTreeButTheDataFolder() throws Exception {
        Path copy = brokers.base().resolve("tree");
        Trees.link(TernMq.shipped().tree(), copy);
        Map<String, String> before = Trees.snapshot(copy);
        TernMq program = new TernMq(copy);
        BrokerFolder folder = brokers.folder("config", program);
        folder.write("users", "");
        folder.configure(BrokerFolder.ONE_LISTENER
                + "authentication: {allow-anonymous: true, use: [{type: file, path: users}]}\n");
        BrokerProcess broker = folder.startInTree();
        canBeUsed(broker);
        assertThat(broker.stop()).isZero();
        program.run("check");
        program.run("plugins", "list");

        assertThat(Trees.snapshot(copy)).isEqualTo(before);
        Path data = copy.resolve("data");
        assertThat(Files.isDirectory(data)).isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .as("mode of the data folder")
                .isEqualTo("rwx------");
    }

    @Test
    void takesValuesFromTheCommandLineAndTheEnvironment() throws Exception {
        BrokerFolder folder = brokers.folder("set").configure("""
                listeners:
                  - {name: mqtt, bind: "${TERNMQ_TEST_NOT_SET:127.0.0.1}:0"}
                """);
        BrokerProcess broker = folder.start(
                "--set",
                "limits.max-keep-alive=7s",
                "--set",
                "listeners[1].name=second",
                "--set",
                "listeners[1].bind=127.0.0.1:0");
        assertThat(broker.ports()).containsOnlyKeys("mqtt", "second");
        try (RawClient client = RawClient.open(broker.port(), 5)) {
            client.send(Connect.clean("client").keepAlive(60).packet(5));
            RawPacket connAck = client.expect(RawPacket.CONNACK);
            assertThat(connAck.toString())
                    .as("Server Keep Alive 7 (MQTT5-3.2.2-21)")
                    .contains("13 00 07");
        }
        assertThat(broker.stop()).isZero();
    }

    @Test
    void keepsSessionsOverAStop() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = brokers.folder("again");
        BrokerProcess first = folder.start();
        try (RawClient client = RawClient.connect(first.port(), 5, Connect.persistent("stays"))) {
            client.subscribe("a/+", 1);
            client.disconnect();
        }
        try (RawClient client = RawClient.connect(first.port(), 5, Connect.clean("publisher"))) {
            for (int i = 1; i <= 1000; i++) {
                client.send(client.publish("a/b", 1, 0, i, Integer.toString(i)));
                client.expect(RawPacket.PUBACK);
            }
            client.send(client.publish("kept", 1, 1, 1, "retained"));
            client.expect(RawPacket.PUBACK);
            client.disconnect();
        }
        assertThat(first.stop()).isZero();

        BrokerProcess second = folder.start();
        System.out.println("StartIT: start to ready, 1000 messages wait: "
                + second.startTime().toMillis() + " ms");
        try (RawClient client = RawClient.connect(second.port(), 5, Connect.persistent("stays"))) {
            assertThat(client.sessionPresent()).isTrue();
            for (int i = 1; i <= 1000; i++) {
                RawPacket.Publish publish = client.expectPublish();
                assertThat(publish.payload()).isEqualTo(Integer.toString(i));
                client.send(RawClient.ack(RawPacket.PUBACK, publish.packetId()));
            }
            assertThat(client.poll(Duration.ofMillis(100))).isEmpty();
            client.subscribe("kept", 1);
            assertThat(client.expectPublish().payload()).isEqualTo("retained");
        }
        assertThat(second.stop()).isZero();
        assertThat(second.faults()).isEmpty();
    }
}
