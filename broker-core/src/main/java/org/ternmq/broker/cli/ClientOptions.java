package org.ternmq.broker.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Stack;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.ClientTls;
import org.ternmq.broker.config.TlsFiles;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How {@code pub} and {@code sub} connect: the options that mosquitto_pub and mosquitto_sub have, by the same names. */
final class ClientOptions {
    /** A property of MQTT 5.0 for packets of one kind. */
    record Property(String packet, String name, String value, String second) {}

    private static final Map<String, String> VERSIONS =
            Map.of("mqttv5", "5", "5", "5", "mqttv311", "311", "311", "311", "3.1.1", "311", "5.0", "5");

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec command;

    @Option(
            names = {"-h", "--host"},
            description = "The broker's host. Default: localhost.")
    private String host = "localhost";

    @Option(
            names = {"-p", "--port"},
            description = "Its port. Default: 1883; 8883 with TLS.")
    private @Nullable Integer port;

    @Option(
            names = {"-L", "--url"},
            paramLabel = "URL",
            description =
                    "mqtt, mqtts, ws or wss://[user[:password]@]host[:port]/topic in place of all these; with ws and wss the"
                            + " path is the one of the upgrade, and -t names the topic.")
    private @Nullable URI url;

    @Option(
            names = {"-i", "--id"},
            description = "The client identifier. Default: one by chance.")
    private @Nullable String id;

    @Option(
            names = {"-I", "--id-prefix"},
            description = "The client identifier's begin; the rest is the number of the process.")
    private @Nullable String idPrefix;

    @Option(
            names = {"-u", "--username"},
            description = "The user.")
    private @Nullable String username;

    @Option(
            names = {"-P", "--pw"},
            description = "The password. Others on this machine can see it; --pw-file does not show it.")
    private @Nullable String password;

    @Option(names = "--pw-file", paramLabel = "FILE", description = "The file whose first line is the password.")
    private @Nullable Path passwordFile;

    @Option(
            names = {"-V", "--protocol-version"},
            paramLabel = "VERSION",
            description = "mqttv311 (the default) or mqttv5.")
    private String version = "mqttv311";

    @Option(
            names = {"-k", "--keepalive"},
            paramLabel = "SECONDS",
            description = "Default: 60.")
    private int keepAlive = 60;

    @Option(
            names = {"-c", "--disable-clean-session"},
            description = "Goes on with the session of this client identifier, and leaves it there.")
    private boolean keepSession;

    @Option(
            names = {"-x", "--session-expiry-interval"},
            paramLabel = "SECONDS",
            description = "How long the session is kept (5.0). Default: for ever with -c, else not at all.")
    private @Nullable Long sessionExpiry;

    @Option(names = "--will-topic", description = "The topic of the will.")
    private @Nullable String willTopic;

    @Option(names = "--will-payload", description = "Its payload. Default: empty.")
    private String willPayload = "";

    @Option(names = "--will-qos", description = "Its QoS. Default: 0.")
    private int willQos;

    @Option(names = "--will-retain", description = "Has the broker retain it.")
    private boolean willRetain;

    @Option(names = "--cafile", paramLabel = "FILE", description = "PEM: whom to trust with TLS.")
    private @Nullable Path caFile;

    @Option(names = "--tls-use-os-certs", description = "TLS, trusting whom Java trusts.")
    private boolean trustDefault;

    @Option(names = "--cert", paramLabel = "FILE", description = "PEM: the client's certificate.")
    private @Nullable Path certificate;

    @Option(names = "--key", paramLabel = "FILE", description = "PEM: its private key.")
    private @Nullable Path key;

    @Option(names = "--keypass", description = "The password of an encrypted key.")
    private @Nullable String keyPassword;

    @Option(
            names = "--insecure",
            description = "Takes a certificate that names another host. Whoever is between then may be the broker.")
    private boolean insecure;

    @Option(
            names = {"-D", "--property"},
            paramLabel = "PACKET NAME VALUE",
            description =
                    "A property of MQTT 5.0: connect, publish, subscribe or will; its name; its value; for user-property a"
                            + " name and a value.",
            parameterConsumer = Properties.class)
    private List<Property> properties = new ArrayList<>();

    @Option(
            names = {"-d", "--debug"},
            description = "Says what is sent and received.")
    private boolean debug;

    @Option(names = "--quiet", description = "Says nothing of what goes wrong.")
    private boolean quiet;

    /** Three words, or four for {@code user-property}. */
    static final class Properties implements IParameterConsumer {
        @Override
        public void consumeParameters(Stack<String> words, ArgSpec arg, CommandSpec spec) {
            ArrayDeque<String> taken = new ArrayDeque<>();
            int wanted = 3;
            while (taken.size() < wanted) {
                if (words.isEmpty()) {
                    throw new ParameterException(spec.commandLine(), "-D wants: packet, name, value");
                }
                taken.add(words.pop());
                if (taken.size() == 2 && taken.getLast().equals("user-property")) {
                    wanted = 4;
                }
            }
            List<Property> list = arg.getValue();
            list.add(new Property(
                    taken.pop().toLowerCase(Locale.ROOT),
                    taken.pop(),
                    taken.pop(),
                    taken.isEmpty() ? "" : taken.pop()));
        }
    }

