package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.system.RawClient.Connect;

/** Configurations of Mosquitto, moved here: they pass the check, start, and let in whom Mosquitto lets in, or fewer. */
@Timeout(180)
final class MigrateIT {
    private static final Path SAMPLES = Path.of("src", "test", "resources", "mosquitto");
    private static final Pattern PORT = Pattern.compile("(?m)^(listener|port) ([1-9][0-9]{3})\\b");
    private static final Connect ANONYMOUS = Connect.clean("anonymous");
    private static final Connect ADA = Connect.clean("ada").user("ada", "lovelace");
    private static final Connect WRONG = Connect.clean("wrong").user("ada", "byron");
    private static final Connect STRANGER = Connect.clean("stranger").user("eve", "lovelace");

    /** Below the folder for temporary files: paths of sockets are short, 107 bytes at most. */
    @TempDir
    Path sockets;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final TernMq program = TernMq.shipped();
    private final Map<String, Integer> ports = new HashMap<>();
    private final List<Process> mosquittos = new ArrayList<>();

    @AfterEach
    void end() throws InterruptedException {
        for (Process each : mosquittos) {
            each.destroy();
            if (!each.waitFor(5, TimeUnit.SECONDS)) {
                each.destroyForcibly();
            }
        }
    }

    /** The samples in a folder of their own, with ports that are free and certificates that are valid. */
    private BrokerFolder samples(TestCa ca) throws Exception {
        BrokerFolder folder = brokers.folder("mosquitto");
        ca.write(folder, ca.server());
        try (Stream<Path> all = Files.walk(SAMPLES)) {
            for (Path each : all.filter(Files::isRegularFile).toList()) {
                String name = SAMPLES.relativize(each).toString();
                Files.createDirectories(folder.file(name).getParent());
                String text = Files.readString(each)
                        .replace(
                                "/run/mosquitto/mqtt.sock",
                                sockets.resolve("mqtt.sock").toString());
                folder.write(
                        name,
                        name.endsWith(".conf")
                                ? PORT.matcher(text).replaceAll(m -> m.group(1) + " " + port(m.group(2)))
                                : text);
            }
        }
        return folder;
    }

