package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ternmq.broker.cli.migrate.MosquittoConf.Part;
import org.ternmq.broker.cli.migrate.YamlWriter.LeftOut;
import org.ternmq.broker.cli.migrate.YamlWriter.Word;

/**
 * The listeners. One of which a restriction would be lost is left out, and stands as a comment in the new configuration. Used
 * once.
 */
final class Listeners {
    /**
     * One of them, as it will be written.
     *
     * @param part what was read
     * @param block what to write
     * @param certified whether certificates say who its clients are
     */
    record Migrated(Part part, Map<String, Object> block, boolean certified) {
        String name() {
            return String.valueOf(block.get("name"));
        }

        /** The line that it begins with, or any of those that speak of it. */
        Optional<Directive> line() {
            return part.head().or(() -> part.section().lines().stream().findFirst());
        }
    }

    private final MosquittoConf conf;
    private final TlsBlocks tls;
    private final MigrationReport report;
    private final List<Migrated> kept = new ArrayList<>();
    private final List<Object> blocks = new ArrayList<>();

    Listeners(MosquittoConf conf, InputFiles files, OutputFolder out, MigrationReport report) {
        this.conf = conf;
        this.tls = new TlsBlocks(files, out);
        this.report = report;
    }

    void migrate() throws IOException {
        for (Part part : conf.openListeners()) {
            one(part);
        }
    }

    /** Those that will be opened. */
    List<Migrated> kept() {
        return kept;
    }

    /** What to write, with what is left out. */
    List<Object> blocks() {
        return blocks;
    }

    /** Takes one back that was kept so far. */
    void leaveOut(Migrated listener, String why) {
        kept.remove(listener);
        blocks.replaceAll(each -> each == listener.block() ? new LeftOut("left out: " + why, listener.block()) : each);
        listener.line().ifPresent(line -> report.add(line, Outcome.REFUSED, "the listener is left out: " + why));
        report.note("the listener " + listener.name() + " is left out: " + why);
    }

    private void one(Part part) throws IOException {
        Section section = part.section();
        Map<String, Object> block = new LinkedHashMap<>();
        Optional<String> bind = bind(part);
        bind.ifPresent(address -> block.put("bind", address));
        section.number("max_connections", Integer.MIN_VALUE, Integer.MAX_VALUE).ifPresent(most -> {
            long limit = Math.max(0, most);
            section.taken("max_connections", "max-connections: " + limit);
            if (limit > 0) {
                block.put("max-connections", limit);
            }
        });
        versions(section).ifPresent(list -> block.put("versions", list));
        boolean web = isWebSocket(section);
        if (web) {
            block.put("websocket", webSocket(section));
        }
        TlsBlocks.Result secure = tls.of(section);
        secure.block().ifPresent(tlsBlock -> block.put("tls", tlsBlock));
        lostRestrictions(section);
        Map<String, Object> named = new LinkedHashMap<>();
        named.put(
                "name",
                name(String.valueOf(block.get("bind")), web, secure.block().isPresent()));
        named.putAll(block);
        Migrated migrated = new Migrated(part, named, secure.certified());
        blocks.add(named);
        kept.add(migrated);
        if (!section.faults().isEmpty()) {
            leaveOut(migrated, String.join("; ", section.faults()));
        }
    }

    private String name(String bind, boolean web, boolean secure) {
        String kind = web ? (secure ? "wss" : "ws") : secure ? "mqtts" : "mqtt";
        String base = bind.startsWith("unix:") ? "unix" : kind + "-" + bind.substring(bind.lastIndexOf(':') + 1);
        String name = base.equals("mqtt-null") ? "mqtt" : base;
        for (int i = 2; isUsed(name); i++) {
            name = base + "-" + i;
        }
        return name;
    }

    private boolean isUsed(String name) {
        return blocks.stream()
                .map(each -> each instanceof LeftOut left ? left.value() : each)
                .anyMatch(each -> each instanceof Map<?, ?> map && name.equals(map.get("name")));
    }

