package org.ternmq.broker.cli.migrate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ternmq.broker.cli.migrate.YamlWriter.Word;

/** Limits, the choices of the protocol, and storage. Used once. */
final class Settings {
    private static final long LARGEST_PACKET = 268_435_460L;
    /** Of a PUBLISH, what is not payload: its head, the longest topic, some properties. */
    private static final long AROUND_A_PAYLOAD = 66 << 10;

    private final Section general;
    private final List<Section> listeners;
    private final MigrationReport report;
    private final Map<String, Object> limits = new LinkedHashMap<>();
    private final Map<String, Object> protocol = new LinkedHashMap<>();

    Settings(MosquittoConf conf, MigrationReport report) {
        this.general = conf.general();
        this.listeners =
                conf.openListeners().stream().map(MosquittoConf.Part::section).toList();
        this.report = report;
    }

    /** Adds the blocks {@code storage}, {@code sys}, {@code limits} and {@code protocol}. */
    void migrate(Map<String, Object> yaml) {
        storage(yaml);
        packets();
        queues();
        clients();
        ofListeners();
        figures(yaml);
        if (!general.flag("retain_available", true, false)) {
            protocol.put("retain-available", false);
        }
        general.taken("retain_available", "protocol.retain-available");
        if (!limits.isEmpty()) {
            yaml.put("limits", limits);
        }
        if (!protocol.isEmpty()) {
            yaml.put("protocol", protocol);
        }
    }

    private void storage(Map<String, Object> yaml) {
        boolean keeps = general.flag("persistence", true, true);
        if (!keeps) {
            yaml.put("storage", Map.of("type", new Word("memory")));
        }
        general.taken("persistence", keeps ? "storage, as it is by default: rocksdb" : "storage.type: memory");
        if (!general.has("persistence")) {
            report.note("without a line 'persistence' Mosquitto keeps everything in memory; here it is kept on disk"
                    + " (storage.type: memory would keep it in memory)");
        }
        general.say(
                "persistence_location",
                Outcome.NOT_NEEDED,
                "the store is made anew, in the folder data next to bin/ or where 'data' says. What Mosquitto has stored comes along"
                        + " by 'ternmq migrate mosquitto-store' and 'ternmq import'");
    }

    private void packets() {
        Optional<Long> packet =
                general.number("max_packet_size", 0, LARGEST_PACKET).filter(size -> size > 0);
        Optional<Long> payload =
                general.number("message_size_limit", 0, LARGEST_PACKET).filter(size -> size > 0);
        Optional<Long> size = packet.or(() -> payload.map(bytes -> bytes + AROUND_A_PAYLOAD));
        size.ifPresent(bytes -> limits.put("max-packet-size", Math.max(64, Math.min(bytes, LARGEST_PACKET))));
        String key = size.map(bytes -> "limits.max-packet-size: " + limits.get("max-packet-size"))
                .orElse("limits.max-packet-size stays at 1MiB: there always is a limit");
        general.taken("max_packet_size", key);
        general.taken(
                "message_size_limit",
                packet.isPresent()
                        ? "limits.max-packet-size, which counts the whole packet, is that of max_packet_size"
                        : key + ", which counts the whole packet");
        if (size.isEmpty()) {
            report.note("Mosquitto takes packets of up to 256MiB; here limits.max-packet-size is 1MiB");
        }
    }

    private void queues() {
        long all = Integer.MAX_VALUE;
        general.number("max_queued_messages", 0, Long.MAX_VALUE / 10).ifPresent(most -> {
            long limit = most == 0 ? all : Math.min(most, all);
            limits.put("queue-messages", limit);
            general.taken(
                    "max_queued_messages",
                    "limits.queue-messages: " + limit
                            + (most == 0 ? "; limits.queue-bytes bounds the queue all the same" : ""));
        });
        general.number("max_queued_bytes", 0, Long.MAX_VALUE / 10).ifPresent(most -> {
            if (most > 0) {
                limits.put("queue-bytes", most);
            }
            general.taken(
                    "max_queued_bytes",
                    most > 0
                            ? "limits.queue-bytes: " + most
                            : "limits.queue-bytes stays at 16MiB: there always is a limit");
        });
        general.number("max_inflight_messages", 0, 65_535).ifPresent(most -> {
            long limit = most == 0 ? 65_535 : most;
            limits.put("in-flight", limit);
            general.taken("max_inflight_messages", "limits.in-flight: " + limit);
        });
    }

    private void figures(Map<String, Object> yaml) {
        general.number("sys_interval", 0, 86_400).ifPresent(seconds -> {
            yaml.put("sys", Map.of("interval", new Word(seconds + "s")));
            general.taken("sys_interval", "sys.interval: " + seconds + "s");
        });
    }

    private void clients() {
        general.number("max_keepalive", 0, 65_535).ifPresent(most -> {
            limits.put("max-keep-alive", new Word(most + "s"));
            general.taken("max_keepalive", "limits.max-keep-alive: " + most + "s");
        });
        for (String key : List.of("global_max_connections", "global_max_clients")) {
            general.number(key, -1, Integer.MAX_VALUE).ifPresent(most -> {
                if (most > 0) {
                    limits.put("max-connections", most);
                }
                general.taken(key, "limits.max-connections: " + Math.max(0, most));
            });
        }
        Optional<String> expiry = general.text("persistent_client_expiration");
        if (expiry.isEmpty()) {
            report.note(
                    "Mosquitto keeps sessions of clients that are gone for ever; here limits.session-expiry-max is 30d (0s: for ever)");
        } else if (expiry.get().matches("[1-9][0-9]{0,5}[hdwmy]")) {
            long count = Long.parseLong(expiry.get().substring(0, expiry.get().length() - 1));
            long hours = count
                    * switch (expiry.get().charAt(expiry.get().length() - 1)) {
                        case 'h' -> 1;
                        case 'd' -> 24;
                        case 'w' -> 7 * 24;
                        case 'm' -> 30 * 24;
                        default -> 365 * 24;
                    };
            long bounded = Math.min(hours, 4_294_967_294L / 3600);
            limits.put("session-expiry-max", new Word(bounded + "h"));
            general.taken("persistent_client_expiration", "limits.session-expiry-max: " + bounded + "h");
        } else {
            general.say("persistent_client_expiration", Outcome.REFUSED, "is no number with h, d, w, m or y behind it");
        }
    }

    /** What Mosquitto has for each listener, and TernMQ for all: the smallest holds. */
    private void ofListeners() {
        smallest("max_qos", 2).ifPresent(qos -> {
            protocol.put("maximum-qos", qos);
            say("max_qos", "protocol.maximum-qos: " + qos + ", for all listeners");
        });
        smallest("max_topic_alias", 65_535).ifPresent(aliases -> {
            limits.put("topic-alias-max", aliases);
            say("max_topic_alias", "limits.topic-alias-max: " + aliases + ", for all listeners");
        });
        smallest("max_topic_alias_broker", 65_535)
                .ifPresent(n -> say("max_topic_alias_broker", "limits.topic-alias-max, for both directions"));
    }

    private void say(String key, String words) {
        listeners.forEach(section -> section.taken(key, words));
    }

    private Optional<Long> smallest(String key, long most) {
        return listeners.stream()
                .flatMap(section -> section.number(key, 0, most).stream())
                .min(Long::compare);
    }
}
