package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.RawClient.Connect;

/** What holds off guessing, floods, and fights over a client identifier. */
@Timeout(180)
final class GuardIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    private static int answer(int port, Connect connect) throws IOException {
        try (RawClient client = RawClient.open(port, 5)) {
            client.send(connect.packet(5));
            return client.expect(RawPacket.CONNACK).u8(1);
        }
    }

    /** With time for its first hashes on a machine that does much else. */
    private BrokerFolder withUser() throws Exception {
        BrokerFolder folder = brokers.folder("broker");
        folder.configure("""
                listeners:
                  - {name: mqtt, bind: "127.0.0.1:0"}
                authentication:
                  timeout: 60s
                  use: [{type: file, path: users}]
                guard: {failed-logins: 3, ban: 1h, ban-max: 1h, ban-loopback: true}
                """);
        TernMq.Result passwd = TernMq.shipped()
                .runWithInput("secret\n", "passwd", folder.file("users").toString(), "ada", "--password-stdin");
        assertThat(passwd.exit()).as(passwd.all()).isZero();
        return folder;
    }

    @Test
    void whoGuessesIsBanned() throws Exception {
        int port = withUser().start().port();
        Connect right = Connect.clean("client").user("ada", "secret");
        Connect wrong = Connect.clean("client").user("ada", "guess");
        assertThat(answer(port, right)).isZero();
        for (int i = 0; i < 3; i++) {
            assertThat(answer(port, wrong)).isEqualTo(0x86);
        }
        assertThat(answer(port, wrong)).isEqualTo(0x8A);
        assertThat(answer(port, right)).as("not even asked").isEqualTo(0x8A);
    }

    @Test
    void clientIdentifiersMayHaveToGoWithTheUser() throws Exception {
        int port = withUser()
                .start("--set", "authentication.client-id=starts-with-user")
                .port();
        assertThat(answer(port, Connect.clean("ada-1").user("ada", "secret"))).isZero();
        assertThat(answer(port, Connect.clean("bob-1").user("ada", "secret"))).isEqualTo(0x85);
    }

    @Test
    void takeOversEnd() throws Exception {
        int port = brokers.folder("broker")
                .start("--set", "guard.take-overs-per-minute=3")
                .port();
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            clients.add(RawClient.connect(port, 5, Connect.clean("fought-for")));
        }
        RawClient winner = clients.get(3);
        assertThat(answer(port, Connect.clean("fought-for"))).isEqualTo(0x9F);
        winner.sendHex("C0 00");
        winner.expect(RawPacket.PINGRESP);
        for (RawClient each : clients) {
            each.close();
        }
    }

    @Test
    void connectionsOfOneAddressAreCounted() throws Exception {
        int port = brokers.folder("broker")
                .start("--set", "guard.connections-per-address=1")
                .port();
        try (RawClient first = RawClient.connect(port, 5, Connect.clean("first"))) {
            assertThat(answer(port, Connect.clean("second"))).isEqualTo(0x97);
            first.disconnect();
        }
        // The broker sees the end of the first one a moment later.
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(answer(port, Connect.clean("second"))).isZero());
    }

    @Test
    void clientsThatAreNotLetInShareAMeasureOfMemory() throws Exception {
        int port = brokers.folder("broker")
                .start("--set", "guard.unauthenticated-memory=200KiB")
                .port();
        byte[] halfAConnect = new Bytes()
                .u8(0x10)
                .varInt(200_000)
                .text("MQTT")
                .u8(5)
                .u8(2)
                .bytes(new byte[150_000])
                .toArray();
        try (RawClient one = RawClient.open(port, 5);
                RawClient two = RawClient.open(port, 5)) {
            one.send(halfAConnect);
            two.send(halfAConnect);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(List.of(isClosed(one), isClosed(two)))
                            .as("one of the two goes, or both, if each finds what the other has taken")
                            .contains(true));
            assertThat(answer(port, Connect.clean("other")))
                    .as("others come in")
                    .isZero();
        }
    }

    /** A frame is kept until it is whole: what is kept counts, and is bounded, before the client is let in. */
    @Test
    void framesOfClientsThatAreNotLetInCount() throws Exception {
        BrokerFolder folder = brokers.folder("frames").configure("""
                listeners:
                  - {name: mqtt, bind: "127.0.0.1:0", max-packet-size: 8MiB, websocket: {path: /mqtt}}
                guard: {unauthenticated-memory: 300KiB}
                """);
        BrokerProcess small = folder.start();
        int port = small.port();
        try (RawWebSocket one = RawWebSocket.open(port);
                RawWebSocket two = RawWebSocket.open(port)) {
            one.begin(4_000_000, new byte[200_000]);
            two.begin(4_000_000, new byte[200_000]);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(List.of(one.isClosed(), two.isClosed()))
                            .as("one of the two goes, or both, if each finds what the other has taken")
                            .contains(true));
            RawClient.connect(RawWebSocket.open(port), 5, Connect.clean("other"))
                    .disconnect();
        }
        assertThat(small.stop()).isZero();
        folder.configure(Files.readString(folder.config()).replace("300KiB", "64MiB"));
        int other = folder.start().port();
        try (RawWebSocket one = RawWebSocket.open(other)) {
            one.begin(4_000_000, new byte[600_000]);
            Awaitility.await().until(one::isClosed);
        }
    }

    private static boolean isClosed(RawClient client) throws IOException {
        try {
            client.poll(Duration.ofMillis(50));
            return false;
        } catch (EOFException | SocketException e) {
            return true;
        }
    }
}
