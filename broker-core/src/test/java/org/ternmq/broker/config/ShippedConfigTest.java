package org.ternmq.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** config/ternmq.yaml, as it is shipped and with every key in force. */
final class ShippedConfigTest {
    private static final Path FILE = Path.of("..", "config", "ternmq.yaml");

    @Test
    void asShippedItIsTheDefaults() {
        Problems reading = new Problems();
        BrokerConfig shipped = load(ConfigSource.read(Optional.of(FILE), Path.of(""), List.of(), Map.of(), reading));
        assertThat(reading.lines()).isEmpty();
        BrokerConfig defaults = BrokerConfig.parse("");

        assertThat(shipped.eventLoops()).isEqualTo(defaults.eventLoops());
        assertThat(shipped.data()).isEqualTo(defaults.data());
        assertThat(shipped.listeners()).isEqualTo(defaults.listeners());
        assertThat(shipped.plugins())
                .extracting(PluginBlock::name)
                .containsExactly(defaults.storage().plugin().name());
        assertThat(shipped.allowAnonymous()).isEqualTo(defaults.allowAnonymous());
        assertThat(shipped.authentication()).isEqualTo(defaults.authentication());
        assertThat(shipped.limits()).isEqualTo(defaults.limits());
        assertThat(shipped.protocol()).isEqualTo(defaults.protocol());
    }

    @Test
    void whatItShowsAsDefaultsAreTheDefaults() throws IOException {
        BrokerConfig all = load(uncommented());
        BrokerConfig defaults = BrokerConfig.parse("");

        assertThat(all.limits()).isEqualTo(Limits.defaults());
        assertThat(all.guard()).isEqualTo(defaults.guard());
        assertThat(all.protocol())
                .usingRecursiveComparison()
                .ignoringFields("responseInformation", "serverReference") // shown with an example: the default is none
                .isEqualTo(ProtocolConfig.defaults());
        assertThat(all.protocol().serverReference()).contains("other.example:1883");
        assertThat(all.eventLoops()).isEqualTo(defaults.eventLoops());
        assertThat(all.storage().plugin().type()).isEqualTo("rocksdb");
        assertThat(all.storage().durability()).isEqualTo(defaults.storage().durability());
        assertThat(all.storage().onCorrupt()).isEqualTo(defaults.storage().onCorrupt());
        assertThat(all.authentication().timeout())
                .isEqualTo(defaults.authentication().timeout());
        assertThat(all.listeners()).hasSize(1);
        assertThat(all.listeners().get(0).bind())
                .isEqualTo(defaults.listeners().get(0).bind());
        assertThat(all.listeners().get(0).versions())
                .isEqualTo(defaults.listeners().get(0).versions());
        assertThat(all.authentication().use()).extracting(PluginBlock::type).containsExactly("file", "scram");
        assertThat(all.authentication().use()).first().satisfies(use -> {
            assertThat(use.bind(UsersFile.class).path())
                    .isEqualTo(FILE.toAbsolutePath().normalize().resolveSibling("users"));
        });
        assertThat(all.authorization().use()).singleElement().satisfies(use -> {
            assertThat(use.type()).isEqualTo("file");
            assertThat(use.bind(UsersFile.class).path()).exists();
        });
        assertThat(all.data())
                .contains(FILE.toAbsolutePath().normalize().getParent().resolveSibling("data"));
    }

    record UsersFile(
            Path path,
            Optional<String> removedUsers,
            Optional<String> changedPasswords,
            Optional<Boolean> rememberPasswords) {}

    @Test
    void itShowsEveryKey() throws IOException {
        Place root = uncommented().place();

        assertThat(missing(BrokerConfig.class, root))
                .containsExactly( // they have examples of their own, as not all of them fit one listener
                        "listeners[0].mode",
                        "listeners[0].tls",
                        "listeners[0].websocket",
                        "listeners[0].proxy-protocol");
        assertThat(root.at("storage").has("type")).isTrue();
    }

