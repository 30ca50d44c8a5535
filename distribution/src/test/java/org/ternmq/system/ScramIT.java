package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttUtf8String;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientConfig;
import com.hivemq.client.mqtt.mqtt5.auth.Mqtt5EnhancedAuthMechanism;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5Auth;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5AuthBuilder;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5EnhancedAuth;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5EnhancedAuthBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5Disconnect;
import com.ongres.scram.client.ScramClient;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Who comes in by SCRAM over AUTH packets (MQTT5-4.12), with an MQTT client and a SCRAM client of others. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class ScramIT {
    private static final String TWO_MECHANISMS = BrokerFolder.ONE_LISTENER + """
            authentication:
              use:
                - {type: scram, path: users-256}
                - {type: scram, name: scram-512, path: users-512, mechanism: SCRAM-SHA-512}
            """;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private static void passwd(Path users, String name, String password, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("passwd", "--scram", "--iterations", "10000"));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of(users.toString(), name, "--password-stdin"));
        TernMq.Result result = TernMq.shipped().runWithInput(password + "\n", arguments.toArray(String[]::new));
        assertThat(result.exit()).as(result.all()).isZero();
    }

    private BrokerFolder folder() throws Exception {
        BrokerFolder folder = brokers.folder("scram").configure(TWO_MECHANISMS);
        passwd(folder.file("users-256"), "alice", "wünder land");
        passwd(folder.file("users-512"), "bob", "builder", "--mechanism", "SCRAM-SHA-512");
        return folder;
    }

    private static Mqtt5BlockingClient client(BrokerProcess broker) {
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier("scram")
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .buildBlocking();
    }

    private static Mqtt5ConnAck connect(Mqtt5BlockingClient client, Scram scram) {
        return client.connect(
                Mqtt5Connect.builder().cleanStart(true).enhancedAuth(scram).build());
    }

    private static void assertRefused(BrokerProcess broker, Scram scram, Mqtt5ConnAckReasonCode code) {
        assertThatThrownBy(() -> connect(client(broker), scram))
                .isInstanceOfSatisfying(
                        Mqtt5ConnAckException.class,
                        e -> assertThat(e.getMqttMessage().getReasonCode()).isEqualTo(code));
    }

    @Test
    void letsInWhoProvesToKnowThePasswordAndProvesToKnowItToo() throws Exception {
        BrokerProcess broker = folder().start();
        for (Scram scram : List.of(
                new Scram("SCRAM-SHA-256", "alice", "wünder land"), new Scram("SCRAM-SHA-512", "bob", "builder"))) {
            Mqtt5BlockingClient client = client(broker);
            connect(client, scram);
            assertThat(scram.serverProven).as("the broker's signature").isCompletedWithValue(true);
            client.toAsync().reauth().get();
            client.disconnect();
        }
        assertRefused(
                broker, new Scram("SCRAM-SHA-256", "alice", "wunder land"), Mqtt5ConnAckReasonCode.NOT_AUTHORIZED);
        assertThat(broker.awaitLine("wrong password of 'alice'", Duration.ofSeconds(10)))
                .isPresent();
        assertRefused(broker, new Scram("SCRAM-SHA-256", "bob", "builder"), Mqtt5ConnAckReasonCode.NOT_AUTHORIZED);
        assertThat(broker.awaitLine("there is no user 'bob'", Duration.ofSeconds(10)))
                .isPresent();
        assertRefused(
                broker,
                new Scram("SCRAM-SHA-1", "alice", "wünder land"),
                Mqtt5ConnAckReasonCode.BAD_AUTHENTICATION_METHOD); // MQTT-4.12.0-1
        assertThat(broker.stop()).isZero();
    }

    @Test
    void readsTheUsersAgainOnSighup() throws Exception {
        BrokerFolder folder = folder();
        BrokerProcess broker = folder.start();
        passwd(folder.file("users-256"), "carol", "new");
        broker.signal("HUP");
        Awaitility.await().atMost(Duration.ofSeconds(20)).ignoreExceptions().untilAsserted(() -> {
            Mqtt5BlockingClient client = client(broker);
            connect(client, new Scram("SCRAM-SHA-256", "carol", "new"));
            client.disconnect();
        });
        folder.write("users-256", "carol:nonsense\n");
        broker.signal("HUP");
        assertThat(broker.awaitLine(folder.file("users-256") + ":1:", Duration.ofSeconds(10)))
                .as("it says so")
                .isPresent();
        Mqtt5BlockingClient client = client(broker);
        connect(client, new Scram("SCRAM-SHA-256", "alice", "wünder land")); // the old users stay
        client.disconnect();
        assertThat(broker.stop()).isZero();
    }

    /** SCRAM for the MQTT client, by the implementation of PostgreSQL's driver. */
    private static final class Scram implements Mqtt5EnhancedAuthMechanism {
        private final String mechanism;
        private final String name;
        private final String password;
        private final CompletableFuture<Boolean> serverProven = new CompletableFuture<>();
        private ScramClient scram;

        Scram(String mechanism, String name, String password) {
            this.mechanism = mechanism;
            this.name = name;
            this.password = password;
            this.scram = fresh();
        }

        private ScramClient fresh() {
            return ScramClient.builder()
                    .advertisedMechanisms(List.of(mechanism))
                    .username(name)
                    .password(password.toCharArray())
                    .build();
        }

        private byte[] first() {
            scram = fresh();
            return bytes(scram.clientFirstMessage().toString());
        }

        private boolean proven(Optional<ByteBuffer> data) {
            try {
                scram.serverFinalMessage(text(data.orElseThrow()));
                serverProven.complete(true);
                return true;
            } catch (Exception e) {
                serverProven.completeExceptionally(e);
                return false;
            }
        }

        @Override
        public MqttUtf8String getMethod() {
            return MqttUtf8String.of(mechanism);
        }

        @Override
        public int getTimeout() {
            return 30;
        }

        @Override
        public CompletableFuture<Void> onAuth(
                Mqtt5ClientConfig config, Mqtt5Connect connect, Mqtt5EnhancedAuthBuilder builder) {
            builder.data(first());
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> onReAuth(Mqtt5ClientConfig config, Mqtt5AuthBuilder builder) {
            builder.data(first());
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Boolean> onContinue(
                Mqtt5ClientConfig config, Mqtt5Auth auth, Mqtt5AuthBuilder builder) {
            try {
                scram.serverFirstMessage(text(auth.getData().orElseThrow()));
                builder.data(bytes(scram.clientFinalMessage().toString()));
                return CompletableFuture.completedFuture(true);
            } catch (Exception e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        @Override
        public CompletableFuture<Boolean> onAuthSuccess(Mqtt5ClientConfig config, Mqtt5ConnAck connAck) {
            return CompletableFuture.completedFuture(
                    proven(connAck.getEnhancedAuth().flatMap(Mqtt5EnhancedAuth::getData)));
        }

        @Override
        public CompletableFuture<Boolean> onReAuthSuccess(Mqtt5ClientConfig config, Mqtt5Auth auth) {
            return CompletableFuture.completedFuture(proven(auth.getData()));
        }

        @Override
        public void onAuthRejected(Mqtt5ClientConfig config, Mqtt5ConnAck connAck) {}

        @Override
        public void onReAuthRejected(Mqtt5ClientConfig config, Mqtt5Disconnect disconnect) {}

        @Override
        public void onAuthError(Mqtt5ClientConfig config, Throwable cause) {}

        @Override
        public void onReAuthError(Mqtt5ClientConfig config, Throwable cause) {}

        private static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }

        private static String text(ByteBuffer data) {
            return StandardCharsets.UTF_8.decode(data).toString();
        }
    }
}
