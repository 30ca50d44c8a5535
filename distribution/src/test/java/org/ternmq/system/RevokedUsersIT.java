package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ternmq.system.RawClient.Connect;

/** Users who are taken out of a file, or have another password there, while their clients are connected. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class RevokedUsersIT {
    private static final int NOT_AUTHORIZED = 0x87;
    private static final int BANNED = 0x8A;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @RegisterExtension
    final Brokers brokers = new Brokers();

    /** Made by mosquitto_passwd with few iterations, so that a busy machine is quick enough: wonderland and pässwörd. */
    private static final String WONDERLAND =
            ":$7$101$y1vdRoEZwuisZ8gA$uNDmdmxdIsp98E9Yn+FHn0ICreVOAHgklgKqhSBYlu77hu1WH6K1nrONV6yl27mXPIMm6L7XPQixdDZC8A8yHg==\n";

    private static final String OTHER =
            ":$7$101$mjOsvXyVkSejWCjJ$Uq8w6f2KuLXQ8FWuW5BKEQPpg8A0JOKgExTIyVr4ORwXmnTU4WIYwhGDmXJ0qD+8CTSx6WQnhbO9waSZ+X+SHg==\n";

    private BrokerFolder folder(String settings) throws Exception {
        BrokerFolder folder = brokers.folder("revoked").configure(BrokerFolder.ONE_LISTENER + """
                authentication: {use: [{type: file, path: users%s}]}
                """.formatted(settings));
        folder.write("users", "ada" + WONDERLAND + "bob" + WONDERLAND + "carol" + WONDERLAND);
        return folder;
    }

    private static RawClient in(BrokerProcess broker, String user) throws IOException {
        return RawClient.connect(
                broker.port(), 5, Connect.persistent("of " + user).user(user, "wonderland"));
    }

    private static void assertServed(RawClient client) throws IOException {
        client.sendHex("C0 00");
        client.expect(RawPacket.PINGRESP);
    }

    private static void assertDisconnected(RawClient client) throws IOException {
        RawPacket goodbye = client.expect(RawPacket.DISCONNECT);
        assertThat(goodbye.u8(0)).as("MQTT5-3.14.2.1").isEqualTo(NOT_AUTHORIZED);
        client.expectClosed();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | true",
                "', removed-users: end-session' | false",
            })
    void whoIsRemovedHasToGo(String settings, boolean sessionStays) throws Exception {
        BrokerFolder folder = folder(settings);
        BrokerProcess broker = folder.start();
        RawClient ada = in(broker, "ada");
        ada.subscribe("a", 1);
        RawClient bob = in(broker, "bob");
        RawClient carol = in(broker, "carol");
        folder.write("users", "bob" + WONDERLAND + "carol" + OTHER);
        broker.signal("HUP");
        assertDisconnected(ada);
        assertServed(bob);
        assertServed(carol); // another password ends nothing unless that is asked for

        folder.write("users", "ada" + OTHER);
        broker.signal("HUP");
        Awaitility.await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
            try (RawClient back = RawClient.open(broker.port(), 5)) {
                back.send(Connect.persistent("of ada").user("ada", "pässwörd").packet(5));
                RawPacket connAck = back.expect(RawPacket.CONNACK);
                assertThat(connAck.u8(1)).isZero();
                assertThat(connAck.u8(0)).as("session present").isEqualTo(sessionStays ? 1 : 0);
            }
        });
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void aChangedPasswordCanEndConnectionsToo() throws Exception {
        BrokerFolder folder = folder(", removed-users: keep, changed-passwords: disconnect");
        BrokerProcess broker = folder.start();
        RawClient ada = in(broker, "ada");
        RawClient bob = in(broker, "bob");
        folder.write("users", "bob" + OTHER);
        broker.signal("HUP");
        assertDisconnected(bob);
        assertServed(ada);
        assertThat(broker.stop()).isZero();
    }

    private static byte[] connect(String clientId, String message) {
        Bytes properties = new Bytes().u8(0x15).text("SCRAM-SHA-256").u8(0x16);
        byte[] data = message.getBytes(StandardCharsets.UTF_8);
        properties.u16(data.length).bytes(data);
        return Packets.connect(clientId, properties);
    }

    /** A CONNECT with SCRAM need name nobody outside the exchange: guesses count by the name inside. */
    @Test
    void guessesByScramAreCounted() throws Exception {
        BrokerFolder folder = brokers.folder("guesses").configure(BrokerFolder.ONE_LISTENER + """
                authentication: {use: [{type: scram, path: scram-users}]}
                guard: {failed-logins: 3, ban: 1h, ban-max: 1h, ban-loopback: true}
                """);
        TernMq.Result passwd = TernMq.shipped()
                .runWithInput(
                        "secret\n",
                        "passwd",
                        "--scram",
                        "--iterations",
                        "10000",
                        folder.file("scram-users").toString(),
                        "ada",
                        "--password-stdin");
        assertThat(passwd.exit()).as(passwd.all()).isZero();
        BrokerProcess broker = folder.start();
        for (int i = 0; i < 3; i++) {
            assertThat(guess(broker)).isEqualTo(NOT_AUTHORIZED);
        }
        assertThat(guess(broker)).as("the address is not even challenged").isEqualTo(BANNED);
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
    }

    private static int guess(BrokerProcess broker) throws IOException {
        try (RawClient client = RawClient.open(broker.port(), 5)) {
            client.send(connect("guesser", "n,,n=ada,r=abcdef"));
            RawPacket packet = client.poll(PATIENCE).orElseThrow();
            if (packet.type() == RawPacket.CONNACK) {
                return packet.u8(1);
            }
            String challenge = new String(packet.body(), StandardCharsets.UTF_8);
            String nonce = challenge.substring(challenge.indexOf("r=abcdef"), challenge.indexOf(",s="));
            byte[] proof = ("c=biws," + nonce + ",p=" + "A".repeat(43) + "=").getBytes(StandardCharsets.UTF_8);
            Bytes properties = new Bytes()
                    .u8(0x15)
                    .text("SCRAM-SHA-256")
                    .u8(0x16)
                    .u16(proof.length)
                    .bytes(proof);
            client.send(new Bytes()
                    .u8(0xF0)
                    .counted(new Bytes().u8(0x18).counted(properties))
                    .toArray());
            return client.expect(RawPacket.CONNACK).u8(1);
        }
    }
}
