package org.ternmq.broker.cli.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.ConfigSource;
import org.ternmq.broker.config.ListenerConfig;
import org.ternmq.broker.config.Problems;

final class MosquittoMigrationTest {
    private static final Pattern LINE =
            Pattern.compile("\"line\":(\\d+),\"text\":\"[^\n]*\",\"outcome\":\"([a-z-]+)\"");
    private static final String HASH = "$7$101$Z1DYjRPSZ+e8yVaX$"
            + "R4V1BID5hLZ+h8+8A84Fdcs3lieOrpw6cCTUX6Er+wONtQZsGGMZT22ky00FegtQkpXtXXhZkOwnKx4jrPQL4g==";

    @TempDir
    Path folder = Path.of("");

    private Path out() {
        return folder.resolve("out");
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, text);
    }

    private MosquittoMigration migrate(String conf) throws IOException {
        write("mosquitto.conf", conf);
        MosquittoMigration migration = new MosquittoMigration(folder.resolve("mosquitto.conf"), out(), true);
        migration.run();
        return migration;
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    private String yaml() throws IOException {
        return Files.readString(out().resolve("ternmq.yaml"));
    }

    /** Reads what was written as the broker does, and fails if it would not take it. */
    private BrokerConfig config() {
        Problems problems = new Problems();
        BrokerConfig config = BrokerConfig.load(
                ConfigSource.read(Optional.of(out().resolve("ternmq.yaml")), folder, List.of(), Map.of(), problems),
                problems);
        assertThat(problems.lines()).isEmpty();
        return config;
    }

    private BrokerConfig configOf(String conf) throws IOException {
        migrate(conf);
        return config();
    }

    /** What became of each line of a configuration that is one file. */
    private Map<Integer, String> outcomes(String conf) throws IOException {
        Matcher m = LINE.matcher(migrate(conf).report().json());
        Map<Integer, String> found = new TreeMap<>();
        while (m.find()) {
            found.put(Integer.valueOf(m.group(1)), m.group(2));
        }
        return found;
    }

    private static List<String> listeners(BrokerConfig config) {
        return config.listeners().stream().map(l -> l.name() + " " + l.bind()).toList();
    }

    @Test
    void listensToThisMachineOnlyWhereMosquittoDoes() throws Exception {
        BrokerConfig config = configOf("persistence true\n");
        assertThat(listeners(config)).containsExactly("mqtt-1883 127.0.0.1:1883");
        assertThat(config.allowAnonymous()).isTrue();
        assertThat(config.storage().plugin().type()).isEqualTo("rocksdb");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "listener 1884                         | mqtt-1884 [::]:1884",
                "listener 1884 10.0.0.1                | mqtt-1884 10.0.0.1:1884",
                "listener 1884 ::1                     | mqtt-1884 [::1]:1884",
                "listener 0 /run/m.sock                | unix unix:/run/m.sock",
                "port 1885                             | mqtt-1885 [::]:1885",
                "bind_address 127.0.0.1                | mqtt-1883 127.0.0.1:1883",
                "max_connections 5                     | mqtt-1883 [::]:1883",
            })
    void opensTheListenersOfMosquitto(String line, String listener) throws Exception {
        assertThat(listeners(configOf(line + "\n"))).containsExactly(listener);
    }

    @Test
    void opensTheDefaultListenerOnlyIfEnoughIsSaidOfIt() throws Exception {
        assertThat(listeners(configOf("max_connections -1\nallow_anonymous false\nlistener 1884\n")))
                .containsExactly("mqtt-1884 [::]:1884");
    }

    @Test
    void beginsEachIncludedFileWithTheDefaultListener() throws Exception {
        write("conf.d/b.conf", "max_connections 7\n");
        write("conf.d/A.conf", "listener 1885\nmax_connections 8\n");
        write("conf.d/c.txt", "listener 1886\n");
        BrokerConfig config = configOf("listener 1884\nmax_connections 9\ninclude_dir conf.d\n");
        assertThat(config.listeners().stream().map(l -> l.bind() + " " + l.maxConnections()))
                .containsExactly("[::]:1883 7", "[::]:1884 9", "[::]:1885 8");
    }

    @Test
    void letsALaterLineHoldAcrossFiles() throws Exception {
        write("conf.d/a.conf", "allow_anonymous true\n");
        assertThat(configOf("listener 1884\ninclude_dir conf.d\nallow_anonymous false\n")
                        .allowAnonymous())
                .isFalse();
    }

    @Test
    void refusesAnonymousClientsBesideAnyListener() throws Exception {
        assertThat(configOf("listener 1884\n").allowAnonymous()).isFalse();
        delete(out());
        assertThat(configOf("listener 1884\nallow_anonymous true\n").allowAnonymous())
                .isTrue();
    }

    @Test
    void copiesUsersWhoseHashesAreRead() throws Exception {
        write(
                "pw",
                "# users\nada:" + HASH + "\nplain:secret\nold:$6$c2FsdA==$" + HASH.substring(HASH.lastIndexOf('$') + 1)
                        + "\nargon:$argon2id$v=19$x\nada:" + HASH + "\njustasecret\n");
        MosquittoMigration migration = migrate("listener 1884\npassword_file pw\n");
        assertThat(Files.readAllLines(out().resolve("users")).stream().map(l -> l.split(":", 2)[0]))
                .containsExactly("ada", "old");
        assertThat(migration.report().text())
                .contains("plain text", "Argon2", "the name was there before")
                .doesNotContain("justasecret")
                .doesNotContain(":secret")
                .doesNotContain(HASH);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out().resolve("users"))))
                .isEqualTo("rw-------");
        assertThat(config().authentication().use()).hasSize(1);
    }

    @Test
    void deniesWhatAnUnreadableRuleMayHaveDenied() throws Exception {
        write("acl", "user ada\ntopic a/#\ntopic deny b/#/c\ntopic raed c\npattern deny %u/#/x\nuser\ntopic d\n");
        MosquittoMigration migration = migrate("listener 1884\nacl_file acl\n");
        assertThat(Files.readAllLines(out().resolve("acl")))
                .containsExactly("user ada", "topic a/#", "topic deny #", "pattern deny #");
        assertThat(migration.report().text()).contains("belongs to a user whose line was refused");
        assertThat(yaml()).contains("format: mosquitto");
    }

    @Test
    void takesTheStrictestOfListenersThatDiffer() throws Exception {
        write("pw", "ada:" + HASH + "\n");
        write("pw2", "eve:" + HASH + "\n");
        MosquittoMigration migration = migrate("""
                per_listener_settings true
                listener 1884 127.0.0.1
                allow_anonymous true
                listener 1885
                password_file pw
                listener 1886
                password_file pw2
                listener 1887
                """);
        BrokerConfig config = config();
        assertThat(listeners(config)).containsExactly("mqtt-1884 127.0.0.1:1884", "mqtt-1885 [::]:1885");
        assertThat(config.allowAnonymous()).isFalse();
        assertThat(Files.readString(out().resolve("users"))).startsWith("ada:").doesNotContain("eve");
        assertThat(yaml()).contains("#     bind: \"[::]:1886\"").contains("#     bind: \"[::]:1887\"");
        assertThat(migration.report().needsAttention()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mount_point a/",
                "bind_interface lo",
                "psk_hint x",
                "cafile ca.crt",
                "require_certificate true",
                "certfile missing.crt\nkeyfile missing.key",
                "use_identity_as_username true",
                "require_certificate maybe",
                "max_connections many",
                "protocol http",
                "enable_proxy_protocol 2",
                "max_connections 1\u0007"
            })
    void leavesOutAListenerWhoseRestrictionWouldBeLost(String lines) throws Exception {
        write("ca.crt", "");
        MosquittoMigration migration = migrate("allow_anonymous true\nlistener 1884\nlistener 1885\n" + lines + "\n");
        assertThat(listeners(config())).containsExactly("mqtt-1884 [::]:1884");
        assertThat(migration.report().text()).contains("the listener is left out: line");
    }

    @Test
    void closesTheDoorIfNoListenerIsLeft() throws Exception {
        MosquittoMigration migration = migrate("listener 1884\nmount_point x/\nallow_anonymous true\n");
        assertThat(listeners(config())).containsExactly("mqtt 127.0.0.1:1883");
        assertThat(config().allowAnonymous()).isFalse();
        assertThat(migration.report().text()).contains("no listener could be taken over");
    }

    @Test
    void deniesWhatAPluginDecided() throws Exception {
        migrate("listener 1884\nallow_anonymous true\nplugin /usr/lib/mosquitto_dynamic_security.so\n"
                + "plugin_opt_config_file /var/lib/mosquitto/dynamic-security.json\n");
        assertThat(config().allowAnonymous()).isFalse();
        assertThat(config().authorizationDefault().name()).isEqualTo("DENY");
    }

    @Test
    void takesOverLimits() throws Exception {
        BrokerConfig config = configOf("""
                persistence false
                max_packet_size 4000000
                max_queued_messages 0
                max_queued_bytes 1000000
                max_inflight_messages 0
                max_keepalive 300
                persistent_client_expiration 2w
                retain_available false
                listener 1884
                max_qos 1
                max_topic_alias 5
                listener 1885
                """);
        assertThat(config.limits().maxPacketSize().bytes()).isEqualTo(4_000_000);
        assertThat(config.limits().queueMessages()).isEqualTo(Integer.MAX_VALUE);
        assertThat(config.limits().queueBytes().bytes()).isEqualTo(1_000_000);
        assertThat(config.limits().inFlight()).isEqualTo(65_535);
        assertThat(config.limits().maxKeepAlive()).isEqualTo(Duration.ofMinutes(5));
        assertThat(config.limits().sessionExpiryMax()).isEqualTo(Duration.ofDays(14));
        assertThat(config.limits().topicAliasMax()).isEqualTo(5);
        assertThat(config.protocol().maximumQos()).isEqualTo(1);
        assertThat(config.protocol().retainAvailable()).isFalse();
        assertThat(config.storage().plugin().type()).isEqualTo("memory");
    }

    @Test
    void bringsBridgesWithTheirPasswordsInFiles() throws Exception {
        MosquittoMigration migration = migrate("""
                listener 1884 127.0.0.1
                allow_anonymous true
                connection up
                address hq.example [2001:db8::1]:1884
                remote_username u
                remote_password top secret
                topic a/# both 2 l/ r/
                topic b/# in
                connection psk
                address hq.example
                bridge_psk 00
                topic #
                """);
        assertThat(yaml())
                .contains("url: \"mqtt://hq.example:1883 mqtt://[2001:db8::1]:1884\"")
                .contains("both: \"a/#\"", "local-prefix: \"l/\"", "remote-prefix: \"r/\"", "in: \"b/#\"")
                .contains("#   - name: \"psk\"")
                .doesNotContain("top secret");
        assertThat(out().resolve("bridge-up.password")).hasContent("top secret");
        assertThat(migration.report().text()).doesNotContain("top secret");
        assertThat(config().bridges()).hasSize(1);
    }

    @Test
    void leavesBridgesAsCommentsWithoutAPluginForThem() throws Exception {
        write("mosquitto.conf", "connection up\naddress hq.example\ntopic #\n");
        new MosquittoMigration(folder.resolve("mosquitto.conf"), out(), false).run();
        assertThat(config().bridges()).isEmpty();
        assertThat(yaml()).contains("# bridges:", "#     url: \"mqtt://hq.example:1883\"");
    }

    @Test
    void saysWhatBecameOfEveryLine() throws Exception {
        Map<Integer, String> outcomes = outcomes("""
                # a comment
                pid_file /run/m.pid
                listener 1884
                allow_anonymous true
                allow_anonymous false
                sys_interval 5
                frobnicate 1
                remote_password x

                log_type all
                """);
        assertThat(outcomes)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        2, "not-needed",
                        3, "taken-over",
                        4, "not-needed",
                        5, "taken-over",
                        6, "taken-over",
                        7, "refused",
                        8, "refused",
                        10, "no-equivalent"));
    }

    @Test
    void writesIntoNoFolderThatHoldsSomething() throws Exception {
        write("out/kept", "x");
        assertThatThrownBy(() -> migrate("listener 1884\n"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not empty");
        assertThat(out().resolve("ternmq.yaml")).doesNotExist();
    }

    @Test
    void readsRegularFilesOnly() throws Exception {
        MosquittoMigration migration = migrate("listener 1884\npassword_file /dev/zero\nacl_file .\n");
        assertThat(migration.report().text()).contains("no regular file", "is a folder");
        assertThat(out().resolve("users")).isEmptyFile();
        assertThat(out().resolve("acl")).isEmptyFile();
        assertThat(config().authentication().use()).hasSize(1);
    }

    /** Whatever somebody has written in the file: the configuration can be read, and the report has each line. */
    @Property(tries = 200)
    void survivesAnyText(@ForAll String value, @ForAll("keys") String key) throws Exception {
        Path here = Files.createTempDirectory("migrate");
        try {
            Files.write(
                    here.resolve("m.conf"),
                    ("listener 1884 127.0.0.1\nallow_anonymous true\n" + key + " " + value + "\n")
                            .getBytes(StandardCharsets.UTF_8));
            MosquittoMigration migration = new MosquittoMigration(here.resolve("m.conf"), here.resolve("out"), true);
            migration.run();
            Problems problems = new Problems();
            BrokerConfig config = BrokerConfig.load(
                    ConfigSource.read(Optional.of(migration.config()), here, List.of(), Map.of(), problems), problems);
            assertThat(problems.lines()).isEmpty();
            assertThat(migration.report().json()).contains("\"line\":1,", "\"line\":2,", "\"line\":3,");
            assertThat(config.listeners()).extracting(ListenerConfig::name).isNotEmpty();
        } finally {
            delete(here);
        }
    }

    @Provide
    Arbitrary<String> keys() {
        return Arbitraries.of(
                "connection x\naddress h\ntopic",
                "connection",
                "connection x\ntopic a\naddress",
                "frobnicate",
                "max_qos",
                "listener",
                "connection x\naddress h\ntopic a\nremote_username",
                "max_packet_size",
                "websockets_origin",
                "protocol websockets\nwebsockets_origin",
                "persistent_client_expiration",
                "accept_protocol_versions",
                "port");
    }
}
