package org.ternmq.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.DataSize;

/** Kinds of listeners, and who can reach them. */
final class ListenerConfigTest {
    private static final Path BASE = Path.of("/etc/ternmq");

    private static List<String> problems(String yaml) {
        Problems problems = new Problems();
        BrokerConfig.load(ConfigSource.of("f", yaml, BASE, List.of(), Map.of(), problems), problems);
        return problems.lines().stream()
                .map(line -> line.replaceFirst("f:\\d+:\\d+: ", ""))
                .toList();
    }

    private static String one(String keys) {
        return "listeners: [{name: a, " + keys + "}]";
    }

    @Test
    void everyKindBinds() {
        Problems problems = new Problems();
        BrokerConfig config =
                BrokerConfig.load(ConfigSource.of("f", """
                listeners:
                  - {name: a, bind: "unix:run/a.sock", mode: "0640", max-packet-size: 2KiB, connect-timeout: 3s}
                  - {name: b, bind: "127.0.0.1:1", websocket: {}}
                  - {name: c, bind: "127.0.0.1:2", websocket: {path: /a/b, allowed-origins: ["https://x.example:8443", "null"]}}
                  - {name: d, bind: "10.0.0.1:2", proxy-protocol: {from: [10.0.0.0/8, "fd00::/8", 127.0.0.1]}}
                authentication: {allow-anonymous: true}
                """, BASE, List.of(), Map.of(), problems), problems);

        assertThat(problems.lines()).isEmpty();
        ListenerConfig a = config.listeners().get(0);
        assertThat(a.bind()).isEqualTo(new SocketPath(Path.of("/etc/ternmq/run/a.sock")));
        assertThat(PosixFilePermissions.toString(a.mode().orElseThrow().permissions()))
                .isEqualTo("rw-r-----");
        assertThat(a.maxPacketSize()).contains(new DataSize(2048));
        assertThat(a.connectTimeout()).contains(Duration.ofSeconds(3));
        assertThat(a.isReachableFromElsewhere()).isFalse();
        WebSocketConfig b = config.listeners().get(1).websocket().orElseThrow();
        assertThat(b.path()).isEqualTo("/mqtt");
        assertThat(b.allows("https://x.example:8443")).isFalse();
        WebSocketConfig c = config.listeners().get(2).websocket().orElseThrow();
        assertThat(c.allows("HTTPS://X.example:8443")).isTrue();
        assertThat(c.allows("https://x.example")).isFalse();
        assertThat(c.allows("null")).isTrue();
        assertThat(config.listeners().get(3).proxyProtocol().orElseThrow().from())
                .extracting(Network::toString)
                .containsExactly("10.0.0.0/8", "fd00:0:0:0:0:0:0:0/8", "127.0.0.1/32");
    }

    @Test
    void whatMakesNoSenseIsAProblem() {
        assertThat(problems(one("bind: '127.0.0.1:1', mode: '0660'")))
                .containsExactly("listeners[0]: mode is for Unix domain sockets (bind: \"unix:/path\") only");
        assertThat(problems(one("bind: 'unix:/a', proxy-protocol: {from: [127.0.0.1]}")))
                .containsExactly("listeners[0]: proxy-protocol is not for Unix domain sockets");
        assertThat(problems(one("bind: 'unix:'"))).singleElement().asString().contains("expected host:port such as");
        assertThat(problems(one("bind: 'unix:/a', mode: '0888'")))
                .containsExactly("listeners[0].mode: expected a mode such as \"0660\", found '0888'");
        assertThat(problems("listeners: [{name: a, bind: 'unix:/x/../a'}, {name: b, bind: 'unix:/a'}]"))
                .containsExactly("listeners[1].bind: unix:/a is already taken by listeners[0] (unix:/a)");
        assertThat(problems(one("bind: '127.0.0.1:1', proxy-protocol: {from: []}")))
                .first()
                .asString()
                .startsWith("listeners[0].proxy-protocol: from must name the networks of the proxies");
        assertThat(problems(
                        one("bind: '127.0.0.1:1', websocket: {path: mqtt, allowed-origins: ['https://a/', '*.b']}")))
                .hasSize(3)
                .allMatch(line -> line.startsWith("listeners[0].websocket: "));
        assertThat(problems(one("bind: '127.0.0.1:1', max-packet-size: 1")))
                .containsExactly("listeners[0].max-packet-size: must be between 64 and 268435460, found '1'");
    }

    @Test
    void aBlockWithNothingInItDoesNotOpenAPlainPort() {
        for (String key : List.of("tls", "websocket", "proxy-protocol")) {
            assertThat(problems(one("bind: '127.0.0.1:1', " + key + ": ")))
                    .containsExactly("listeners[0]." + key + ": has no keys: write them, or remove '" + key + "'");
        }
    }

    @Test
    void whoIsReachableFromElsewhereMustSayWhoMayComeIn() {
        assertThat(problems(one("bind: 'unix:/a', websocket: {}"))).isEmpty();
        for (String listener : List.of(
                "bind: '0.0.0.0:1'",
                "bind: '0.0.0.0:1', websocket: {}",
                "bind: '127.0.0.1:1', proxy-protocol: {from: [127.0.0.1]}")) {
            assertThat(problems(one(listener)))
                    .as(listener)
                    .singleElement()
                    .asString()
                    .startsWith("listeners[0].bind: other machines can reach ");
            assertThat(problems(one(listener) + "\nauthentication: {allow-anonymous: true}"))
                    .isEmpty();
        }
        BrokerConfig proxied = BrokerConfig.load(
                ConfigSource.of(
                        "f",
                        one("bind: '127.0.0.1:1', proxy-protocol: {from: [127.0.0.1]}"),
                        BASE,
                        List.of(),
                        Map.of(),
                        new Problems()),
                new Problems());
        assertThat(proxied.allowAnonymous()).isFalse();
    }

    @Test
    void networksHoldTheAddressesThatBeginAlike() throws Exception {
        assertThat(contains("10.0.0.0/8", "10.255.0.1")).isTrue();
        assertThat(contains("10.0.0.0/8", "11.0.0.1")).isFalse();
        assertThat(contains("192.168.1.128/25", "192.168.1.200")).isTrue();
        assertThat(contains("192.168.1.128/25", "192.168.1.127")).isFalse();
        assertThat(contains("0.0.0.0/0", "200.1.2.3")).isTrue();
        assertThat(contains("0.0.0.0/0", "::1")).isFalse();
        assertThat(contains("2001:db8::/33", "2001:db8:7fff::1")).isTrue();
        assertThat(contains("2001:db8::/33", "2001:db8:8000::1")).isFalse();
        assertThat(contains("127.0.0.1", "127.0.0.1")).isTrue();
        assertThat(contains("127.0.0.1", "127.0.0.2")).isFalse();
    }

    private static boolean contains(String network, String address) throws Exception {
        return Network.parse(network).contains(InetAddress.getByName(address));
    }
}
