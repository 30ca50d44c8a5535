package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.ternmq.system.RawClient.Connect;

/** Who comes in with a token, and when the broker ends that. */
@Timeout(180)
@Execution(ExecutionMode.CONCURRENT)
final class JwtIT {
    private static final int BAD_USER_NAME_OR_PASSWORD = 0x86;
    private static final int MAXIMUM_CONNECT_TIME = 0xA0;
    private static final Duration LONG = Duration.ofHours(1);

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private static ECKey key(String kid) throws Exception {
        return new ECKeyGenerator(Curve.P_256).keyID(kid).generate();
    }

    private static String token(ECKey key, String user, Instant end) throws Exception {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(),
                new JWTClaimsSet.Builder()
                        .subject(user)
                        .audience("broker")
                        .expirationTime(Date.from(end))
                        .build());
        token.sign(new ECDSASigner(key));
        return token.serialize();
    }

    private static String token(ECKey key, String user) throws Exception {
        return token(key, user, Instant.now().plus(LONG));
    }

    private static void writeKeys(BrokerFolder folder, ECKey key) throws IOException {
        folder.write("keys.json", new JWKSet(key.toPublicJWK()).toString());
    }

    private BrokerFolder folder(ECKey key) throws Exception {
        BrokerFolder folder = brokers.folder("jwt").configure(BrokerFolder.ONE_LISTENER + """
                authentication:
                  use:
                    - {type: jwt, keys: keys.json, algorithms: [ES256], audience: broker, leeway: 0s}
                    - {type: file, path: users}
                """);
        writeKeys(folder, key);
        TernMq.shipped()
                .runWithInput("in.the.file\n", "passwd", folder.file("users").toString(), "bob", "--password-stdin");
        return folder;
    }

    private static int code(BrokerProcess broker, byte[] connect) throws IOException {
        try (RawClient client = RawClient.open(broker.port(), 5)) {
            client.send(connect);
            return client.expect(RawPacket.CONNACK).u8(1);
        }
    }

    private static int code(BrokerProcess broker, String user, String password) throws IOException {
        return code(
                broker, Connect.clean("client of " + user).user(user, password).packet(5));
    }

    /** A CONNECT that has a password and no user name, as 5.0 allows (MQTT-3.1.2.9). */
    private static byte[] passwordAlone(String password) {
        Bytes body = new Bytes()
                .text("MQTT")
                .u8(5)
                .u8(0x42)
                .u16(60)
                .varInt(0)
                .text("nameless")
                .text(password);
        return new Bytes().u8(0x10).counted(body).toArray();
    }

    @Test
    void letsInWhoHasAToken() throws Exception {
        ECKey key = key("one");
        BrokerProcess broker = folder(key).start();
        String ada = token(key, "ada");
        String late = token(key, "ada", Instant.now().minusSeconds(5));
        assertThat(code(broker, "ada", ada)).isZero();
        assertThat(code(broker, passwordAlone(ada))).isZero();
        assertThat(broker.awaitLine("client=nameless user=ada", Duration.ofSeconds(10)))
                .as("the name is the token's")
                .isPresent();
        assertThat(code(broker, "root", ada)).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(code(broker, "ada", late)).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(broker.awaitLine("the token ran out at", Duration.ofSeconds(10)))
                .isPresent();
        assertThat(code(broker, "ada", token(key("one"), "ada"))).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(broker.awaitLine("wrong signature", Duration.ofSeconds(10))).isPresent();
        assertThat(code(broker, "bob", "in.the.file"))
                .as("what is no token is the next one's")
                .isZero();
        assertThat(code(broker, "bob", "wrong")).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        for (String part : (ada + "." + late).split("\\.")) {
            assertThat(broker.log()).doesNotContain(part);
        }
        assertThat(broker.faults()).isEmpty();
        assertThat(broker.stop()).isZero();
    }

    @Test
    void aTokenThatRunsOutEndsTheConnection() throws Exception {
        ECKey key = key("one");
        BrokerProcess broker = folder(key).start();
        RawClient watcher =
                RawClient.connect(broker.port(), 5, Connect.clean("watcher").user("ada", token(key, "ada")));
        watcher.subscribe("will/#", 1);
        Instant end = Instant.now().plusSeconds(8);
        Connect five = Connect.clean("five").user("ada", token(key, "ada", end)).will("will/five");
        RawClient v5 = RawClient.connect(broker.port(), 5, five);
        RawClient v4 = RawClient.connect(broker.port(), 4, Connect.clean("four").user("ada", token(key, "ada", end)));
        v4.sendHex("C0 00");
        v4.expect(RawPacket.PINGRESP);

        RawPacket disconnect = v5.poll(Duration.ofSeconds(60)).orElseThrow();
        assertThat(disconnect.type()).isEqualTo(RawPacket.DISCONNECT);
        assertThat(disconnect.disconnectReason()).isEqualTo(MAXIMUM_CONNECT_TIME);
        assertThat(Instant.now()).isAfterOrEqualTo(end.minusSeconds(1)); // exp has no fractions of a second
        v5.expectClosed();
        v4.expectClosed();
        assertThat(watcher.expectPublish().topic()).isEqualTo("will/five");
        watcher.sendHex("C0 00");
        assertThat(watcher.expect(RawPacket.PINGRESP)).as("its token holds").isNotNull();
        watcher.close();
        assertThat(code(broker, five.packet(5))).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(broker.stop()).isZero();
    }

    @Test
    void readsTheKeysAgainOnSighup() throws Exception {
        ECKey one = key("one");
        ECKey two = key("two");
        BrokerFolder folder = folder(one);
        BrokerProcess broker = folder.start();
        assertThat(code(broker, "ada", token(two, "ada"))).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(broker.awaitLine("no key has the kid", Duration.ofSeconds(10)))
                .isPresent();
        writeKeys(folder, two);
        broker.signal("HUP");
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> code(broker, "ada", token(two, "ada")) == 0);
        assertThat(code(broker, "ada", token(one, "ada"))).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        folder.write("keys.json", "{}");
        broker.signal("HUP");
        assertThat(broker.awaitLine("was not reloaded", Duration.ofSeconds(20))).isPresent();
        assertThat(code(broker, "ada", token(two, "ada")))
                .as("the old keys stay")
                .isZero();
        assertThat(broker.stop()).isZero();
    }

    @Test
    void settingsThatAreNotSafeStopTheStart() throws Exception {
        BrokerFolder folder = brokers.folder("jwt");
        folder.write("secret", "short");
        folder.configure(BrokerFolder.ONE_LISTENER
                + "authentication: {use: [{type: jwt, secret-file: secret, algorithms: [HS256]}]}\n");
        TernMq.Result weak = folder.startAndEnd();
        assertThat(weak.exit()).isEqualTo(2);
        assertThat(weak.err()).contains("secret-file: HS256 needs at least 32 bytes");
        folder.configure(BrokerFolder.ONE_LISTENER
                + "authentication: {use: [{type: jwt, secret-file: secret, algorithms: [none]}]}\n");
        TernMq.Result none = folder.startAndEnd();
        assertThat(none.exit()).isEqualTo(2);
        assertThat(none.err()).contains("ternmq.yaml:", "algorithms: 'none' is not one of RS256");
    }
}
