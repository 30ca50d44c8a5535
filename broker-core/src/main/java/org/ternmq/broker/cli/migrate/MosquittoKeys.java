package org.ternmq.broker.cli.migrate;

import java.util.Map;
import java.util.Set;

/** The keys of Mosquitto: where they belong, and what becomes of those that are never written anywhere. */
final class MosquittoKeys {
    /** Where a line belongs. */
    enum Scope {
        /** It begins a listener. */
        LISTENER_HEAD,
        /** It begins a bridge. */
        BRIDGE_HEAD,
        /** To the listener begun last in the same file. */
        LISTENER,
        /** To the bridge begun last in the same file. */
        BRIDGE,
        /** To the broker. */
        GENERAL
    }

    private static final Set<String> OF_LISTENERS = Set.of(
            "bind_address",
            "bind_interface",
            "port",
            "http_dir",
            "max_connections",
            "max_qos",
            "max_topic_alias",
            "max_topic_alias_broker",
            "mount_point",
            "protocol",
            "socket_domain",
            "use_username_as_clientid",
            "cafile",
            "capath",
            "certfile",
            "ciphers",
            "ciphers_tls1.3",
            "crlfile",
            "dhparamfile",
            "keyfile",
            "require_certificate",
            "tls_engine",
            "tls_engine_kpass_sha1",
            "tls_keyform",
            "tls_version",
            "use_identity_as_username",
            "use_subject_as_username",
            "psk_hint",
            "listener_allow_anonymous",
            "listener_auto_id_prefix",
            "websockets_origin",
            "accept_protocol_versions",
            "disable_client_cert_date_checks",
            "enable_proxy_protocol",
            "proxy_protocol_v2_require_tls");

    /** Of listeners if per_listener_settings is set. */
    private static final Set<String> SECURITY = Set.of(
            "password_file",
            "acl_file",
            "psk_file",
            "allow_anonymous",
            "allow_zero_length_clientid",
            "auto_id_prefix",
            "auth_plugin",
            "plugin",
            "auth_plugin_deny_special_chars");

    private static final Set<String> OF_BRIDGES = Set.of(
            "address",
            "addresses",
            "cleansession",
            "clientid",
            "local_cleansession",
            "keepalive_interval",
            "idle_timeout",
            "local_clientid",
            "local_password",
            "local_username",
            "notifications",
            "notifications_local_only",
            "notification_topic",
            "remote_clientid",
            "remote_password",
            "remote_username",
            "username",
            "password",
            "restart_timeout",
            "round_robin",
            "start_type",
            "threshold",
            "topic",
            "try_private");

    /** With these alone the default listener is not opened beside others. */
    static final Set<String> OPEN_NOTHING =
            Set.of("allow_anonymous", "acl_file", "tls_version", "auto_id_prefix", "max_topic_alias", "http_dir");

    private static final String LOG = "the log goes to the standard error output, for the service manager to keep";
    private static final String DISK = "whatever is acknowledged is stored by then; nothing is saved from time to time";

    private static final Map<String, String> NOT_NEEDED = Map.ofEntries(
            Map.entry("per_listener_settings", "what it says was looked at for each listener"),
            Map.entry(
                    "pid_file",
                    "bin/ternmq stays in the foreground and becomes the broker: the service manager knows its number"),
            Map.entry("user", "the service manager starts the broker as a user of its own; it never is root by itself"),
            Map.entry("autosave_interval", DISK),
            Map.entry("autosave_on_changes", DISK),
            Map.entry(
                    "persistence_file",
                    "the store has a format of its own; 'ternmq migrate mosquitto-store' reads the file"),
            Map.entry("set_tcp_nodelay", "it is always set"),
            Map.entry("log_timestamp", "each line of the log has one"),
            Map.entry("log_timestamp_format", "each line of the log has one, as ISO 8601"),
            Map.entry("websockets_headers_size", "the limit is larger than what browsers send"),
            Map.entry("websockets_log_level", "the log of WebSocket is that of the broker"),
            Map.entry("dhparamfile", "the curves of the TLS library are used"),
            Map.entry("packet_buffer_size", "buffers have the size that is needed"),
            Map.entry("auto_id_prefix", "identifiers that the broker gives have a form of their own"),
            Map.entry("listener_auto_id_prefix", "identifiers that the broker gives have a form of their own"),
            Map.entry("local_password", "a bridge is part of the broker and does not log in"),
            Map.entry("local_clientid", "a bridge is known by its name"),
            Map.entry(
                    "bridge_attempt_unsubscribe",
                    "the bridge ends subscriptions that its topics do not have any more by itself"),
            Map.entry("auth_plugin_deny_special_chars", "names with wildcards fit no template of a rule"));

