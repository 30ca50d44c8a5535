package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.system.TernMq.Result;

/** How the broker starts, or says why it does not; and the commands beside {@code start}. */
@Timeout(120)
final class StartIT {
    private static final String USERS_ONLY = """
            listeners: [{name: mqtt, bind: "127.0.0.1:0"}]
            authentication: {use: [{type: file, path: users}]}
            """;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static boolean isOpen(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void saysEveryProblemOfAConfigurationAtOnceAndOpensNothing() throws Exception {
        int port = freePort();
        BrokerFolder folder = brokers.folder("bad").configure("""
                listeners:
                  - {name: mqtt, bind: "127.0.0.1:%d"}
                  - {name: mqtt, bind: "127.0.0.1:0"}
                storage:
                  type: rockdb
                limits:
                  queue-messages: many
                  quue-bytes: 1MiB
                """.formatted(port));
        Result start = folder.startAndEnd();
        assertThat(start.exit()).isEqualTo(2);
        assertThat(start.all())
                .contains("ternmq.yaml:3:12: listeners[1].name: ")
                .contains(
                        "ternmq.yaml:5:9: storage.type: no plugin offers storage type 'rockdb'; installed: memory, rocksdb")
                .contains("ternmq.yaml:7:19: limits.queue-messages: ")
                .contains("ternmq.yaml:8:3: limits.quue-bytes: unknown key, did you mean 'queue-bytes'?")
                .doesNotContain(" ready ");
        assertThat(isOpen(port)).isFalse();
        assertThat(folder.data()).doesNotExist();
        Result check = TernMq.shipped().run("check", "--config", folder.config().toString());
        assertThat(check.exit()).isEqualTo(2);
        assertThat(check.out().lines()).hasSize(4);
    }

    @Test
    void endsWith3IfOnlyAPluginIsMissing() throws Exception {
        Result start =
                brokers.folder("plugin").configure("storage: {type: floppy}\n").startAndEnd();
        assertThat(start.exit()).isEqualTo(3);
        assertThat(start.all()).contains("no plugin offers storage type 'floppy'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ada", "ada:", "ada:plain", "ada:$7$101$c2FsdHNhbHQ=$AAAA"})
    void refusesAPasswordFileWithABrokenLine(String line) throws Exception { // threats 11
        BrokerFolder folder = brokers.folder("broken").configure(USERS_ONLY);
        folder.write("users", "# users\n" + line + "\n");
        Result start = folder.startAndEnd();
        assertThat(start.exit()).isEqualTo(2);
        assertThat(start.all()).contains("users:2: ").doesNotContain(" ready ").doesNotContain("c2FsdHNhbHQ=");
    }

    @Test
    void wantsAnAuthenticatorWhereOtherMachinesComeIn() throws Exception {
        Result start = brokers.folder("open")
                .configure("listeners: [{name: mqtt, bind: \"0.0.0.0:0\"}]\n")
                .startAndEnd();
        assertThat(start.exit()).isEqualTo(2);
        assertThat(start.all()).contains("allow-anonymous");
    }

    @Test
    void anEmptyConfigurationIsValid() throws Exception {
        BrokerFolder folder = brokers.folder("empty").configure("");
        BrokerProcess broker = folder.start("--set", "listeners[0].bind=127.0.0.1:0");
        RawClient.connect(broker.port(), 4, RawClient.Connect.clean("a")).disconnect();
        assertThat(broker.stop()).isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.data())))
                .as("threats 34")
                .isEqualTo("rwx------");
        System.out.println("start to ready, empty store: " + broker.startTime().toMillis() + " ms");
        BrokerProcess again = folder.start("--set", "listeners[0].bind=127.0.0.1:0");
        System.out.println(
                "start to ready, existing store: " + again.startTime().toMillis() + " ms");
        assertThat(again.stop()).isZero();
    }

    @Test
    void writesNothingIntoTheTree() throws Exception {
        Path tree = TernMq.shipped().tree();
        Map<String, String> before = Trees.snapshot(tree);
        BrokerProcess broker = brokers.folder("outside").start();
        RawClient.connect(broker.port(), 5, RawClient.Connect.persistent("a")).disconnect();
        assertThat(broker.stop()).isZero();
        assertThat(Trees.snapshot(tree)).isEqualTo(before);
    }

    @Test
    void endsWith5IfThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Result start =
                    brokers.folder("port").startAndEnd("--set", "listeners[0].bind=127.0.0.1:" + taken.getLocalPort());
            assertThat(start.exit()).isEqualTo(5);
            assertThat(start.all()).contains("'mqtt'").contains(Integer.toString(taken.getLocalPort()));
        }
    }

    @Test
    void endsWith4IfAnotherBrokerHasTheDataFolder() throws Exception {
        BrokerFolder folder = brokers.folder("shared");
        BrokerProcess first = folder.start();
        Result second = folder.startAndEnd();
        assertThat(second.exit()).isEqualTo(4);
        assertThat(second.all()).contains("another broker uses");
        assertThat(first.isAlive()).isTrue();
    }

    @Test
    void knowsTheUsersOfTheFileAndReloadsThem() throws Exception {
        BrokerFolder folder = brokers.folder("users").configure(USERS_ONLY);
        Path users = folder.file("users");
        passwd(users, "ada", "wonderland");
        BrokerProcess broker = folder.start();
        int port = broker.port();
        assertThat(connAck(port, 4, "ada", "wonderland")).isZero();
        assertThat(connAck(port, 5, "ada", "wonderland")).isZero();
        assertThat(connAck(port, 4, "ada", "wrong")).isEqualTo(4);
        assertThat(connAck(port, 5, "ada", "wrong")).isEqualTo(0x86);
        assertThat(connAck(port, 4, "", "")).as("anonymous").isEqualTo(5);
        assertThat(connAck(port, 5, "", "")).as("anonymous").isEqualTo(0x87);
        assertThat(connAck(port, 5, "bob", "builder")).isEqualTo(0x86);

        passwd(users, "bob", "builder");
        broker.signal("HUP");
        assertThat(broker.awaitLine("authentication-file reloaded", Duration.ofSeconds(20)))
                .isPresent();
        assertThat(connAck(port, 5, "bob", "builder")).isZero();

        Files.writeString(users, "broken\n"); // threats 12: a bad file keeps the old rules
        broker.signal("HUP");
        assertThat(broker.awaitLine("the old rules stay in force", Duration.ofSeconds(20)))
                .isPresent();
        assertThat(connAck(port, 5, "bob", "builder")).isZero();
        assertThat(connAck(port, 5, "eve", "")).isEqualTo(0x86);
        assertThat(broker.log()).doesNotContain("wonderland").doesNotContain("builder");
    }

    private static int connAck(int port, int version, String user, String password) throws IOException {
        try (RawClient client = RawClient.open(port, version)) {
            client.send(RawClient.Connect.clean("client").user(user, password).packet(version));
            return client.expect(RawPacket.CONNACK).u8(1);
        }
    }

    private static void passwd(Path users, String name, String password) throws Exception {
        Result result =
                TernMq.shipped().runWithInput(password + "\n", "passwd", users.toString(), name, "--password-stdin");
        assertThat(result.exit()).as(result.all()).isZero();
    }

    @Test
    void theOtherCommandsDoAsTheySay() throws Exception {
        TernMq ternmq = TernMq.shipped();
        assertThat(ternmq.run("version").out())
                .contains("TernMQ ")
                .contains("Java ")
                .contains("SPI 1.");
        assertThat(ternmq.run("check").out().trim()).isEqualTo("ok");
        Result list = ternmq.run("plugins", "list");
        assertThat(list.exit()).isZero();
        assertThat(list.out())
                .contains("storage rocksdb")
                .contains("storage memory")
                .contains("authenticator file");
        try (var jars = Files.list(ternmq.tree().resolve("plugins"))) {
            for (Path jar : jars.toList()) {
                assertThat(ternmq.run("plugins", "verify", jar.toString()).out().trim())
                        .isEqualTo("ok");
            }
        }
        Path cut = Files.write(
                Files.createDirectories(brokers.base().resolve("cut")).resolve("cut.jar"), new byte[] {'P', 'K', 3});
        Result verify = ternmq.run("plugins", "verify", cut.toString());
        assertThat(verify.exit()).isEqualTo(3);
        assertThat(verify.out()).isNotBlank();
        Path users = brokers.base().resolve("users");
        passwd(users, "ada", "x");
        assertThat(ternmq.run("passwd", users.toString(), "ada", "--delete").exit())
                .isZero();
        assertThat(ternmq.run("passwd", users.toString(), "ada", "--delete").exit())
                .isEqualTo(2);
        assertThat(ternmq.run("nonsense").exit()).isEqualTo(2);
    }
}
