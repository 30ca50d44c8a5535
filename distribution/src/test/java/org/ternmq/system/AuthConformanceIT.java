package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.riddle.RiddleFactory;

/** Chapters 3.15 and 4.12 of MQTT 5.0: AUTH, with a plugin that asks one question, dropped into a copy of the tree. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class AuthConformanceIT {
    private static final int AUTH = 15;
    private static final int CONTINUE = 0x18;
    private static final int AGAIN = 0x19;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private int start() throws Exception {
        Path copy = brokers.base().resolve("tree");
        Trees.link(TernMq.shipped().tree(), copy);
        writePlugin(copy.resolve("plugins/riddle.jar"));
        return brokers.folder("broker", new TernMq(copy))
                .configure(BrokerFolder.ONE_LISTENER + "authentication: {use: [{type: riddle}]}\n")
                .start("--set", "protocol.reason-strings=false")
                .port();
    }

    private static void writePlugin(Path jar) throws IOException, URISyntaxException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Plugin-Id", "riddle");
        attributes.putValue("Plugin-Version", "1.0.0");
        attributes.putValue("Plugin-Requires", ">=1.0.0 & <2.0.0");
        Path classes = Path.of(RiddleFactory.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Path folder = classes.resolve(RiddleFactory.class.getPackageName().replace('.', '/'));
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                Stream<Path> all = Files.list(folder)) {
            put(out, "META-INF/extensions.idx", RiddleFactory.class.getName().getBytes(StandardCharsets.UTF_8));
            for (Path path : all.toList()) {
                put(out, classes.relativize(path).toString(), Files.readAllBytes(path));
            }
        }
    }

    private static void put(JarOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new JarEntry(name));
        out.write(content);
        out.closeEntry();
    }

    private static Bytes method(String name) {
        return new Bytes().u8(0x15).text(name);
    }

    private static byte[] auth(int code, String method, String data) {
        Bytes body = new Bytes().u8(code).counted(method(method).u8(0x16).text(data));
        return new Bytes().u8(0xF0).counted(body).toArray();
    }

    /** A client that has been asked the question. */
    private static RawClient asked(int port) throws IOException {
        RawClient client = RawClient.open(port, 5);
        client.send(Packets.connect("client", method(RiddleFactory.METHOD)));
        expectQuestion(client);
        return client;
    }

    private static void expectQuestion(RawClient client) throws IOException {
        RawPacket packet = client.expect(AUTH);
        assertThat(packet.first()).isEqualTo(0xF0);
        assertThat(packet.body())
                .as("continue; method and data, and nothing else")
                .isEqualTo(new Bytes()
                        .u8(CONTINUE)
                        .counted(method(RiddleFactory.METHOD).u8(0x16).text(RiddleFactory.QUESTION))
                        .toArray());
    }

    private static void expectRefusal(RawClient client, int code) throws IOException {
        RawPacket connAck = client.expect(RawPacket.CONNACK);
        assertThat(connAck.u8(0)).isZero();
        assertThat(connAck.u8(1)).isEqualTo(code);
        client.expectClosed();
    }

    private static RawClient connected(int port) throws IOException {
        RawClient client = asked(port);
        client.send(auth(CONTINUE, RiddleFactory.METHOD, RiddleFactory.ANSWER));
        RawPacket connAck = client.expect(RawPacket.CONNACK);
        assertThat(connAck.u8(1)).isZero();
        assertThat(new String(connAck.body(), StandardCharsets.ISO_8859_1))
                .as("the method in %s", connAck)
                .contains(new String(method(RiddleFactory.METHOD).toArray(), StandardCharsets.ISO_8859_1));
        return client;
    }

    @Test
    @Mqtt5({
        "3.1.2-30",
        "3.2.0-1",
        "3.14.0-1",
        "3.15.1-1",
        "3.15.2-1",
        "3.15.2-2",
        "3.15.2-3",
        "4.12.0-1",
        "4.12.0-2",
        "4.12.0-3",
        "4.12.0-4",
        "4.12.0-5"
    })
    void beforeTheClientIsIn() throws Exception {
        int port = start();
        connected(port).disconnect();
        for (byte[] wrong : List.of(
                new byte[] {(byte) 0xC0, 0}, // PINGREQ
                auth(AGAIN, RiddleFactory.METHOD, RiddleFactory.ANSWER),
                auth(0, RiddleFactory.METHOD, RiddleFactory.ANSWER),
                auth(CONTINUE, "OTHER", RiddleFactory.ANSWER))) {
            try (RawClient client = asked(port)) {
                client.send(wrong);
                expectRefusal(client, 0x82);
            }
        }
        try (RawClient client = asked(port)) {
            byte[] flagged = auth(CONTINUE, RiddleFactory.METHOD, RiddleFactory.ANSWER);
            flagged[0] = (byte) 0xF1;
            client.send(flagged);
            expectRefusal(client, 0x81);
        }
        try (RawClient client = asked(port)) {
            client.send(auth(CONTINUE, RiddleFactory.METHOD, "a molehill"));
            expectRefusal(client, 0x87);
        }
        try (RawClient client = RawClient.open(port, 5)) {
            client.send(Packets.connect("client", method("OTHER")));
            expectRefusal(client, 0x8C);
        }
    }

    @Test
    @Mqtt5({"3.12.4-1", "3.15.2-1", "4.12.0-2", "4.12.0-5", "4.12.1-1", "4.12.1-2", "4.13.2-1"})
    void onceTheClientIsIn() throws Exception {
        int port = start();
        try (RawClient client = connected(port)) {
            client.send(auth(AGAIN, RiddleFactory.METHOD, ""));
            expectQuestion(client);
            client.sendHex("C0 00"); // all goes on meanwhile
            client.expect(RawPacket.PINGRESP);
            client.send(auth(CONTINUE, RiddleFactory.METHOD, RiddleFactory.ANSWER));
            RawPacket done = client.expect(AUTH);
            assertThat(done.u8(0)).isZero();
            assertThat(done.body())
                    .isEqualTo(new Bytes()
                            .u8(0)
                            .counted(method(RiddleFactory.METHOD))
                            .toArray());
            client.send(auth(AGAIN, RiddleFactory.METHOD, ""));
            expectQuestion(client);
            client.send(auth(CONTINUE, RiddleFactory.METHOD, "a molehill"));
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(0x87);
            client.expectClosed();
        }
        try (RawClient client = connected(port)) {
            client.send(auth(AGAIN, "OTHER", ""));
            assertThat(client.expect(RawPacket.DISCONNECT).disconnectReason()).isEqualTo(0x82);
            client.expectClosed();
        }
    }
}
