package org.ternmq.broker.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Storage.Durability;

final class BrokerConfigTest {

    @TempDir
    Path folder;

    @Test
    void nothingInTheFileIsAValidConfiguration() {
        BrokerConfig c = BrokerConfig.parse("");

        assertThat(c.listeners()).singleElement().satisfies(listener -> {
            assertThat(listener.name()).isEqualTo("mqtt");
            assertThat(listener.bind()).isEqualTo(new BindAddress("127.0.0.1", 1883));
            assertThat(listener.versions()).containsExactly(MqttVersion.V3_1, MqttVersion.V3_1_1, MqttVersion.V5_0);
            assertThat(listener.maxConnections()).isZero();
        });
        assertThat(c.allowAnonymous()).isTrue();
        assertThat(c.authorizationDefault()).isEqualTo(Decision.ALLOW);
        assertThat(c.storage().plugin().type()).isEqualTo("rocksdb");
        assertThat(c.storage().plugin().name()).isEqualTo("storage-rocksdb");
        assertThat(c.storage().durability()).isEqualTo(Durability.PROCESS);
        assertThat(c.storage().onCorrupt()).isEqualTo(StorageConfig.OnCorrupt.QUARANTINE);
        assertThat(c.authentication().timeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(c.plugins()).hasSize(1);
        assertThat(c.data()).isEmpty();
        assertThat(c.limits()).isEqualTo(Limits.defaults());
        assertThat(c.protocol()).isEqualTo(ProtocolConfig.defaults());
    }

    @Test
    void onlyCommentsAndKeysWithoutALineAreValidToo() {
        BrokerConfig c = BrokerConfig.parse("# nothing\nlisteners:\nauthentication:\n  use:\nlimits:\n  # all of it\n");

        assertThat(c.listeners()).hasSize(1);
        assertThat(c.limits()).isEqualTo(Limits.defaults());
    }

    @Test
    void aWholeConfigurationIsRead() {
        BrokerConfig c = BrokerConfig.parse("""
                event-loops: 3
                listeners:
                  - {name: a, bind: "127.0.0.1:0", max-connections: 7, versions: [5.0, 3.1.1]}
                  - {name: b, bind: "[::1]:1884"}
                storage: {type: memory, durability: power, on-corrupt: fail}
                authentication:
                  allow-anonymous: false
                  timeout: 800ms
                  use:
                    - {type: file, path: users}
                    - {type: file, path: more}
                    - {type: ldap, name: corp, url: "ldaps://ldap"}
                authorization: {default: allow, use: [{type: file, path: acl.yaml}]}
                bridges: [{name: hq, type: mqtt}]
                events: [{type: log}]
                interceptors: [{type: log}]
                limits: {max-packet-size: 10MiB, session-expiry-max: 12h, overflow: reject, queue-messages: 5}
                protocol: {control-characters: accept, maximum-qos: 1, shared-strategy: least-in-flight}
                """);

        assertThat(c.eventLoops()).isEqualTo(3);
        assertThat(c.listeners().get(0).versions()).containsExactly(MqttVersion.V5_0, MqttVersion.V3_1_1);
        assertThat(c.listeners().get(0).maxConnections()).isEqualTo(7);
        assertThat(c.listeners().get(1).bind()).isEqualTo(new BindAddress("::1", 1884));
        assertThat(c.storage().durability()).isEqualTo(Durability.POWER);
        assertThat(c.storage().onCorrupt()).isEqualTo(StorageConfig.OnCorrupt.FAIL);
        assertThat(c.authentication().timeout()).isEqualTo(Duration.ofMillis(800));
        assertThat(c.authorizationDefault()).isEqualTo(Decision.ALLOW);
        assertThat(c.limits().maxPacketSize()).isEqualTo(new DataSize(10 << 20));
        assertThat(c.limits().sessionExpiryMax()).isEqualTo(Duration.ofHours(12));
        assertThat(c.limits().overflow()).isEqualTo(Limits.Overflow.REJECT);
        assertThat(c.limits().queueMessages()).isEqualTo(5);
        assertThat(c.protocol().controlCharacters()).isEqualTo(ProtocolConfig.ControlCharacters.ACCEPT);
        assertThat(c.protocol().maximumQos()).isEqualTo(1);
        assertThat(c.protocol().sharedStrategy()).isEqualTo(ProtocolConfig.SharedStrategy.LEAST_IN_FLIGHT);
        assertThat(c.plugins())
                .extracting(PluginBlock::name)
                .containsExactly(
                        "storage-memory",
                        "authentication-file",
                        "authentication-file-2",
                        "corp",
                        "authorization-file",
                        "hq",
                        "event-log",
                        "interceptor-log");
        assertThat(c.plugins())
                .extracting(PluginBlock::folder)
                .contains("authentication-corp", "bridge-hq", "authentication-file-2")
                .doesNotHaveDuplicates();
    }

    @Test
    void everyProblemIsReportedAtItsPlaceInTheOrderOfTheFile() throws Exception {
        Path file = Files.writeString(folder.resolve("ternmq.yaml"), """
                listeners:
                  - {name: mqtt, bind: "127.0.0.1:1883"}
                  - {name: mqtt, bind: "127.0.0.1:1884"}
                limits:
                  max-packet-size: abc
                  queue-mesages: 3
                bridges:
                  - type: mqtt
                """);

        assertThat(problemsOf(file))
                .containsExactly(
                        file + ":3:12: listeners[1].name: the name 'mqtt' is already that of listeners[0]",
                        file + ":5:20: limits.max-packet-size: expected a size such as 64KiB, found 'abc'",
                        file + ":6:3: limits.queue-mesages: unknown key, did you mean 'queue-messages'?",
                        file + ":8:5: bridges[0].name: missing");
    }

    @Test
    void addressesThatCannotBeOpenAtOnceAreReported() {
        assertThat(problems("""
                authentication: {allow-anonymous: true}
                listeners:
                  - {name: a, bind: "127.0.0.1:1883"}
                  - {name: b, bind: "127.0.0.1:1883"}
                  - {name: c, bind: "0.0.0.0:1883"}
                  - {name: d, bind: "[::1]:1883"}
                  - {name: e, bind: "127.0.0.1:0"}
                  - {name: f, bind: "127.0.0.1:0"}
                """))
                .containsExactly(
                        "text:4:21: listeners[1].bind: 127.0.0.1:1883 is already taken by listeners[0] (127.0.0.1:1883)",
                        "text:5:21: listeners[2].bind: 0.0.0.0:1883 is already taken by listeners[0] (127.0.0.1:1883)",
                        "text:5:21: listeners[2].bind: 0.0.0.0:1883 is already taken by listeners[1] (127.0.0.1:1883)");
    }

    @Test
    void noListenerAtAllIsRefused() {
        assertThat(problems("listeners: []"))
                .containsExactly("text:1:12: listeners: there must be at least one listener");
    }

    @Test
    void aDoorThatIsOpenToOthersMustBeWrittenOut() {
        assertThat(problems("listeners: [{name: a, bind: '0.0.0.0:1883'}]"))
                .singleElement()
                .asString()
                .startsWith("text:1:29: listeners[0].bind: other machines can reach 0.0.0.0:1883")
                .contains("authentication.use", "allow-anonymous: true");
        assertThat(problems("listeners: [{name: a, bind: '[::]:1883'}]")).hasSize(1);
        assertThat(problems("listeners: [{name: a, bind: '0.0.0.0:1883'}]\nauthentication: {timeout: 3s}"))
                .hasSize(1);

        BrokerConfig open = BrokerConfig.parse(
                "listeners: [{name: a, bind: '0.0.0.0:1883'}]\nauthentication: {allow-anonymous: true}");
        assertThat(open.allowAnonymous()).isTrue();
    }

    @Test
    void whoConfiguresAnAuthenticatorWantsNoAnonymousClients() {
        assertThat(BrokerConfig.parse("authentication: {use: [{type: file}]}").allowAnonymous())
                .isFalse();
        assertThat(BrokerConfig.parse("authentication: {use: [{type: file}], allow-anonymous: true}")
                        .allowAnonymous())
                .isTrue();
        assertThat(BrokerConfig.parse("authentication: {allow-anonymous: false}")
                        .allowAnonymous())
                .isFalse();
        assertThat(BrokerConfig.parse("authorization: {use: [{type: file}]}").authorizationDefault())
                .isEqualTo(Decision.DENY);
    }

    @Test
    void anInterfaceForOperatorsIsThereIfItsBlockIs() {
        assertThat(BrokerConfig.parse("").admin()).isEmpty();
        BrokerConfig c = BrokerConfig.parse("admin: {bind: \"127.0.0.1:18080\"}");
        assertThat(c.admin())
                .hasValueSatisfying(admin -> assertThat(admin.plugin().type()).isEqualTo("http"));
        assertThat(c.plugins()).extracting(PluginBlock::name).contains("admin-http");
    }

    @Test
    void namesOfInstancesAreUniqueAlsoOnFileSystemsWithoutCase() {
        assertThat(problems("bridges: [{name: hq, type: a}, {name: HQ, type: a}]"))
                .containsExactly("text:1:39: bridges[1].name: the name 'HQ' is already that of bridges[0].name");
        assertThat(problems("bridges: [{name: ../etc, type: a}]"))
                .singleElement()
                .asString()
                .contains("a name has");

        BrokerConfig c = BrokerConfig.parse("authentication: {use: [{type: file}, {type: ldap, name: file}]}");
        assertThat(c.authentication().use()).extracting(PluginBlock::folder).doesNotHaveDuplicates();
        assertThat(c.authentication().use()).extracting(PluginBlock::type).containsExactly("file", "ldap");
    }

    @Test
    void boundsAreNamed() {
        assertThat(problems(
                        "limits: {receive-maximum: 0, max-keep-alive: 20h, max-packet-size: 1GiB, queue-messages: 0}"))
                .containsExactly(
                        "text:1:27: limits.receive-maximum: must be between 1 and 65535, found '0'",
                        "text:1:46: limits.max-keep-alive: must be between 0s and 65535s, found '20h'",
                        "text:1:68: limits.max-packet-size: must be between 64 and 268435460, found '1GiB'",
                        "text:1:90: limits.queue-messages: must be at least 1, found '0'");
    }

    @Test
    void whatIsWrongElsewhereDoesNotHideABlockThatNamesAPlugin() {
        Problems problems = new Problems();
        BrokerConfig c = BrokerConfig.load(
                ConfigSource.of(
                        "text",
                        "evnts: []\nstorage: {type: nosuch, durability: maybe}\nlimits: 3\nlisteners: [{nam: x}]",
                        folder,
                        List.of(),
                        Map.of(),
                        problems),
                problems);

        assertThat(c.storage().plugin().type()).isEqualTo("nosuch");
        assertThat(c.storage().plugin().typePlace().origin()).hasToString("text:2:17");
        assertThat(problems.lines())
                .containsExactly(
                        "text:1:1: evnts: unknown key, did you mean 'events'?",
                        "text:2:37: storage.durability: expected one of process, power, found 'maybe'",
                        "text:3:9: limits: expected a block, found '3'",
                        "text:4:13: listeners[0].name: missing",
                        "text:4:13: listeners[0].bind: missing",
                        "text:4:14: listeners[0].nam: unknown key, did you mean 'name'?");
        assertThat(problems.exitCode()).isEqualTo(2);
    }

    @Test
    void exitCodeIsThatOfTheConfigurationBeforeThatOfPlugins() {
        Problems problems = new Problems();
        assertThat(problems.exitCode()).isZero();
        problems.plugin("x.jar: is damaged");
        assertThat(problems.exitCode()).isEqualTo(3);
        problems.configuration("--set x: wrong");
        assertThat(problems.exitCode()).isEqualTo(2);
        assertThatThrownBy(problems::throwIfAny)
                .isInstanceOfSatisfying(
                        ConfigurationException.class,
                        e -> assertThat(e.problems()).containsExactly("x.jar: is damaged", "--set x: wrong"));
    }

    private static List<String> problems(String yaml) {
        try {
            BrokerConfig.parse(yaml);
            return List.of();
        } catch (ConfigurationException e) {
            return e.problems();
        }
    }

    private List<String> problemsOf(Path file) {
        Problems problems = new Problems();
        BrokerConfig.load(ConfigSource.read(Optional.of(file), folder, List.of(), Map.of(), problems), problems);
        return problems.lines();
    }
}
