package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ternmq pub} and {@code ternmq sub}, by the options that mosquitto's clients have. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class PubSubIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    private BrokerFolder folder;
    private BrokerProcess broker;

    @BeforeEach
    void start() throws Exception {
        folder = brokers.folder("clients");
        TestCa ca = new TestCa("ca");
        ca.write(folder, ca.server());
        X509Bundle client = ca.client("CN=reader");
        folder.write("client.crt", client.getCertificatePEM());
        folder.write("client.key", client.getPrivateKeyPEM());
        folder.configure("""
                listeners:
                  - {name: mqtt, bind: "127.0.0.1:0"}
                  - name: secure
                    bind: "127.0.0.1:0"
                    tls: {certificate: server.crt, key: server.key, client-auth: required, client-ca: ca.crt}
                  - {name: web, bind: "127.0.0.1:0", websocket: {path: /mqtt}}
                """);
        broker = folder.start();
    }

    private TernMq.Result ternmq(String input, List<String> words) throws Exception {
        return TernMq.shipped().runWithInput(input, words.toArray(String[]::new));
    }

    private List<String> call(String command, String... words) {
        List<String> all = new ArrayList<>(List.of(command, "-p", Integer.toString(broker.port())));
        all.addAll(List.of(words));
        return all;
    }

    private TernMq.Result pub(String... words) throws Exception {
        return ternmq("", call("pub", words));
    }

    private TernMq.Result sub(String... words) throws Exception {
        return ternmq("", call("sub", words));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mqttv311", "mqttv5"})
    void aSessionIsMadeFilledAndRead(String version) throws Exception {
        String[] session = {"-V", version, "-i", "reader", "-c", "-q", "1", "-t", "lines/#"};
        assertThat(sub(with(session, "-E")).exit()).isZero();
        String input = String.join(
                        "\n", IntStream.range(0, 500).mapToObj(i -> "line " + i).toList()) + "\n";
        TernMq.Result published = ternmq(input, call("pub", "-V", version, "-t", "lines/a", "-q", "1", "-l"));
        assertThat(published.exit()).as(published.all()).isZero();
        // Some now, and what was not acknowledged stays for the next.
        TernMq.Result some = sub(with(session, "-C", "100", "-W", "20"));
        assertThat(some.exit()).as(some.all()).isZero();
        TernMq.Result rest = sub(with(session, "-C", "400", "-W", "20", "-v"));
        assertThat(rest.exit()).as(rest.all()).isZero();
        assertThat(some.out().lines())
                .containsExactlyElementsOf(
                        IntStream.range(0, 100).mapToObj(i -> "line " + i).toList());
        assertThat(rest.out().lines())
                .containsExactlyElementsOf(IntStream.range(100, 500)
                        .mapToObj(i -> "lines/a line " + i)
                        .toList());
    }

    private static String[] with(String[] first, String... more) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void propertiesOfMqtt5GoThere() throws Exception {
        Path file = Files.write(folder.file("payload"), new byte[] {0, (byte) 0xFF, '"'});
        TernMq.Result published = pub(
                "-V",
                "mqttv5",
                "-t",
                "p/1",
                "-r",
                "-q",
                "2",
                "-f",
                file.toString(),
                "-D",
                "publish",
                "content-type",
                "text/x",
                "-D",
                "publish",
                "user-property",
                "colour",
                "blue",
                "-D",
                "PUBLISH",
                "response-topic",
                "p/2",
                "-D",
                "publish",
                "message-expiry-interval",
                "1000");
        assertThat(published.exit()).as(published.all()).isZero();
        TernMq.Result read = sub(
                "-V", "mqttv5", "-t", "p/#", "-q", "2", "-C", "1", "-W", "20", "-F", "%t %q %r %l %x %C %P %R %E%%");
        assertThat(read.exit()).as(read.all()).isZero();
        assertThat(read.out().strip()).matches("p/1 2 1 3 00ff22 text/x colour:blue p/2 (1000|99\\d)%");
        // Removed, it is not there any more.
        assertThat(pub("-t", "p/1", "-r", "-n").exit()).isZero();
        assertThat(sub("-t", "p/#", "-C", "1", "-W", "1").exit()).isEqualTo(27);
    }

    @Test
    void jsonHoldsThePayload() throws Exception {
        assertThat(pub("-t", "j", "-r", "-m", "{\"a\": [1, 2]}").exit()).isZero();
        TernMq.Result text = sub("-t", "j", "-C", "1", "-W", "20", "-F", "%j");
        assertThat(text.out()).contains("\"payload\":\"{\\\"a\\\": [1, 2]}\"", "\"topic\":\"j\"", "\"retain\":1");
        assertThat(sub("-t", "j", "-C", "1", "-W", "20", "-F", "%J").out()).contains("\"payload\":{\"a\": [1, 2]}");
    }

    @Test
    void byTlsWithACertificateAndByWebSocket() throws Exception {
        String web = "ws://127.0.0.1:" + broker.port("web") + "/mqtt";
        TernMq.Result byWeb = ternmq("all of it", List.of("pub", "-L", web, "-t", "w", "-r", "-q", "1", "-s"));
        assertThat(byWeb.exit()).as(byWeb.all()).isZero();
        List<String> secure = List.of(
                "sub",
                "-h",
                "localhost",
                "-p",
                Integer.toString(broker.port("secure")),
                "--cafile",
                folder.file("ca.crt").toString(),
                "-t",
                "w",
                "-C",
                "1",
                "-W",
                "20");
        List<String> withCertificate = new ArrayList<>(secure);
        withCertificate.addAll(List.of(
                "--cert",
                folder.file("client.crt").toString(),
                "--key",
                folder.file("client.key").toString()));
        TernMq.Result bySecure = ternmq("", withCertificate);
        assertThat(bySecure.exit()).as(bySecure.all()).isZero();
        assertThat(bySecure.out().strip()).isEqualTo("all of it");
        assertThat(ternmq("", secure).exit()).as("without a certificate").isEqualTo(1);
    }

    @Test
    void subscriberIsThereAgainAfterTheBrokerWas() throws Exception {
        int port = broker.port();
        BrokerFolder fixed = folder.configure("listeners: [{name: mqtt, bind: \"127.0.0.1:" + port + "\"}]\n");
        broker.stop();
        broker = fixed.start();
        Process reader = TernMq.shipped()
                .command("sub", "-p", Integer.toString(port), "-t", "again/#", "-q", "1", "-C", "3", "-W", "60")
                .start();
        Output out = new Output("out of sub", reader.getInputStream());
        publishUntil(out, "again/1", "first");
        broker.kill9();
        broker = fixed.start();
        // Its session was clean, so it has subscribed again, and has been sent again what is retained.
        publishUntil(out, "again/2", "second");
        assertThat(reader.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    /** Retained, so that it does not matter who is there first. */
    private void publishUntil(Output out, String topic, String message) throws Exception {
        assertThat(pub("-t", topic, "-r", "-q", "1", "-m", message).exit()).isZero();
        assertThat(out.await(line -> line.equals(message), Duration.ofSeconds(40)))
                .as("%s arrives", message)
                .isPresent();
    }

    @Test
    void whatIsWrongIsSaid() throws Exception {
        assertThat(pub("-t", "a/#", "-m", "x").exit())
                .as("a filter is no topic")
                .isEqualTo(2);
        assertThat(pub("-t", "a").exit()).as("no payload").isEqualTo(2);
        assertThat(pub("-t", "a", "-m", "x", "-D", "publish", "content-type", "y")
                        .exit())
                .as("properties without 5.0")
                .isEqualTo(2);
        assertThat(pub("-V", "mqttv5", "-t", "a", "-m", "x", "-D", "publish", "no-such", "y")
                        .err())
                .contains("no property 'no-such'");
        assertThat(sub("-t", "a", "-F", "%Q").err()).contains("%Q is unknown");
        TernMq.Result nobody = ternmq("", List.of("pub", "-p", "1", "-t", "a", "-m", "x"));
        assertThat(nobody.exit()).isEqualTo(1);
        assertThat(nobody.err()).contains("no connection to localhost:1");
        broker.stop();
        folder.write("users", "");
        folder.configure(BrokerFolder.ONE_LISTENER
                + "authentication: {allow-anonymous: false, use: [{type: file, path: users}]}\n");
        broker = folder.start();
        TernMq.Result refused3 = pub("-t", "a", "-m", "x", "-u", "me", "-P", "secret");
        assertThat(refused3.exit()).isBetween(4, 5);
        TernMq.Result refused5 = pub("-V", "mqttv5", "-t", "a", "-m", "x", "-u", "me", "-P", "secret");
        assertThat(refused5.exit()).isBetween(0x86, 0x87);
        assertThat(refused3.all() + refused5.all()).doesNotContain("secret");
    }
}
