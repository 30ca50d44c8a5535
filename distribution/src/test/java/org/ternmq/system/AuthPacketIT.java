package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.ongres.scram.client.ScramClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.conformance.Mqtt5;

/** AUTH packets, byte by byte (MQTT5-3.15, MQTT5-4.12). */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
final class AuthPacketIT {
    private static final String METHOD = "SCRAM-SHA-256";
    private static final int AUTH = 15;
    private static final int SUCCESS = 0x00;
    private static final int CONTINUE = 0x18;
    private static final int RE_AUTHENTICATE = 0x19;
    private static final int METHOD_PROPERTY = 0x15;
    private static final int DATA_PROPERTY = 0x16;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private BrokerFolder folder;

    @BeforeEach
    void users() throws Exception {
        folder = brokers.folder("broker").configure(BrokerFolder.ONE_LISTENER + """
                authentication:
                  allow-anonymous: true
                  use: [{type: scram, path: users}]
                """);
        for (String name : List.of("ada", "bob")) {
            TernMq.Result result = TernMq.shipped()
                    .runWithInput(
                            "secret of " + name + "\n",
                            "passwd",
                            "--scram",
                            "--iterations",
                            "10000",
                            folder.file("users").toString(),
                            name,
                            "--password-stdin");
            assertThat(result.exit()).as(result.all()).isZero();
        }
    }

