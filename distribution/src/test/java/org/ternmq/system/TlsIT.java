package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import io.netty.pkitesting.RevocationServer;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.system.RawClient.Connect;

/** Listeners that speak TLS: whom they show, whom they let in, and what they do about files that cannot be used. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class TlsIT {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Optional<X509Bundle> NOBODY = Optional.empty();

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private static String listener(String more) {
        return "listeners: [{name: secure, bind: '127.0.0.1:0', tls: {certificate: server.crt, key: server.key" + more
                + "}}]\n";
    }

    private BrokerFolder folder(TestCa ca, String more) throws Exception {
        BrokerFolder folder = brokers.folder("tls").configure(listener(more));
        ca.write(folder, ca.server());
        return folder;
    }

    private static RawClient raw(TestCa ca, BrokerProcess broker, Optional<X509Bundle> client, Connect connect)
            throws Exception {
        return RawClient.connect(RawTransport.of(ca.connect(broker.port("secure"), client)), 5, connect);
    }

    /** The code of the CONNACK. */
    private static int code(TestCa ca, BrokerProcess broker, Optional<X509Bundle> client, Connect connect)
            throws Exception {
        try (RawClient raw = RawClient.open(RawTransport.of(ca.connect(broker.port("secure"), client)), 5)) {
            raw.send(connect.packet(5));
            return raw.expect(RawPacket.CONNACK).u8(1);
        }
    }

    /** With TLS 1.3 the client is through with its handshake before the broker has judged its certificate. */
    private static void assertNotLetIn(TestCa ca, BrokerProcess broker, Optional<X509Bundle> client) {
        assertThatThrownBy(() -> raw(ca, broker, client, Connect.clean("stranger")))
                .isInstanceOf(IOException.class);
    }

    private static X509Certificate shown(TestCa ca, BrokerProcess broker) throws Exception {
        try (SSLSocket socket = ca.connect(broker.port("secure"), NOBODY)) {
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    /** Each handshake costs the broker far more than the client, and one connection is enough for very many (threats 46). */
    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void aConnectionHasOneHandshake(String provider) throws Exception {
        TestCa ca = new TestCa("Test CA");
        BrokerProcess broker = folder(ca, ", provider: " + provider).start();
        try (SSLSocket socket = (SSLSocket) ca.socketFactory().createSocket("localhost", broker.port("secure"))) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"}); // 1.3 has no renegotiation
            socket.setSoTimeout((int) SOON.toMillis());
            socket.startHandshake();
            assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
            assertThatThrownBy(() -> {
                        socket.startHandshake();
                        if (socket.getInputStream().read() < 0) {
                            throw new SSLException("closed");
                        }
                    })
                    .isInstanceOf(SSLException.class);
        }
        raw(ca, broker, NOBODY, Connect.clean("another")).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void carriesMessagesOfAnySize(String provider) throws Exception {
        TestCa ca = new TestCa("Test CA");
        BrokerProcess broker = folder(ca, ", provider: " + provider).start();
        assertThat(broker.readyLine()).contains("secure=mqtts://127.0.0.1:" + broker.port("secure"));

        Mqtt5BlockingClient client = MqttClient.builder()
                .useMqttVersion5()
                .serverHost("localhost")
                .serverPort(broker.port("secure"))
                .sslConfig()
                .trustManagerFactory(ca.trust())
                .applySslConfig()
                .buildBlocking();
        client.connect();
        try (var publishes = client.publishes(com.hivemq.client.mqtt.MqttGlobalPublishFilter.ALL)) {
            client.subscribeWith().topicFilter("big/#").send();
            for (int size : new int[] {0, 1, 1_000, 16_384, 500_000}) {
                byte[] payload = new byte[size];
                java.util.Arrays.fill(payload, (byte) size);
                client.publishWith()
                        .topic("big/" + size)
                        .qos(com.hivemq.client.mqtt.datatypes.MqttQos.EXACTLY_ONCE)
                        .payload(payload)
                        .send();
                assertThat(publishes.receive(10, TimeUnit.SECONDS).orElseThrow().getPayloadAsBytes())
                        .isEqualTo(payload);
            }
        }
        client.disconnect();
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void mosquittosClientsComeIn() throws Exception {
        External.program("mosquitto_pub");
        TestCa ca = new TestCa("Test CA");
        BrokerFolder folder = folder(ca, "");
        BrokerProcess broker = folder.start();
        assertThat(broker.awaitLine("Listener 'secure': TLS by ", SOON)).isPresent();
        String port = Integer.toString(broker.port("secure"));
        List<String> call = List.of(
                "mosquitto_pub",
                "-h",
                "localhost",
                "-p",
                port,
                "--cafile",
                folder.file("ca.crt").toString(),
                "-t",
                "a",
                "-m",
                "b",
                "-q",
                "1",
                "-i",
                "mosquitto");

        assertThat(TernMq.finish(new ProcessBuilder(call).start(), "", "mosquitto_pub")
                        .exit())
                .isZero();
        assertThat(broker.awaitLine("connected    client=mosquitto", SOON)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void aCertificateIsAskedForAndItsNameIsTheUser(String provider) throws Exception {
        TestCa ca = new TestCa("Test CA");
        BrokerFolder folder =
                folder(ca, ", client-auth: required, client-ca: ca.crt, user-name: cn, provider: " + provider);
        Files.writeString(
                folder.config(), "authentication: {allow-anonymous: false}\n", java.nio.file.StandardOpenOption.APPEND);
        BrokerProcess broker = folder.start();
        Optional<X509Bundle> alice = Optional.of(ca.client("CN=alice,O=Test"));

        raw(ca, broker, alice, Connect.clean("a")).disconnect();
        assertThat(broker.awaitLine("connected    client=a user=alice ", SOON)).isPresent();
        assertThat(code(ca, broker, alice, Connect.clean("b").user("alice", "whatever")))
                .isZero();
        assertThat(code(ca, broker, alice, Connect.clean("c").user("bob", "secret")))
                .isEqualTo(0x86);
        assertThat(broker.awaitLine("the user name is not that of the certificate, 'alice'", SOON))
                .isPresent();

        assertNotLetIn(ca, broker, NOBODY);
        assertNotLetIn(
                ca, broker, Optional.of(new TestCa("Test CA").client("CN=alice"))); // the same names, another key
        assertNotLetIn(ca, broker, Optional.of(ca.server())); // not issued to be a client
        assertNotLetIn(
                ca,
                broker,
                Optional.of(ca.client("CN=late", b -> b.notAfter(Instant.now().minusSeconds(60)))));
        Awaitility.await().atMost(SOON).until(() -> count(broker, "TLS handshake failed") == 4);
        assertNotLetIn(ca, broker, Optional.of(ca.client("O=Nobody")));
        assertNotLetIn(ca, broker, Optional.of(ca.client("CN=alice,CN=bob")));
        Awaitility.await().atMost(SOON).until(() -> count(broker, "has not exactly one user name") == 2);
        assertThat(broker.faults()).isEmpty();
    }

    private static long count(BrokerProcess broker, String part) {
        return broker.lines().stream().filter(line -> line.contains(part)).count();
    }

    @Test
    void withoutACertificateThePasswordCountsWhereBothAreAllowed() throws Exception {
        TestCa ca = new TestCa("Test CA");
        BrokerFolder folder = folder(ca, ", client-auth: optional, client-ca: ca.crt, user-name: san");
        Files.writeString(
                folder.config(),
                "authentication: {timeout: 60s, use: [{type: file, path: users}]}\n",
                java.nio.file.StandardOpenOption.APPEND);
        TernMq.shipped().runWithInput("secret\n", "passwd", folder.file("users").toString(), "bob", "--password-stdin");
        BrokerProcess broker = folder.start();
        Optional<X509Bundle> alice = Optional.of(ca.client("CN=x", b -> b.addSanRfc822Name("alice@example.org")));

        assertThat(code(ca, broker, NOBODY, Connect.clean("b").user("bob", "secret")))
                .isZero();
        assertThat(code(ca, broker, NOBODY, Connect.clean("b").user("bob", "wrong")))
                .isEqualTo(0x86);
        assertThat(code(ca, broker, NOBODY, Connect.clean("b").user("alice@example.org", "")))
                .isEqualTo(0x86);
        assertThat(code(ca, broker, NOBODY, Connect.clean("b"))).isEqualTo(0x87);
        assertThat(code(ca, broker, alice, Connect.clean("a"))).isZero();
        assertThat(broker.awaitLine("client=a user=alice@example.org", SOON)).isPresent();
        assertThat(code(ca, broker, alice, Connect.clean("a").user("bob", "secret")))
                .isEqualTo(0x86);
        assertNotLetIn(ca, broker, Optional.of(new TestCa("Test CA").client("CN=eve")));
    }

    @Test
    void aRevokedCertificateStaysOutsideFromTheNextReloadOn() throws Exception {
        TestCa ca = new TestCa("Test CA");
        X509Bundle alice = ca.client("CN=alice");
        X509Bundle bob = ca.client("CN=bob");
        RevocationServer revocations = RevocationServer.getInstance();
        revocations.register(ca.root());
        BrokerFolder folder =
                folder(ca, ", client-auth: required, client-ca: ca.crt, client-crl: revoked.pem, user-name: cn");
        folder.write("revoked.pem", TestCa.crl(revocations.getCrlUri(ca.root())));
        BrokerProcess broker = folder.start();
        raw(ca, broker, Optional.of(alice), Connect.clean("alice")).disconnect();
        RawClient stays = raw(ca, broker, Optional.of(bob), Connect.clean("bob"));

        revocations.revoke(alice, Instant.now().minusSeconds(10));
        folder.write("revoked.pem", TestCa.crl(revocations.getCrlUri(ca.root())));
        broker.signal("HUP");
        assertThat(broker.awaitLine("The certificate of listener 'secure' is reloaded", SOON))
                .isPresent();

        assertNotLetIn(ca, broker, Optional.of(alice));
        raw(ca, broker, Optional.of(bob), Connect.clean("bob2")).disconnect();
        stays.sendHex("C0 00");
        stays.expect(RawPacket.PINGRESP);
    }

    @Test
    void aNewCertificateIsShownAfterSighupAndABadOneIsNot() throws Exception {
        TestCa ca = new TestCa("Test CA");
        BrokerFolder folder = folder(ca, "");
        BrokerProcess broker = folder.start();
        X509Certificate first = shown(ca, broker);
        RawClient stays = raw(ca, broker, NOBODY, Connect.clean("stays"));

        X509Bundle second = ca.server();
        folder.write("server.crt", second.getCertificatePEM()); // and the key is still the old one
        broker.signal("HUP");
        assertThat(broker.awaitLine("was not reloaded, the old one stays in force: ", SOON))
                .hasValueSatisfying(
                        line -> assertThat(line).contains("server.key is not the private key of the certificate in"));
        assertThat(shown(ca, broker)).isEqualTo(first);

        folder.write("server.key", second.getPrivateKeyPEM());
        broker.signal("HUP");
        assertThat(broker.awaitLine("The certificate of listener 'secure' is reloaded", SOON))
                .isPresent();
        assertThat(shown(ca, broker)).isEqualTo(second.getCertificate());
        stays.sendHex("C0 00");
        stays.expect(RawPacket.PINGRESP);
    }

    @Test
    void filesThatDoNotFitStopTheStartAndAreNamedByCheckToo() throws Exception {
        TestCa ca = new TestCa("Test CA");
        BrokerFolder folder = folder(ca, "");
        folder.write("server.key", ca.server().getPrivateKeyPEM());

        TernMq.Result started = folder.startAndEnd();
        TernMq.Result checked =
                TernMq.shipped().run("check", "--config", folder.config().toString());

        String problem = ":1:85: listeners[0].tls.key: " + folder.file("server.key")
                + " is not the private key of the certificate in " + folder.file("server.crt");
        assertThat(started.exit()).as(started.all()).isEqualTo(2);
        assertThat(started.err()).contains(problem);
        assertThat(checked.exit()).isEqualTo(2);
        assertThat(checked.out()).contains(problem);
    }

    @Test
    void whatIsNotTlsIsRefusedWithOneLineAndSilenceAfterATime() throws Exception {
        TestCa ca = new TestCa("Test CA");
        BrokerProcess broker =
                folder(ca, ", handshake-timeout: 300ms, protocols: [TLSv1.3]").start();

        try (RawClient plain = RawClient.open(broker.port("secure"), 5)) {
            plain.send(Connect.clean("plain").packet(5));
            plain.expectClosed();
        }
        assertThat(broker.awaitLine("TLS handshake failed: not an SSL/TLS record", SOON))
                .isPresent();
        try (RawClient silent = RawClient.open(broker.port("secure"), 5)) {
            silent.expectClosed();
        }
        assertThat(broker.awaitLine("TLS handshake failed: handshake timed out after 300ms", SOON))
                .isPresent();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.port("secure"));
        SSLSocket old = (SSLSocket) javax.net.ssl.SSLContext.getDefault()
                .getSocketFactory()
                .createSocket(socket, "localhost", socket.getPort(), true);
        old.setEnabledProtocols(new String[] {"TLSv1.2"});
        assertThatThrownBy(old::startHandshake).isInstanceOf(IOException.class);
        Awaitility.await().atMost(SOON).until(() -> count(broker, "TLS handshake failed") == 3);
        assertThat(count(broker, "refused ")).isEqualTo(3);
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void aKeystoreWillDoAndAnEndThatIsNearIsSaid() throws Exception {
        TestCa ca = new TestCa("Test CA");
        BrokerFolder folder = brokers.folder("keystore").configure("""
                listeners: [{name: secure, bind: '127.0.0.1:0', tls: {keystore: server.p12, keystore-password: changeit}}]
                """);
        TestCa.keystore(
                folder.file("server.p12"),
                ca.server(b -> b.notAfter(Instant.now().plus(9, ChronoUnit.DAYS).plusSeconds(60))));
        BrokerProcess broker = folder.start();

        assertThat(broker.awaitLine("the certificate of CN=localhost expires in 9 days", SOON))
                .isPresent();
        raw(ca, broker, NOBODY, Connect.clean("a")).disconnect();
    }

    @Test
    void readsTheKeysThatOpensslWrites() throws Exception {
        External.program("openssl");
        BrokerFolder folder = brokers.folder("keys");
        openssl(folder, "genrsa -traditional -out rsa.key 2048");
        openssl(folder, "ecparam -name prime256v1 -genkey -noout -out ec.key");
        openssl(folder, "genpkey -algorithm ED25519 -out ed.key");
        openssl(folder, "genpkey -algorithm RSA -aes-256-cbc -pass pass:right -out sealed.key");
        StringBuilder yaml = new StringBuilder("listeners:\n");
        for (String name : List.of("rsa", "ec", "ed", "sealed")) {
            openssl(
                    folder,
                    "req -x509 -days 60 -passin pass:right -subj /CN=a -key " + name + ".key -out " + name + ".crt");
            yaml.append("  - {name: " + name + ", bind: '127.0.0.1:0', tls: {certificate: " + name + ".crt, key: "
                    + name + ".key" + (name.equals("sealed") ? ", key-password: right" : "") + "}}\n");
        }
        folder.configure(yaml.toString());
        TernMq.Result good =
                TernMq.shipped().run("check", "--config", folder.config().toString());
        assertThat(good.out().strip()).isEqualTo("ok");

        folder.configure(yaml.toString().replace(": right", ": wrong"));
        TernMq.Result wrong =
                TernMq.shipped().run("check", "--config", folder.config().toString());
        assertThat(wrong.exit()).isEqualTo(2);
        assertThat(wrong.out().strip()).endsWith("sealed.key: key-password is wrong");
    }

    private static void openssl(BrokerFolder folder, String arguments) throws Exception {
        List<String> call = new ArrayList<>(List.of("openssl"));
        call.addAll(List.of(arguments.split(" ")));
        ProcessBuilder program =
                new ProcessBuilder(call).directory(folder.file(".").toFile());
        TernMq.Result result = TernMq.finish(program.start(), "", "openssl");
        assertThat(result.exit()).as(result.all()).isZero();
    }
}