    /** The port that stands for one of a sample. */
    private int port(String written) {
        return ports.computeIfAbsent(written, w -> {
            try (ServerSocket free = new ServerSocket(0)) {
                return free.getLocalPort();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private TernMq.Result migrate(BrokerFolder from, String conf, String... more) throws Exception {
        List<String> call = new ArrayList<>(List.of(
                "migrate",
                "mosquitto",
                from.file(conf).toString(),
                "--out",
                from.file("out").toString()));
        call.addAll(List.of(more));
        return program.run(call.toArray(String[]::new));
    }

    /** Migrates, checks and starts. */
    private BrokerProcess start(BrokerFolder from, String conf) throws Exception {
        TernMq.Result result = migrate(from, conf);
        assertThat(result.exit()).as(result.all()).isIn(0, 1);
        BrokerFolder folder = brokers.folder("ternmq");
        try (Stream<Path> all = Files.list(from.file("out"))) {
            for (Path each : all.toList()) {
                folder.write(each.getFileName().toString(), Files.readString(each));
            }
        }
        return folder.start();
    }

    /** Mosquitto itself on the same configuration, without what would have it write outside its folder. */
    private void startMosquitto(BrokerFolder folder, String conf, String port) throws Exception {
        String path = External.program("mosquitto");
        String text = Files.readString(folder.file(conf))
                .replaceAll("(?m)^(pid_file|log_dest|persistence\\w*|user|http_dir) .*$", "#");
        if (System.getProperty("user.name").equals("root")) {
            text += "\nuser root\n";
        }
        folder.write("peer.conf", text);
        Process process = new ProcessBuilder(path, "-c", "peer.conf")
                .directory(folder.file(".").toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.file("mosquitto.log").toFile())
                .start();
        mosquittos.add(process);
        Awaitility.await("mosquitto on " + port).atMost(Duration.ofSeconds(20)).until(() -> {
            assertThat(process.isAlive())
                    .as(Files.readString(folder.file("mosquitto.log")))
                    .isTrue();
            try (Socket open = new Socket(InetAddress.getLoopbackAddress(), port(port))) {
                return open.isConnected();
            } catch (IOException e) {
                return false;
            }
        });
    }

    private void endMosquitto() throws InterruptedException {
        end();
        mosquittos.clear();
    }

    private interface Door {
        RawTransport open() throws Exception;
    }

    private Door tcp(String port) {
        return () -> RawTransport.of(new Socket(InetAddress.getLoopbackAddress(), port(port)));
    }

    private static boolean letsIn(Door door, Connect connect) throws Exception {
        try (RawClient client = RawClient.open(door.open(), 4)) {
            client.send(connect.packet(4));
            return client.expect(RawPacket.CONNACK).u8(1) == 0;
        } catch (IOException e) {
            return false; // a handshake that is refused may show only with the first bytes
        }
    }

    private static Map<String, Boolean> knock(Map<String, Door> doors, List<Connect> clients) throws Exception {
        Map<String, Boolean> answers = new LinkedHashMap<>();
        for (Map.Entry<String, Door> door : doors.entrySet()) {
            for (Connect client : clients) {
                answers.put(door.getKey() + " " + client.clientId(), letsIn(door.getValue(), client));
            }
        }
        return answers;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "debian/mosquitto.conf",
                "home.conf",
                "tls-clients.conf",
                "websockets.conf",
                "bridge-cloud.conf",
                "per-listener.conf",
                "acl-patterns.conf",
                "persistence.conf",
                "lan.conf",
                "limits.conf",
                "hostile.conf"
            })
    void everySamplePassesTheCheckAndStarts(String conf) throws Exception {
        BrokerFolder folder = samples(new TestCa("Test CA"));
        BrokerProcess broker = start(folder, conf);
        TernMq.Result check =
                program.run("check", "--config", folder.file("out/ternmq.yaml").toString());
        assertThat(check.exit()).as(check.all()).isZero();
        String report = Files.readString(folder.file("out/report.txt"));
        List<String> lines = Files.readAllLines(folder.file(conf));
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank() && !lines.get(i).startsWith("#")) {
                assertThat(report)
                        .as("line %s of %s", i + 1, conf)
                        .contains("\n  " + (i + 1) + ": " + lines.get(i).split(" ")[0]);
            }
        }
        assertThat(broker.faults()).isEmpty();
        assertThat(broker.stop()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"home.conf", "lan.conf", "acl-patterns.conf", "websockets.conf", "limits.conf"})
    void letsInWhomMosquittoLetsIn(String conf) throws Exception {
        BrokerFolder folder = samples(new TestCa("Test CA"));
        Map<String, Door> doors = new LinkedHashMap<>();
        doors.put("tcp", tcp("1883"));
        if (conf.equals("websockets.conf")) {
            doors.put("websocket", () -> RawWebSocket.open(port("9001")));
        }
        List<Connect> clients = List.of(ANONYMOUS, ADA, WRONG, STRANGER);
        startMosquitto(folder, conf, "1883");
        Map<String, Boolean> there = knock(doors, clients);
        endMosquitto();
        BrokerProcess broker = start(folder, conf);
        assertThat(knock(doors, clients)).isEqualTo(there).containsEntry("tcp ada", true);
        assertThat(broker.faults()).isEmpty();
    }

    @Test
    void letsInWhoShowsACertificate() throws Exception {
        TestCa ca = new TestCa("Test CA");
        TestCa other = new TestCa("Other CA");
        BrokerFolder folder = samples(ca);
        var known = ca.client("CN=sensor-1");
        var unknown = other.client("CN=sensor-1");
        Map<String, Door> doors = new LinkedHashMap<>();
        doors.put("known", () -> RawTransport.of(ca.connect(port("8883"), Optional.of(known))));
        doors.put("unknown", () -> RawTransport.of(ca.connect(port("8883"), Optional.of(unknown))));
        doors.put("none", () -> RawTransport.of(ca.connect(port("8883"), Optional.empty())));
        startMosquitto(folder, "tls-clients.conf", "8883");
        Map<String, Boolean> there = knock(doors, List.of(ANONYMOUS));
        endMosquitto();
        start(folder, "tls-clients.conf");
        assertThat(knock(doors, List.of(ANONYMOUS)))
                .isEqualTo(there)
                .containsEntry("known anonymous", true)
                .containsEntry("unknown anonymous", false)
                .containsEntry("none anonymous", false);
    }

    /** What ada is sent while she, and somebody without a name, publish what is allowed and what is not. */
    private List<String> traffic() throws Exception {
        List<String> topics = new ArrayList<>();
        try (RawClient ada = RawClient.connect(tcp("1883").open(), 4, ADA)) {
            ada.subscribe("home/#", 0);
            for (Connect who : List.of(ANONYMOUS, Connect.clean("ada-2").user("ada", "lovelace"))) {
                publish(who, "home/alarm/code");
                publish(who, who == ANONYMOUS ? "home/by-nobody" : "home/light");
            }
            publish(Connect.clean("ada-3").user("ada", "lovelace"), "home/end");
            while (topics.isEmpty() || !topics.get(topics.size() - 1).equals("home/end")) {
                topics.add(ada.expectPublish().topic());
            }
        }
        return topics;
    }

    private void publish(Connect who, String topic) throws Exception {
        try (RawClient client = RawClient.connect(tcp("1883").open(), 4, who)) {
            client.send(client.publish(topic, 0, 0, 0, "x"));
            client.sendHex("c000");
            client.poll(RawClient.PATIENCE); // PINGRESP: the message was looked at
        } catch (IOException e) {
            assertThat(e)
                    .as("a broker may close the connection of who publishes what he must not")
                    .isNotNull();
        }
    }

    @Test
    void keepsTheRulesOfTheAclFile() throws Exception {
        BrokerFolder folder = samples(new TestCa("Test CA"));
        startMosquitto(folder, "acl-patterns.conf", "1883");
        List<String> there = traffic();
        endMosquitto();
        start(folder, "acl-patterns.conf");
        assertThat(traffic()).isEqualTo(there).containsExactly("home/light", "home/end");
    }

    @Test
    void isStricterWhereListenersDiffer() throws Exception {
        TestCa ca = new TestCa("Test CA");
        BrokerFolder folder = samples(ca);
        BrokerProcess broker = start(folder, "per-listener.conf");
        assertThat(letsIn(tcp("1883"), ANONYMOUS)).isFalse();
        assertThat(letsIn(tcp("1883"), ADA)).isTrue();
        Door secure = () -> RawTransport.of(ca.connect(port("8883"), Optional.empty()));
        assertThat(letsIn(secure, ADA)).isTrue();
        assertThat(letsIn(secure, WRONG)).isFalse();
        assertThat(broker.ports()).hasSize(2);
        assertThat(Files.readString(folder.file("out/report.txt"))).contains("run a second broker for it");
    }

    @Test
    void letsNobodyInByAHostileFile() throws Exception {
        BrokerFolder folder = samples(new TestCa("Test CA"));
        TernMq.Result json = migrate(folder, "hostile.conf", "--json");
        assertThat(json.exit()).as(json.all()).isEqualTo(1);
        assertThat(json.out())
                .startsWith("{\"files\":[")
                .contains("no regular file", "is no key of Mosquitto", "main file only")
                .doesNotContain("s3cret-token")
                .doesNotContain("p4ss-for-nobody")
                .doesNotContain("\u001b");
        Trees.delete(folder.file("out"));
        BrokerProcess broker = start(folder, "hostile.conf");
        assertThat(broker.ports()).isNotEmpty();
        for (int port : broker.ports().values()) {
            Door door = () -> RawTransport.of(new Socket(InetAddress.getLoopbackAddress(), port));
            assertThat(knock(Map.of("tcp", door), List.of(ANONYMOUS, ADA, STRANGER))
                            .values())
                    .containsOnly(false);
        }
    }

    @Test
    void saysWhatItCannotDo() throws Exception {
        BrokerFolder folder = samples(new TestCa("Test CA"));
        assertThat(migrate(folder, "nowhere.conf").exit()).isEqualTo(2);
        assertThat(folder.file("out")).doesNotExist();
        assertThat(migrate(folder, "lan.conf").exit()).isEqualTo(1);
        TernMq.Result again = migrate(folder, "lan.conf");
        assertThat(again.exit()).isEqualTo(2);
        assertThat(again.err()).contains("not empty");
    }
}
