package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ternmq.system.RawClient.Connect;

/** Listeners behind proxies that say where clients are. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ProxyProtocolIT {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String SIGNATURE = "0D0A0D0A000D0A515549540A";
    private BrokerProcess broker;
    private TestCa ca;

    @BeforeAll
    void start() throws Exception {
        Path all = Files.createDirectories(Path.of("target", "system-tests").toAbsolutePath());
        BrokerFolder folder = new BrokerFolder(TernMq.shipped(), Files.createTempDirectory(all, "proxy-"), p -> {});
        folder.configure("""
                listeners:
                  - {name: here, bind: "127.0.0.1:0", proxy-protocol: {from: ["127.0.0.0/8"]}}
                  - {name: elsewhere, bind: "127.0.0.1:0", proxy-protocol: {from: ["10.0.0.0/8"]}}
                  - name: all
                    bind: "127.0.0.1:0"
                    proxy-protocol: {from: ["127.0.0.1"]}
                    tls: {certificate: server.crt, key: server.key}
                    websocket: {}
                storage: {type: memory}
                authentication: {allow-anonymous: true}
                """);
        ca = new TestCa("Test CA");
        ca.write(folder, ca.server());
        broker = folder.start();
    }

    @AfterAll
    void stop() {
        assertThat(broker.faults()).as("errors in the broker's log").isEmpty();
        broker.stop();
    }

    private Socket socket(String listener, byte[] header) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.port(listener));
        socket.getOutputStream().write(header);
        return socket;
    }

    private static byte[] v1(String text) {
        return (text + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            v1-4     | PROXY TCP4 192.0.2.7 198.51.100.1 4711 1883                           | address=192.0.2.7:4711
            v1-6     | PROXY TCP6 2001:db8::7 2001:db8::1 4711 1883                          | address=2001:db8:0:0:0:0:0:7:4711
            v1-none  | PROXY UNKNOWN                                                         | address=127.0.0.1:
            v2-4     | 21 11 000C C0000207 C6336401 1267 075B                                | address=192.0.2.7:4711
            v2-4-ext | 21 11 0012 C0000207 C6336401 1267 075B 04 0003 616263                 | address=192.0.2.7:4711
            v2-local | 20 00 0000                                                            | address=127.0.0.1:
            """)
    void theAddressInTheHeaderIsTheClients(String id, String header, String address) throws Exception {
        byte[] bytes = header.startsWith("PROXY") ? v1(header) : hex(SIGNATURE + header);
        try (RawClient client =
                RawClient.connect(RawTransport.of(socket("here", bytes)), 5, Connect.clean("proxied-" + id))) {
            assertThat(broker.awaitLine("connected    client=proxied-" + id + " ", SOON))
                    .hasValueSatisfying(line -> assertThat(line).contains(address));
            client.sendHex("C0 00");
            client.expect(RawPacket.PINGRESP);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            no header           | 100E00044D5154540502003C00000161
            a broken address    | 50524F5859205443503420312E322E33206120312032 0D0A
            a version 3         | 0D0A0D0A000D0A515549540A 31 11 000C C0000207 C6336401 1267 075B
            UDP                 | 0D0A0D0A000D0A515549540A 21 12 000C C0000207 C6336401 1267 075B
            too short for IPv4  | 0D0A0D0A000D0A515549540A 21 11 0004 C0000207
            """)
    void withoutAGoodHeaderNobodyComesIn(String name, String sent) throws Exception {
        try (RawClient client = RawClient.open(RawTransport.of(socket("here", hex(sent))), 5)) {
            client.expectClosed();
        }
        assertThat(broker.awaitLine("listener=here reason=0x80 ", SOON)).isPresent();
    }

    @Test
    void whoIsNoProxyStaysOutsideEvenWithAHeader() throws Exception {
        try (RawClient client =
                RawClient.open(RawTransport.of(socket("elsewhere", v1("PROXY TCP4 10.0.0.1 10.0.0.2 1 2"))), 5)) {
            client.expectClosed();
        }
        assertThat(broker.awaitLine("listener=elsewhere reason=0x80 not one of the proxies", SOON))
                .isPresent();
    }

    @Test
    void theHeaderComesBeforeTlsAndWebSocket() throws Exception {
        Socket secure =
                ca.connect(socket("all", hex(SIGNATURE + "21 11 000C C0000207 C6336401 1267 075B")), Optional.empty());
        try (RawClient client = RawClient.connect(RawWebSocket.open(secure, "/mqtt"), 5, Connect.clean("all-layers"))) {
            client.sendHex("C0 00");
            client.expect(RawPacket.PINGRESP);
        }
        assertThat(broker.awaitLine("connected    client=all-layers user=- address=192.0.2.7:4711", SOON))
                .isPresent();
    }
}