    /** Finds what does not go together. */
    void check() {
        if (!VERSIONS.containsKey(version)) {
            throw usage("-V is mqttv311 or mqttv5; this client speaks no other");
        }
        if (!isVersion5() && (!properties.isEmpty() || sessionExpiry != null)) {
            throw usage("-D and -x are of MQTT 5.0: add -V mqttv5");
        }
        if (keepSession && id == null && idPrefix == null) {
            throw usage("-c wants -i: a session goes on by the client identifier");
        }
        if (password != null && passwordFile != null) {
            throw usage("either -P or --pw-file");
        }
        if (willTopic == null && (willRetain || willQos != 0 || !willPayload.isEmpty())) {
            throw usage("a will wants --will-topic");
        }
        if ((certificate == null) != (key == null)) {
            throw usage("--cert and --key go together");
        }
        if (url != null) {
            String scheme = url.getScheme();
            if (scheme == null || !List.of("mqtt", "mqtts", "ws", "wss").contains(scheme) || url.getHost() == null) {
                throw usage("-L is mqtt, mqtts, ws or wss://host[:port]/…");
            }
        }
        checkQos(willQos);
    }

    void checkQos(int qos) {
        if (qos < 0 || qos > 2) {
            throw usage("a QoS is 0, 1 or 2");
        }
    }

    ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }

    boolean isVersion5() {
        return "5".equals(VERSIONS.get(version));
    }

    String host() {
        return url == null ? host : url.getHost();
    }

    int port() {
        if (url != null) {
            int given = url.getPort();
            if (given >= 0) {
                return given;
            }
            return switch (url.getScheme()) {
                case "mqtts" -> 8883;
                case "ws" -> 80;
                case "wss" -> 443;
                default -> 1883;
            };
        }
        return port != null ? port : tls() ? 8883 : 1883;
    }

    boolean tls() {
        return url != null
                        && (url.getScheme().equals("mqtts") || url.getScheme().equals("wss"))
                || caFile != null
                || trustDefault
                || certificate != null;
    }

    /** The path of the WebSocket, if it is one. */
    Optional<String> webSocketPath() {
        if (url == null || !url.getScheme().startsWith("ws")) {
            return Optional.empty();
        }
        String path = url.getPath();
        return Optional.of(path == null || path.length() < 2 ? "mqtt" : path.substring(1));
    }

    /** The topic in the URL, if there is one. */
    Optional<String> urlTopic() {
        if (url == null || url.getScheme().startsWith("ws")) {
            return Optional.empty();
        }
        String path = url.getPath();
        return path == null || path.length() < 2 ? Optional.empty() : Optional.of(path.substring(1));
    }

    Optional<String> id() {
        if (id != null) {
            return Optional.of(id);
        }
        return idPrefix == null
                ? Optional.empty()
                : Optional.of(idPrefix + ProcessHandle.current().pid());
    }

    Optional<String> username() {
        if (username != null) {
            return Optional.of(username);
        }
        String info = url == null ? null : url.getUserInfo();
        return info == null ? Optional.empty() : Optional.of(info.split(":", 2)[0]);
    }

    /** @throws IOException if the file cannot be read */
    Optional<byte[]> password() throws IOException {
        String word = password;
        if (passwordFile != null) {
            List<String> lines = Files.readAllLines(passwordFile);
            word = lines.isEmpty() ? "" : lines.get(0);
        } else if (word == null && url != null && url.getUserInfo() != null) {
            String[] parts = url.getUserInfo().split(":", 2);
            word = parts.length == 2 ? parts[1] : null;
        }
        return Optional.ofNullable(word).map(w -> w.getBytes(StandardCharsets.UTF_8));
    }

    int keepAlive() {
        return keepAlive;
    }

    boolean cleanStart() {
        return !keepSession;
    }

    long sessionExpiry() {
        return sessionExpiry != null ? sessionExpiry : keepSession ? 0xFFFF_FFFFL : 0;
    }

    Optional<String> willTopic() {
        return Optional.ofNullable(willTopic);
    }

    byte[] willPayload() {
        return willPayload.getBytes(StandardCharsets.UTF_8);
    }

    int willQos() {
        return willQos;
    }

    boolean willRetain() {
        return willRetain;
    }

    /** Whom to trust in place of those that Java trusts. */
    Optional<TrustManagerFactory> trust() throws TlsFiles.UnusableException {
        return caFile == null ? Optional.empty() : Optional.of(ClientTls.trust(caFile));
    }

    Optional<KeyManagerFactory> identity() throws TlsFiles.UnusableException {
        return certificate == null || key == null
                ? Optional.empty()
                : Optional.of(ClientTls.identity(certificate, key, Optional.ofNullable(keyPassword)));
    }

    boolean insecure() {
        return insecure;
    }

    /** The properties for packets of a kind, by the words of the command line. */
    List<Property> properties(String packet) {
        return properties.stream().filter(p -> p.packet().equals(packet)).toList();
    }

    /** Finds packets that no property belongs to. */
    void checkProperties(List<String> packets) {
        for (Property property : properties) {
            if (!packets.contains(property.packet())) {
                throw usage("-D " + property.packet() + ": there are " + String.join(", ", packets));
            }
        }
    }

    boolean debug() {
        return debug;
    }

    boolean quiet() {
        return quiet;
    }
}