    private static final Map<String, String> NO_EQUIVALENT = Map.ofEntries(
            Map.entry("log_dest", LOG),
            Map.entry("log_facility", LOG),
            Map.entry(
                    "log_type",
                    "start with --log-level DEBUG, INFO, WARN or ERROR; logins and refusals as JSON: events, type audit-log"),
            Map.entry("connection_messages", "they are lines of level INFO: --log-level WARN leaves them out"),
            Map.entry("allow_zero_length_clientid", "clients without identifier get one, as MQTT says"),
            Map.entry("allow_duplicate_messages", "a client gets what fits several of its subscriptions as MQTT says"),
            Map.entry(
                    "check_retain_source",
                    "whoever receives a retained message is checked, and whoever publishes it, when he does"),
            Map.entry(
                    "queue_qos0_messages",
                    "QoS 0 does not wait for clients that are away: subscribe and publish with QoS 1"),
            Map.entry(
                    "upgrade_outgoing_qos",
                    "a message has the QoS that it was published with, at most: publish with QoS 1"),
            Map.entry(
                    "memory_limit",
                    "limits bound what clients can take; the heap is bounded with TERNMQ_JVM_OPTS=-Xmx…"),
            Map.entry("max_inflight_bytes", "limits.in-flight counts messages"),
            Map.entry(
                    "clientid_prefixes",
                    "no rule of the configuration refuses by client identifier: all users come in with any; "
                            + "authentication.client-id ties it to the user name"),
            Map.entry("http_dir", "the broker serves no files: use a web server"),
            Map.entry("enable_control_api", "there are no control topics"),
            Map.entry("tls_engine", "keys are files, PEM or PKCS12"),
            Map.entry("tls_engine_kpass_sha1", "keys are files, PEM or PKCS12"),
            Map.entry(
                    "psk_file",
                    "TLS without certificates (PSK) is not spoken: give the listener a certificate, and its clients passwords or certificates"),
            Map.entry(
                    "ciphers",
                    "the suites of today's TLS library are used; tls.ciphers limits them, by their standard names (TLS_…)"),
            Map.entry(
                    "ciphers_tls1.3",
                    "the suites of today's TLS library are used; tls.ciphers limits them, for TLS 1.2 and 1.3 together"),
            Map.entry("cleansession", "the bridge keeps its session, so that nothing is lost"),
            Map.entry("local_cleansession", "what waits for the bridge is kept"),
            Map.entry(
                    "notifications",
                    "the state of a bridge is always under $SYS/broker/connection/NAME/state, for this broker's clients"),
            Map.entry("notifications_local_only", "the state of a bridge is told to this broker's clients only"),
            Map.entry("notification_topic", "the state of a bridge is under $SYS/broker/connection/NAME/state"),
            Map.entry("round_robin", "the first address that answers is used"),
            Map.entry("threshold", "a lazy bridge connects with the first message"),
            Map.entry("bridge_bind_address", "the system chooses the address: set a route"),
            Map.entry("bridge_outgoing_retain", "RETAIN goes along"),
            Map.entry(
                    "bridge_max_packet_size",
                    "what is too large for the other side is dropped and counted, if it says so (MQTT 5.0)"),
            Map.entry("bridge_alpn", "no protocol name is sent: use the port for MQTT (8883) in place of 443"),
            Map.entry("bridge_require_ocsp", "the other side's certificate is checked without asking its issuer"),
            Map.entry("bridge_tls_version", "TLS 1.2 and 1.3 are spoken"),
            Map.entry("bridge_ciphers", "the suites of today's TLS library are used"),
            Map.entry("bridge_ciphers_tls1.3", "the suites of today's TLS library are used"));

    private MosquittoKeys() {}

    static Scope scope(String key, boolean perListener) {
        if (key.equals("listener")) {
            return Scope.LISTENER_HEAD;
        }
        if (key.equals("connection")) {
            return Scope.BRIDGE_HEAD;
        }
        if (OF_LISTENERS.contains(key) || perListener && SECURITY.contains(key)) {
            return Scope.LISTENER;
        }
        return OF_BRIDGES.contains(key) || key.startsWith("bridge_") ? Scope.BRIDGE : Scope.GENERAL;
    }

    /** Says what became of a line that nobody has spoken of. */
    static void finish(Directive line, MigrationReport report) {
        if (report.has(line)) {
            return;
        }
        String key = line.key();
        if (NOT_NEEDED.containsKey(key)) {
            report.add(line, Outcome.NOT_NEEDED, NOT_NEEDED.get(key));
        } else if (NO_EQUIVALENT.containsKey(key)) {
            report.add(line, Outcome.NO_EQUIVALENT, NO_EQUIVALENT.get(key));
        } else if (key.startsWith("auth_opt_") || key.startsWith("plugin_opt_")) {
            report.add(line, Outcome.NO_EQUIVALENT, "belongs to a plugin of Mosquitto, which does not load here");
        } else {
            report.add(line, Outcome.REFUSED, "is no key of Mosquitto that is known here");
        }
    }
}
