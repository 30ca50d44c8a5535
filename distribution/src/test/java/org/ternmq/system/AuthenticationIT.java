package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.RawClient.Connect;

/** Who comes in, with the file of users. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class AuthenticationIT {
    private static final String FILE_USERS =
            BrokerFolder.ONE_LISTENER + "authentication: {use: [{type: file, path: users}]}\n";

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private BrokerFolder folder() throws Exception {
        BrokerFolder folder = brokers.folder("users").configure(FILE_USERS);
        passwd(folder.file("users"), "alice", "wünder land");
        return folder;
    }

    private static void passwd(Path users, String name, String password) throws Exception {
        TernMq.Result result =
                TernMq.shipped().runWithInput(password + "\n", "passwd", users.toString(), name, "--password-stdin");
        assertThat(result.exit()).as(result.all()).isZero();
    }

    /** The code in the CONNACK; after a refusal the broker must close. */
    private static int code(BrokerProcess broker, int version, Connect connect) throws IOException {
        try (RawClient client = RawClient.open(broker.port(), version)) {
            client.send(connect.packet(version));
            RawPacket connAck = client.expect(RawPacket.CONNACK);
            if (connAck.u8(1) != 0) {
                assertThat(connAck.u8(0)).as("no session (MQTT5-3.2.2-6)").isZero();
                client.expectClosed(); // MQTT5-3.2.2-7
            } else {
                client.disconnect();
            }
            return connAck.u8(1);
        }
    }

    @Test
    @Mqtt5({"3.1.4-2", "3.2.2-6", "3.2.2-7", "3.2.2-8"})
    @Mqtt311({"3.2.2-4", "3.2.2-5"})
    void letsInWhoKnowsThePassword() throws Exception {
        BrokerProcess broker = folder().start();
        Connect clean = Connect.clean("client");
        for (int version = 3; version <= 5; version++) {
            String name = "version " + version;
            int wrong = version == 5 ? 0x86 : 4; // MQTT-3.2.2.3: bad user name or password
            int nobody = version == 5 ? 0x87 : 5; // not authorized
            assertThat(code(broker, version, clean.user("alice", "wünder land")))
                    .as(name)
                    .isZero();
            assertThat(code(broker, version, clean.user("alice", "wunder land")))
                    .as(name)
                    .isEqualTo(wrong);
            assertThat(code(broker, version, clean.user("alice", ""))).as(name).isEqualTo(wrong);
            assertThat(code(broker, version, clean.user("mallory", "wünder land")))
                    .as(name)
                    .isEqualTo(wrong);
            assertThat(code(broker, version, clean)).as(name + ", anonymous").isEqualTo(nobody);
        }
        assertThat(broker.log())
                .as("no password in the log")
                .doesNotContain("wünder")
                .doesNotContain("wunder");
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void refusesOtherPeoplesClients() throws Exception {
        BrokerProcess broker = folder().start();
        var hive = MqttClient.builder()
                .useMqttVersion5()
                .identifier("hive")
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .buildBlocking();
        assertThatThrownBy(() -> hive.connectWith()
                        .simpleAuth()
                        .username("alice")
                        .password("no".getBytes(StandardCharsets.UTF_8))
                        .applySimpleAuth()
                        .send())
                .isInstanceOfSatisfying(
                        Mqtt5ConnAckException.class,
                        e -> assertThat(e.getMqttMessage().getReasonCode())
                                .isEqualTo(Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD));
        hive.connectWith()
                .simpleAuth()
                .username("alice")
                .password("wünder land".getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth()
                .send();
        hive.disconnect();

        MqttConnectOptions options = new MqttConnectOptions();
        options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
        try (var paho = new org.eclipse.paho.client.mqttv3.MqttClient(
                "tcp://127.0.0.1:" + broker.port(), "paho", new MemoryPersistence())) {
            assertThatThrownBy(() -> paho.connect(options))
                    .isInstanceOfSatisfying(
                            MqttException.class,
                            e -> assertThat(e.getReasonCode()).isEqualTo(MqttException.REASON_CODE_NOT_AUTHORIZED));
            options.setUserName("alice");
            options.setPassword("wünder land".toCharArray());
            paho.connect(options);
            paho.disconnect();
        }
        assertThat(broker.stop()).isZero();
    }

    @Test
    void readsWhatMosquittoPasswdWrites() throws Exception {
        External.program("mosquitto_passwd");
        BrokerFolder folder = brokers.folder("mosquitto").configure(FILE_USERS);
        Process process = new ProcessBuilder(
                        "mosquitto_passwd", "-b", "-c", folder.file("users").toString(), "alice", "from mosquitto")
                .start();
        assertThat(TernMq.finish(process, "", "mosquitto_passwd").exit()).isZero();
        BrokerProcess broker = folder.start();
        assertThat(code(broker, 4, Connect.clean("c").user("alice", "from mosquitto")))
                .isZero();
        assertThat(code(broker, 4, Connect.clean("c").user("alice", "from elsewhere")))
                .isEqualTo(4);
        assertThat(broker.stop()).isZero();
    }

    @Test
    void letsAnonymousClientsInWhereThatIsWritten() throws Exception {
        BrokerFolder folder = folder();
        folder.configure(FILE_USERS.replace("{use", "{allow-anonymous: true, use"));
        BrokerProcess broker = folder.start();
        assertThat(code(broker, 5, Connect.clean("anonymous"))).isZero();
        assertThat(code(broker, 5, Connect.clean("alice").user("alice", "no"))).isEqualTo(0x86);
        assertThat(broker.stop()).isZero();
    }

    @Test
    void readsTheUsersAgainOnSighup() throws Exception {
        BrokerFolder folder = folder();
        BrokerProcess broker = folder.start();
        Connect alice = Connect.clean("a").user("alice", "wünder land");
        Connect bob = Connect.clean("b").user("bob", "builder");
        RawClient connected =
                RawClient.connect(broker.port(), 4, Connect.clean("stays").user("alice", "wünder land"));

        passwd(folder.file("users"), "bob", "builder");
        assertThat(code(broker, 4, bob)).as("not before it is asked to").isEqualTo(4);
        broker.signal("HUP");
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> code(broker, 4, bob) == 0);
        assertThat(code(broker, 4, alice)).isZero();
        connected.sendHex("C0 00");
        connected.expect(RawPacket.PINGRESP);

        folder.write("users", "carol:nonsense\n");
        broker.signal("HUP");
        assertThat(broker.awaitLine(folder.file("users") + ":1:", Duration.ofSeconds(10)))
                .as("it says so")
                .isPresent();
        assertThat(code(broker, 4, alice)).as("the old users stay").isZero();
        assertThat(code(broker, 4, bob)).as("the old users stay").isZero();

        passwd(folder.write("users", ""), "bob", "new");
        broker.signal("HUP");
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> code(broker, 4, Connect.clean("b").user("bob", "new")) == 0);
        assertThat(code(broker, 4, bob)).as("the old password").isEqualTo(4);
        assertThat(code(broker, 4, alice)).as("who is not in the file any more").isEqualTo(4);
        connected.close();
        assertThat(broker.stop()).isZero();
    }

    /** Not even to end it with a clean start (threat 29). */
    @Test
    void aSessionBelongsToItsUser() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = folder();
        passwd(folder.file("users"), "bob", "builder");
        BrokerProcess broker = folder.start();
        try (RawClient alice = RawClient.connect(
                broker.port(), 5, Connect.persistent("shared-id").user("alice", "wünder land"))) {
            alice.subscribe("a", 1);
            for (Connect bob : List.of(Connect.persistent("shared-id"), Connect.clean("shared-id"))) {
                assertThat(code(broker, 5, bob.user("bob", "builder"))).isEqualTo(0x87);
            }
            alice.sendHex("C0 00");
            alice.expect(RawPacket.PINGRESP);
            alice.disconnect();
        }
        broker.kill9();
        BrokerProcess again = folder.start();
        assertThat(code(again, 5, Connect.persistent("shared-id").user("bob", "builder")))
                .as("nor after a restart")
                .isEqualTo(0x87);
        try (RawClient alice = RawClient.connect(
                again.port(), 5, Connect.persistent("shared-id").user("alice", "wünder land"))) {
            assertThat(alice.sessionPresent()).isTrue();
        }
        assertThat(again.stop()).isZero();
    }
}