    private Optional<String> bind(Part part) {
        Section section = part.section();
        if (conf.isLocalOnly()) {
            report.note("no line names a listener: Mosquitto listens to this machine only then, and so does bind:"
                    + " \"127.0.0.1:1883\"; write another one for ::1");
            return Optional.of("127.0.0.1:1883");
        }
        String everywhere = section.text("socket_domain").filter("ipv4"::equals).isPresent() ? "0.0.0.0" : "[::]";
        section.taken("socket_domain", "bind: \"" + everywhere + ":…\"");
        Optional<Directive> head = part.head();
        if (head.isEmpty()) {
            long port = section.number("port", 1, 65_535).orElse(1883L);
            String host = section.text("bind_address").map(Listeners::host).orElse(everywhere);
            if (!isHost(host)) {
                section.last("bind_address").ifPresent(line -> section.fault(line, "is no address"));
                return Optional.empty();
            }
            section.taken("port", "bind: \"" + host + ":" + port + "\"");
            section.taken("bind_address", "bind: \"" + host + ":" + port + "\"");
            return Optional.of(host + ":" + port);
        }
        String[] words = head.get().value().split("[ \t]+", 2);
        if (!words[0].matches("[0-9]{1,5}") || Integer.parseInt(words[0]) > 65_535) {
            section.fault(head.get(), "has no port");
            return Optional.empty();
        }
        if (words[0].matches("0+")) {
            if (words.length < 2 || !words[1].matches("/[^\\p{Cntrl}]*")) {
                section.fault(head.get(), "has port 0 and no path of a socket");
                return Optional.empty();
            }
            report.add(head.get(), Outcome.TAKEN_OVER, "bind: \"unix:" + words[1] + "\"; its mode is 0660 (mode)");
            return Optional.of("unix:" + words[1]);
        }
        String host = words.length < 2 ? everywhere : host(words[1]);
        if (!isHost(host)) {
            section.fault(head.get(), "has no address that can be listened to");
            return Optional.empty();
        }
        String bind = host + ":" + Integer.parseInt(words[0]);
        report.add(head.get(), Outcome.TAKEN_OVER, "bind: \"" + bind + "\"");
        return Optional.of(bind);
    }

    private static boolean isHost(String host) {
        return host.matches("[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.%]+]");
    }

    private static String host(String written) {
        return written.indexOf(':') >= 0 && !written.startsWith("[") ? "[" + written + "]" : written;
    }

    private Optional<List<Object>> versions(Section section) {
        Optional<String> written = section.text("accept_protocol_versions");
        if (written.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> known = Map.of("3", "3.1", "4", "3.1.1", "5", "5.0");
        List<String> words = Arrays.stream(written.get().split("[, \t]+", -1))
                .filter(w -> !w.isEmpty())
                .toList();
        if (words.isEmpty() || !known.keySet().containsAll(words)) {
            section.last("accept_protocol_versions").ifPresent(line -> section.fault(line, "is no list of 3, 4 and 5"));
            return Optional.empty();
        }
        section.taken("accept_protocol_versions", "versions");
        return Optional.of(words.stream()
                .distinct()
                .<Object>map(w -> new Word(known.getOrDefault(w, w)))
                .toList());
    }

    private boolean isWebSocket(Section section) {
        String protocol = section.text("protocol").orElse("mqtt");
        if (!protocol.equals("mqtt") && !protocol.equals("websockets")) {
            section.last("protocol").ifPresent(line -> section.fault(line, "is neither mqtt nor websockets"));
        }
        section.taken(
                "protocol",
                protocol.equals("mqtt")
                        ? "that is what a listener speaks"
                        : "websocket: {path: /mqtt}; Mosquitto takes any path: make it that of your clients");
        return protocol.equals("websockets");
    }

    private Map<String, Object> webSocket(Section section) {
        List<Object> origins = new ArrayList<>();
        for (Directive line : section.all("websockets_origin")) {
            if (line.value().matches("[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#\\s@*]+")) {
                origins.add(line.value());
                report.add(line, Outcome.TAKEN_OVER, "websocket.allowed-origins");
            } else {
                report.add(line, Outcome.REFUSED, "is no origin: https://host or https://host:port");
            }
        }
        if (origins.isEmpty()) {
            report.note(
                    "Mosquitto lets the pages of every site connect by WebSocket; here a browser is let in from the sites in"
                            + " websocket.allowed-origins only, which is empty so far. Other clients send no origin and come in");
        }
        Map<String, Object> block = new LinkedHashMap<>();
        block.put("path", "/mqtt");
        block.put("allowed-origins", origins);
        return block;
    }

    /** What would let in, or show, more than before if it were simply dropped. */
    private static void lostRestrictions(Section section) {
        Map<String, String> lost = Map.of(
                "mount_point",
                        "has no equivalent: its clients would see all topics, not only those below the prefix."
                                + " Give them rules with templates (authorization), and topics with the prefix",
                "bind_interface", "has no equivalent: write the address of the interface in bind",
                "psk_hint",
                        "asks for TLS without certificates (PSK), which is not spoken: give the listener a certificate",
                "enable_proxy_protocol", "needs to know the proxies: write proxy-protocol: {from: […]}");
        lost.forEach((key, words) -> section.last(key).ifPresent(line -> section.fault(line, words)));
        section.last("disable_client_cert_date_checks")
                .ifPresent(
                        line -> section.say(line.key(), Outcome.REFUSED, "certificates out of date are never taken"));
    }
}
