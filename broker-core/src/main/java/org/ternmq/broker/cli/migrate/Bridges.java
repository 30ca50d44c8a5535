package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.ternmq.broker.cli.migrate.MosquittoConf.Part;
import org.ternmq.broker.cli.migrate.YamlWriter.LeftOut;
import org.ternmq.broker.cli.migrate.YamlWriter.Word;
import org.ternmq.spi.TopicFilter;

/** The bridges, as blocks of {@code type: mqtt}. Used once. */
final class Bridges {
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}";

    private final MosquittoConf conf;
    private final TlsBlocks tls;
    private final OutputFolder out;
    private final MigrationReport report;
    private final boolean installed;
    private final List<String> names = new ArrayList<>();

    /**
     * Of a configuration.
     *
     * @param installed whether a plugin is there that runs them; without one they are written as comments
     */
    Bridges(MosquittoConf conf, InputFiles files, OutputFolder out, MigrationReport report, boolean installed) {
        this.conf = conf;
        this.tls = new TlsBlocks(files, out);
        this.out = out;
        this.report = report;
        this.installed = installed;
    }

    /** Adds the block {@code bridges}, if there are any. */
    void migrate(Map<String, Object> yaml) throws IOException {
        List<Object> blocks = new ArrayList<>();
        for (Part part : conf.bridges()) {
            blocks.add(one(part));
        }
        if (!blocks.isEmpty()) {
            yaml.put("bridges", blocks);
        }
    }

    private Object one(Part part) throws IOException {
        Section section = part.section();
        String name = name(part);
        Map<String, Object> block = new LinkedHashMap<>();
        block.put("name", name);
        block.put("type", new Word("mqtt"));
        Map<String, Object> secure = secure(section);
        boolean usesTls = section.has("bridge_cafile")
                || section.has("bridge_capath")
                || section.flag("bridge_tls_use_os_certs", false, true);
        section.taken("bridge_tls_use_os_certs", "tls.ca, as it is by default: whom Java trusts");
        block.put("url", url(part, usesTls));
        login(section, name, block);
        if (!secure.isEmpty()) {
            block.put("tls", secure);
        }
        connection(section, block);
        block.put("topics", topics(part));
        return verdict(part, name, block);
    }

    private Object verdict(Part part, String name, Map<String, Object> block) {
        Section section = part.section();
        Directive head = part.head().orElseThrow();
        if (!section.faults().isEmpty()) {
            String why = "left out: " + String.join("; ", section.faults());
            report.add(head, Outcome.REFUSED, "the bridge is " + why);
            return new LeftOut(why, block);
        }
        if (!installed) {
            String why = "left out: no plugin that offers bridges of type mqtt is installed";
            report.add(head, Outcome.NO_EQUIVALENT, why + ": install it and take the comment signs away");
            return new LeftOut(why, block);
        }
        report.add(head, Outcome.TAKEN_OVER, "bridges[" + name + "]");
        return block;
    }

    private String name(Part part) {
        String written = part.head().map(Directive::value).orElse("");
        String base = written.matches(NAME) ? written : "bridge-" + written.replaceAll("[^A-Za-z0-9._-]", "_");
        base = base.length() > 90 ? base.substring(0, 90) : base;
        String name = base;
        for (int i = 2; names.contains(name); i++) {
            name = base + "-" + i;
        }
        names.add(name);
        return name;
    }

    private String url(Part part, boolean secure) {
        Section section = part.section();
        String key = section.has("addresses") ? "addresses" : "address";
        Optional<String> written = section.text(key);
        if (written.isEmpty()) {
            part.head().ifPresent(head -> section.fault(head, "has no address"));
            return "";
        }
        List<String> urls = new ArrayList<>();
        for (String address : written.get().split("[ \t]+", -1)) {
            String host = address.matches(".*:[0-9]{1,5}") ? address : address + ":1883";
            if (!host.matches("(\\[[0-9A-Fa-f:.]+]|[0-9A-Fa-f:.]+|[A-Za-z0-9._-]+):[0-9]{1,5}")) {
                section.last(key).ifPresent(line -> section.fault(line, "holds no host:port"));
                return "";
            }
            int colon = host.lastIndexOf(':');
            String bare = host.substring(0, colon);
            String bracketed = bare.indexOf(':') >= 0 && !bare.startsWith("[") ? "[" + bare + "]" : bare;
            urls.add((secure ? "mqtts://" : "mqtt://") + bracketed + host.substring(colon));
        }
        section.taken(key, "url: " + String.join(" ", urls));
        return String.join(" ", urls);
    }

    private Map<String, Object> secure(Section section) throws IOException {
        Map<String, Object> block = new LinkedHashMap<>();
        tls.authorities(section, "bridge_cafile", "bridge_capath", "tls.ca").ifPresent(file -> block.put("ca", file));
        Map<String, String> own = Map.of("bridge_certfile", "certificate", "bridge_keyfile", "key");
        for (String key : List.of("bridge_certfile", "bridge_keyfile")) {
            tls.path(section, key, String.valueOf(own.get(key)))
                    .ifPresent(file -> block.put(String.valueOf(own.get(key)), file));
        }
        for (String key : List.of("bridge_psk", "bridge_identity")) {
            section.last(key)
                    .ifPresent(
                            line -> section.fault(
                                    line,
                                    "asks for TLS without certificates (PSK), which is not spoken: the other side needs a certificate"));
        }
        boolean insecure = section.flag("bridge_insecure", false, true);
        if (insecure) {
            section.say(
                    "bridge_insecure",
                    Outcome.REFUSED,
                    "the host name in the other side's certificate is checked:"
                            + " use the name that is in it, or write tls.verify-host-name: false if you must");
        }
        if (block.containsKey("certificate") != block.containsKey("key")) {
            section.last(block.containsKey("key") ? "bridge_keyfile" : "bridge_certfile")
                    .ifPresent(line -> section.fault(line, "needs bridge_certfile and bridge_keyfile"));
        }
        section.taken("bridge_insecure", "tls.verify-host-name: true");
        return block;
    }

    private void login(Section section, String name, Map<String, Object> block) throws IOException {
        copy(section, List.of("remote_clientid", "clientid"), "client-id", block);
        copy(section, List.of("remote_username", "username"), "username", block);
        copy(section, List.of("local_username"), "user", block);
        for (String key : List.of("remote_password", "password")) {
            Optional<String> password = section.text(key);
            if (password.isPresent() && !block.containsKey("username")) {
                section.say(key, Outcome.REFUSED, "a password without remote_username is sent nowhere");
            } else if (password.isPresent() && !block.containsKey("password-file")) {
                String file = "bridge-" + name + ".password";
                out.write(file, password.get());
                block.put("password-file", file);
                section.taken(key, "password-file: " + file);
            }
        }
    }

    private static void copy(Section section, List<String> keys, String to, Map<String, Object> block) {
        for (String key : keys) {
            section.text(key).ifPresent(value -> {
                block.put(to, value);
                section.taken(key, to);
            });
        }
    }

    private void connection(Section section, Map<String, Object> block) {
        section.text("bridge_protocol_version").ifPresent(version -> {
            Optional<String> word = switch (version) {
                case "mqttv50" -> Optional.of("\"5.0\"");
                case "mqttv311" -> Optional.of("\"3.1.1\"");
                default -> Optional.empty();
            };
            word.ifPresent(w -> block.put("version", new Word(w)));
            section.say(
                    "bridge_protocol_version",
                    word.isPresent() ? Outcome.TAKEN_OVER : Outcome.NO_EQUIVALENT,
                    word.map(w -> "version: " + w)
                            .orElse("bridges speak 5.0 and 3.1.1, whichever the other side knows"));
        });
        seconds(section, "keepalive_interval", "keep-alive", block, UnaryOperator.identity());
        start(section, block);
        restart(section, block);
        if (!section.flag("try_private", true, true)) {
            block.put("bridge-flag", false);
        }
        section.taken("try_private", "bridge-flag");
    }

    private static void seconds(
            Section section, String key, String to, Map<String, Object> block, UnaryOperator<String> words) {
        section.number(key, 1, 65_535).ifPresent(n -> {
            block.put(to, new Word(n + "s"));
            section.taken(key, words.apply(to + ": " + n + "s"));
        });
    }

    private static void start(Section section, Map<String, Object> block) {
        String start = section.text("start_type").orElse("automatic");
        if (start.equals("lazy")) {
            block.put("start", new Word("lazy"));
            section.taken("start_type", "start: lazy");
            seconds(section, "idle_timeout", "idle", block, UnaryOperator.identity());
        } else {
            section.say("idle_timeout", Outcome.NOT_NEEDED, "counts for lazy bridges only");
            section.say(
                    "start_type",
                    start.equals("automatic") ? Outcome.TAKEN_OVER : Outcome.NO_EQUIVALENT,
                    start.equals("automatic")
                            ? "start, as it is by default: always"
                            : "the bridge connects again whenever its connection breaks (start: always)");
        }
    }

    private void restart(Section section, Map<String, Object> block) {
        section.text("restart_timeout").ifPresent(value -> {
            String[] words = value.split("[ \t]+", -1);
            if (words.length > 2 || !value.matches("[0-9]{1,5}([ \t]+[0-9]{1,5})?")) {
                section.say("restart_timeout", Outcome.REFUSED, "is no number of seconds, or two");
                return;
            }
            int least = Math.max(1, Integer.parseInt(words[0]));
            int most = Math.max(least, Integer.parseInt(words[words.length - 1]));
            block.put("reconnect-min", new Word(least + "s"));
            block.put("reconnect-max", new Word(most + "s"));
            section.taken("restart_timeout", "reconnect-min: " + least + "s, reconnect-max: " + most + "s");
        });
    }

    private List<Object> topics(Part part) {
        List<Object> topics = new ArrayList<>();
        for (Directive line : part.section().all("topic")) {
            topic(line).ifPresent(topics::add);
        }
        if (topics.isEmpty()) {
            part.head().ifPresent(head -> part.section().fault(head, "has no topics that can be taken over"));
        }
        return topics;
    }

    private Optional<Map<String, Object>> topic(Directive line) {
        String[] words = line.value().split("[ \t]+", -1);
        String filter = words[0].equals("\"\"") ? "" : words[0];
        String direction = words.length > 1 ? words[1] : "out";
        String qos = words.length > 2 ? words[2] : "0";
        if (filter.isEmpty()) {
            report.add(
                    line,
                    Outcome.NO_EQUIVALENT,
                    "a topic of another name at the other side: the end of both names must be the same");
            return Optional.empty();
        }
        if (!direction.matches("in|out|both") || !qos.matches("[012]") || words.length > 5) {
            report.add(line, Outcome.REFUSED, "is not PATTERN [out|in|both [QOS [LOCAL-PREFIX [REMOTE-PREFIX]]]]");
            return Optional.empty();
        }
        Map<String, Object> topic = new LinkedHashMap<>();
        topic.put(direction, filter);
        topic.put("qos", Integer.valueOf(qos));
        String[] keys = {"local-prefix", "remote-prefix"};
        for (int i = 3; i < words.length; i++) {
            if (!words[i].equals("\"\"")) {
                topic.put(keys[i - 3], words[i]);
            }
        }
        try {
            TopicFilter.parse(filter);
            for (int i = 3; i < words.length; i++) {
                if (words[i].indexOf('+') >= 0 || words[i].indexOf('#') >= 0) {
                    throw new IllegalArgumentException("a prefix has a wildcard");
                }
            }
        } catch (IllegalArgumentException e) {
            report.add(line, Outcome.REFUSED, "has no topic filter: " + e.getMessage());
            return Optional.empty();
        }
        report.add(line, Outcome.TAKEN_OVER, "topics: " + direction);
        return Optional.of(topic);
    }
}