    @Test
    void theExamplesOfListenersHaveEveryKeyAndBind(@TempDir Path folder) throws Exception {
        String text = Files.readString(FILE);
        String examples = text.substring(text.indexOf("##  - name: secure"), text.indexOf("## Where sessions,"))
                .lines()
                .filter(line -> line.matches("##\\s+(- )?[a-z-]+:( .*)?")) // words between keys have no colon so early
                .map(line -> line.substring(2))
                .collect(Collectors.joining("\n"));
        X509Bundle server = new CertificateBuilder()
                .subject("CN=localhost")
                .setIsCertificateAuthority(true)
                .ecp256()
                .buildSelfSigned();
        Files.writeString(folder.resolve("server.crt"), server.getCertificatePEM());
        Files.writeString(folder.resolve("server.key"), server.getPrivateKeyPEM());
        Files.writeString(folder.resolve("ca.crt"), server.getCertificatePEM());
        Problems problems = new Problems();
        ConfigSource source = ConfigSource.of(
                "examples",
                "listeners:\n" + examples,
                folder,
                List.of(),
                Map.of("KEY_PASSWORD", "a", "KEYSTORE_PASSWORD", "b"),
                problems);
        Place listeners = source.place().at("listeners");

        assertThat(missing(TlsConfig.class, listeners.at(0).at("tls"))).isEmpty();
        assertThat(missing(WebSocketConfig.class, listeners.at(1).at("websocket")))
                .isEmpty();
        assertThat(listeners.at(2).has("mode")).isTrue();
        assertThat(missing(ProxyProtocolConfig.class, listeners.at(3).at("proxy-protocol")))
                .isEmpty();
        BrokerConfig config = BrokerConfig.load(source, problems);
        assertThat(config.listeners())
                .extracting(ListenerConfig::name)
                .containsExactly("secure", "web", "local", "behind-haproxy");
        assertThat(problems.lines())
                .anyMatch(line -> line.contains("keystore stands in place of certificate, key and key-password"))
                .noneMatch(line -> line.contains("unknown key"));
    }

    private static List<String> missing(Class<?> type, Place at) {
        List<String> missing = new ArrayList<>();
        for (RecordComponent c : type.getRecordComponents()) {
            if (c.getType() == Place.class || c.getType() == PluginBlock.class) {
                continue;
            }
            Rules.Key named = c.getAnnotation(Rules.Key.class);
            String key = named == null ? Scalars.kebab(c.getName()) : named.value();
            if (!at.has(key)) {
                missing.add(at.at(key).path());
            } else if (Scalars.of(c.getType(), Path.of("")) == null
                    && c.getType().isRecord()) {
                missing.addAll(missing(c.getType(), at.at(key)));
            } else if (c.getGenericType() instanceof ParameterizedType p
                    && p.getActualTypeArguments()[0] == ListenerConfig.class) {
                missing.addAll(missing(ListenerConfig.class, at.at(key).at(0)));
            }
        }
        return missing;
    }

    /** One # less before every line: what was a key is in force, what was a comment still is one. */
    private static ConfigSource uncommented() throws IOException {
        try (Stream<String> lines = Files.lines(FILE)) {
            String text = lines.map(line -> line.startsWith("#") ? line.substring(1) : line)
                    .collect(Collectors.joining("\n"));
            Path base = FILE.toAbsolutePath().normalize().getParent();
            Problems reading = new Problems();
            ConfigSource source = ConfigSource.of("ternmq.yaml", text, base, List.of(), Map.of(), reading);
            assertThat(reading.lines()).isEmpty();
            return source;
        }
    }

    private static BrokerConfig load(ConfigSource source) {
        Problems problems = new Problems();
        BrokerConfig config = BrokerConfig.load(source, problems);
        assertThat(problems.lines()).isEmpty();
        return config;
    }
}