    private static ScramClient scram(String name, String password) {
        return ScramClient.builder()
                .advertisedMechanisms(List.of(METHOD))
                .username(name)
                .password(password.toCharArray())
                .build();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Bytes properties(String method, byte[] data) {
        Bytes properties = new Bytes().u8(METHOD_PROPERTY).text(method);
        return properties.u8(DATA_PROPERTY).u16(data.length).bytes(data);
    }

    private static byte[] connect(String clientId, String method, byte[] data) {
        Bytes body = new Bytes().text("MQTT").u8(5).u8(2).u16(60).counted(properties(method, data));
        return new Bytes().u8(0x10).counted(body.text(clientId)).toArray();
    }

    private static byte[] auth(int code, String method, byte[] data) {
        return new Bytes()
                .u8(0xF0)
                .counted(new Bytes().u8(code).counted(properties(method, data)))
                .toArray();
    }

    /** The value of a property behind a two-byte length; "" if there is none. The lengths of properties are below 128. */
    private static String property(int id, byte[] packet, int from) {
        for (int i = from + 1; i < packet.length; ) {
            int property = packet[i] & 0xFF;
            int length = i + 2 < packet.length ? (packet[i + 1] & 0xFF) << 8 | packet[i + 2] & 0xFF : 0;
            switch (property) {
                case METHOD_PROPERTY, DATA_PROPERTY, 0x1F -> {
                    if (property == id) {
                        return new String(Arrays.copyOfRange(packet, i + 3, i + 3 + length), StandardCharsets.UTF_8);
                    }
                    i += 3 + length;
                }
                case 0x21, 0x22, 0x13 -> i += 3;
                case 0x27, 0x11 -> i += 5;
                default -> i += 2;
            }
        }
        return "";
    }

    private static RawPacket expectAuth(RawClient client, int code) throws IOException {
        RawPacket packet = client.expect(AUTH);
        assertThat(packet.u8(0)).as("reason code of %s", packet).isEqualTo(code);
        assertThat(property(METHOD_PROPERTY, packet.body(), 1)).isEqualTo(METHOD);
        return packet;
    }

    /** Goes as far as the challenge, and gives the answer to it. */
    private static byte[] challenged(RawClient client, ScramClient scram, byte[] opening) throws Exception {
        client.send(opening);
        RawPacket challenge = expectAuth(client, CONTINUE);
        scram.serverFirstMessage(property(DATA_PROPERTY, challenge.body(), 1));
        return auth(CONTINUE, METHOD, bytes(scram.clientFinalMessage().toString()));
    }

    private static byte[] challengedByConnect(RawClient client, ScramClient scram, String clientId) throws Exception {
        return challenged(client, scram, connect(clientId, METHOD, first(scram)));
    }

    private static byte[] challengedAgain(RawClient client, ScramClient scram) throws Exception {
        return challenged(client, scram, auth(RE_AUTHENTICATE, METHOD, first(scram)));
    }

    private static byte[] first(ScramClient scram) {
        return bytes(scram.clientFirstMessage().toString());
    }

    private static RawClient connected(int port, String clientId) throws Exception {
        ScramClient scram = scram("ada", "secret of ada");
        RawClient client = RawClient.open(port, 5);
        client.send(challengedByConnect(client, scram, clientId));
        RawPacket connAck = client.expect(RawPacket.CONNACK);
        assertThat(connAck.u8(1)).isZero();
        assertThat(property(METHOD_PROPERTY, connAck.body(), 2)).isEqualTo(METHOD);
        scram.serverFinalMessage(property(DATA_PROPERTY, connAck.body(), 2));
        return client;
    }

    private static void ping(RawClient client) throws IOException {
        client.sendHex("C0 00");
        client.expect(RawPacket.PINGRESP);
    }

    @Test
    @Mqtt5({"3.15.2-1", "4.12.0-2", "4.12.0-3", "4.12.0-5", "4.12.1-1"})
    void aChallengeIsAnsweredBeforeConnAckAndAgainLater() throws Exception {
        int port = folder.start().port();
        try (RawClient client = connected(port, "client")) {
            client.subscribe("a", 0);
            for (int i = 0; i < 2; i++) {
                ScramClient again = scram("ada", "secret of ada");
                byte[] answer = challengedAgain(client, again);
                client.send(client.publish("a", 0, 0, 0, "meanwhile"));
                assertThat(client.expectPublish().payload())
                        .as("traffic goes on under the old identity")
                        .isEqualTo("meanwhile");
                client.send(answer);
                RawPacket done = expectAuth(client, SUCCESS);
                again.serverFinalMessage(property(DATA_PROPERTY, done.body(), 1));
            }
            ping(client);
        }
    }

    @Test
    @Mqtt5("4.12.0-4")
    void aWrongProofIsRefused() throws Exception {
        int port = folder.start().port();
        ScramClient scram = scram("ada", "guess");
        try (RawClient client = RawClient.open(port, 5)) {
            client.send(challengedByConnect(client, scram, "c"));
            assertThat(client.expect(RawPacket.CONNACK).u8(1)).isEqualTo(0x87);
            client.expectClosed();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"X", "scram-sha-256", "SCRAM-SHA-256 ", ""})
    @Mqtt5("4.12.0-1")
    void anUnknownMethodIsRefused(String method) throws Exception {
        int port = folder.start().port();
        try (RawClient client = RawClient.open(port, 5)) {
            client.send(connect("c", method, new byte[0]));
            assertThat(client.expect(RawPacket.CONNACK).u8(1)).isEqualTo(0x8C);
            client.expectClosed();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "PINGREQ, C000",
        "PUBLISH, 300400016100",
        "SUBSCRIBE, 8207000100000161 00",
        "a second CONNECT, 100D00044D5154540502003C00000161",
        "AUTH to begin anew, F015191315000D534352414D2D5348412D323536160000",
        "AUTH with another method, F00918 07 15000158 160000",
        "AUTH without a method, F000"
    })
    @Mqtt5({"3.1.2-30", "4.12.0-3", "4.12.0-5"})
    void nothingButTheAnswerMayFollowAChallenge(String name, String hex) throws Exception {
        int port = folder.start().port();
        ScramClient scram = scram("ada", "secret of ada");
        try (RawClient client = RawClient.open(port, 5)) {
            challengedByConnect(client, scram, "c");
            client.sendHex(hex);
            assertThat(client.expect(RawPacket.CONNACK).u8(1)).as(name).isEqualTo(0x82);
            client.expectClosed();
        }
    }

    @Test
    void aClientMayLeaveInsteadOfAnswering() throws Exception {
        int port = folder.start().port();
        ScramClient scram = scram("ada", "secret of ada");
        try (RawClient client = RawClient.open(port, 5)) {
            challengedByConnect(client, scram, "c");
            client.sendHex("E000");
            client.expectClosed();
        }
    }

    @Test
    void aClientThatDoesNotAnswerIsRefusedInTime() throws Exception {
        int port = folder.start("--set", "limits.connect-timeout=700ms").port();
        ScramClient scram = scram("ada", "secret of ada");
        try (RawClient client = RawClient.open(port, 5)) {
            challengedByConnect(client, scram, "c");
            assertThat(client.expect(RawPacket.CONNACK).u8(1)).isEqualTo(0x87);
            client.expectClosed();
        }
    }

    @Test
    @Mqtt5("4.12.1-2")
    void aWrongProofLaterEndsTheConnection() throws Exception {
        int port = folder.start().port();
        try (RawClient client = connected(port, "client")) {
            ScramClient again = scram("ada", "guess");
            client.send(challengedAgain(client, again));
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(0x87);
            client.expectClosed();
        }
    }

    @Test
    void nobodyBecomesAnotherUser() throws Exception {
        int port = folder.start().port();
        try (RawClient client = connected(port, "client")) {
            ScramClient other = scram("bob", "secret of bob");
            client.send(challengedAgain(client, other));
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(0x87);
            client.expectClosed();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "AUTH to continue what is not under way, F015181315000D534352414D2D5348412D323536160000",
        "AUTH with the code of success, F015001315000D534352414D2D5348412D323536160000",
        "AUTH with an unknown code, F015051315000D534352414D2D5348412D323536160000",
        "AUTH with another method, F009190715000158160000",
        "AUTH in its short form, F000"
    })
    @Mqtt5({"3.15.2-1", "4.12.0-5", "4.12.1-1"})
    void anAuthOutOfPlaceEndsTheConnection(String name, String hex) throws Exception {
        int port = folder.start().port();
        try (RawClient client = connected(port, "client")) {
            client.sendHex(hex);
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason())
                    .as(name)
                    .isEqualTo(0x82);
            client.expectClosed();
        }
    }

    @Test
    @Mqtt5({"4.12.0-6", "4.12.0-7"})
    void withoutAMethodThereIsNoAuth() throws Exception {
        int port = folder.start().port();
        try (RawClient client = RawClient.open(port, 5)) {
            client.send(RawClient.Connect.clean("plain").packet(5));
            RawPacket connAck = client.expect(RawPacket.CONNACK);
            assertThat(property(METHOD_PROPERTY, connAck.body(), 2)).isEmpty();
            assertThat(client.poll(Duration.ofMillis(200))).isEmpty();
            client.sendHex("F015191315000D534352414D2D5348412D323536160000");
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(0x82);
            client.expectClosed();
        }
    }
}
