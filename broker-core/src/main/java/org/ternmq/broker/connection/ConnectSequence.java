package org.ternmq.broker.connection;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.ternmq.broker.observe.AuthOutcome;
import org.ternmq.broker.observe.ListenerTraffic;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.MessageProperties;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.Packet.Connect;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.WillMessage;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.security.Authentication.Outcome;
import org.ternmq.broker.security.Bans;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.security.ConnectCredentials;
import org.ternmq.broker.session.Attach;
import org.ternmq.broker.session.ReservedIds;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.spi.ClientInfo;

/**
 * The way of a CONNECT: what the packet alone tells, then the authenticators on a worker, then the will, then the session.
 * What is refused on the way has changed nothing (MQTT-3.1.4-6). Stateless; shared by the connections of one listener.
 */
public final class ConnectSequence {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int ASSIGNED_LENGTH = 22; // at most 23, so that a 3.1 bridge can use it; 130 bits

    private final ConnectionSettings settings;
    private final Authentication authentication;
    private final SessionRegistry registry;
    private final Bans bans;
    private final Guard guard;
    private final Metrics metrics;
    private final ListenerTraffic traffic;
    private final AtomicInteger open = new AtomicInteger();

    /** For the connections of one listener. */
    public ConnectSequence(
            ConnectionSettings settings,
            Authentication authentication,
            SessionRegistry registry,
            Bans bans,
            Guard guard,
            Metrics metrics) {
        this.settings = settings;
        this.authentication = authentication;
        this.registry = registry;
        this.bans = bans;
        this.guard = guard;
        this.metrics = metrics;
        this.traffic = metrics.listener(settings.listener());
    }

    /** What holds for the connections. */
    public ConnectionSettings settings() {
        return settings;
    }

    Guard guard() {
        return guard;
    }

    /** What comes and goes by this listener. */
    ListenerTraffic traffic() {
        return traffic;
    }

    /** A connection of this listener was opened. */
    void opened() {
        traffic.connectionOpened();
        open.getAndIncrement();
    }

    /** A connection of this listener is gone. */
    void closed() {
        open.getAndDecrement();
    }

    /** What CONNECT says of itself; throws if it cannot be served. Returns the client identifier to go by. */
    String check(Connect connect, Peer peer) {
        if (!settings.versions().contains(connect.version())) {
            throw refused(ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, "listener does not speak " + connect.version());
        }
        if (tooMany(open.get(), settings.listenerConnections())
                || tooMany(metrics.connectionsOpen(), settings.maxConnections())) {
            throw refused(
                    settings.serverReference().isPresent() ? ReasonCode.USE_ANOTHER_SERVER : ReasonCode.QUOTA_EXCEEDED,
                    "too many connections");
        }
        if (!guard.connects()) {
            throw refused(ReasonCode.CONNECTION_RATE_EXCEEDED, "too many clients come at once");
        }
        if (peer.user().isPresent()) {
            checkUser(connect, peer.user().get());
        }
        WillMessage will = connect.will();
        if (will != null) {
            if (will.qos().compareTo(settings.capabilities().maximumQos()) > 0) { // MQTT-3.2.2-12
                throw refused(
                        ReasonCode.QOS_NOT_SUPPORTED, "will QoS " + will.qos().value());
            }
            if (settings.payloadFormatCheck()
                    && !MessageProperties.payloadFitsFormat(will.properties(), will.payload())) { // 3.1.3.2.3
                throw refused(ReasonCode.PAYLOAD_FORMAT_INVALID, "a will that is not the UTF-8 it says it is");
            }
            if (will.retain() && !settings.capabilities().retain()) { // MQTT-3.2.2-13
                throw refused(ReasonCode.RETAIN_NOT_SUPPORTED, "will with retain");
            }
        }
        return clientId(connect);
    }

    /** The certificate has said who it is: CONNECT must not say otherwise, nor want to prove it in another way. */
    private static void checkUser(Connect connect, String certified) {
        if (connect.username() != null && !certified.equals(connect.username())) {
            throw refused(
                    ReasonCode.BAD_USER_NAME_OR_PASSWORD,
                    "the user name is not that of the certificate, '" + certified + "'");
        }
        if (connect.authenticationMethod() != null) {
            throw refused(
                    ReasonCode.BAD_AUTHENTICATION_METHOD,
                    "the certificate has proven the user name '" + certified + "'");
        }
    }

    private static boolean tooMany(long open, int limit) {
        return limit > 0 && open > limit;
    }

    private static DisconnectException refused(ReasonCode reasonCode, String detail) {
        return new DisconnectException(reasonCode, detail);
    }

    private String clientId(Connect connect) {
        String clientId = connect.clientId();
        if (!clientId.isEmpty()) {
            // A char is at most 3 bytes: most identifiers need no count.
            if (clientId.length() > settings.clientIdMaxLength()
                    || clientId.getBytes(StandardCharsets.UTF_8).length > settings.clientIdMaxLength()) {
                throw refused(
                        ReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
                        "client identifier is longer than " + settings.clientIdMaxLength() + " bytes");
            }
            if (ReservedIds.isReserved(clientId)) {
                throw refused(
                        ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, "client identifiers of bridges are the broker's own");
            }
            return clientId;
        }
        boolean allowed = switch (connect.version()) {
            case V3_1 -> false;
            case V3_1_1 -> connect.cleanStart(); // MQTT 3.1.1: MQTT-3.1.3-8
            case V5_0 -> true; // MQTT-3.1.3-6
        };
        if (!allowed) {
            throw refused(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, "empty client identifier");
        }
        StringBuilder assigned = new StringBuilder(ASSIGNED_LENGTH); // MQTT-3.2.2-16
        for (int i = 0; i < ASSIGNED_LENGTH; i++) {
            assigned.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
        }
        return assigned.toString();
    }

    /** Has the client authenticated, then comes back to the connection on its loop. */
    void authenticate(Connection connection, Connect connect, ConnectCredentials credentials) {
        checkBans(credentials);
        authentication.authenticate(
                credentials,
                outcome -> connection.shard().execute(() -> decided(connection, connect, credentials, outcome)));
    }

    private void checkBans(ConnectCredentials credentials) {
        if (credentials.isProven()) { // there was nothing to guess, and who guesses must not keep the owner out
            return;
        }
        bans.refusal(
                        credentials.remoteAddress().getAddress(),
                        credentials.username().orElse(null))
                .ifPresent(why -> {
                    throw refused(ReasonCode.BANNED, why);
                });
    }

    /** Whether somebody proved to be who was claimed; who claimed nothing has not tried to guess. */
    void judged(ConnectCredentials credentials, boolean proven) {
        String user = credentials.username().orElse(null);
        InetAddress address = credentials.remoteAddress().getAddress();
        metrics.authenticated(proven ? AuthOutcome.ACCEPTED : AuthOutcome.DENIED);
        if (proven) {
            bans.succeeded(address, user);
        } else if (user != null) {
            bans.failed(address, user);
        }
    }

    /**
     * How an exchange ended. Who is banned by the name that it claimed in the exchange learns nothing of whether it was right;
     * every wrong answer counts, as nobody begins an exchange who does not want to be somebody.
     */
    private Optional<String> judged(ConnectCredentials credentials, boolean proven, Optional<String> claimed) {
        InetAddress address = credentials.remoteAddress().getAddress();
        String user = claimed.or(credentials::username).orElse(null);
        Optional<String> refusal = bans.refusal(address, user);
        if (refusal.isPresent()) {
            return refusal;
        }
        if (proven) {
            bans.succeeded(address, user);
        } else {
            bans.failed(address, user);
        }
        return Optional.empty();
    }

    /** For a client that named an authentication method; throws if no authenticator serves it. */
    EnhancedAuthentication enhanced(Connection connection, String method, ConnectCredentials credentials) {
        checkBans(credentials);
        return new EnhancedAuthentication(
                connection,
                method,
                (proven, username) -> judged(credentials, proven, username),
                () -> authentication
                        .converse(method, credentials)
                        .orElseThrow(() -> refused( // MQTT-4.12.0-1
                                ReasonCode.BAD_AUTHENTICATION_METHOD, "no such authentication method")));
    }

    private void decided(Connection connection, Connect connect, ConnectCredentials credentials, Outcome outcome) {
        if (outcome instanceof Outcome.Accepted) {
            judged(credentials, true);
        } else if (outcome instanceof Outcome.Refused refused && isDenial(refused.reasonCode())) {
            judged(credentials, false);
        } else {
            metrics.authenticated(AuthOutcome.FAILED);
        }
        if (!connection.awaitsVerdict()) {
            return; // gone meanwhile
        }
        if (outcome instanceof Outcome.Refused refused) {
            connection.refused(refused.reasonCode(), refused.detail());
        } else if (outcome instanceof Outcome.Accepted accepted) {
            claim(connection, connect, accepted.client(), accepted.validUntil());
        }
    }

    /** Whether a refusal is the client's fault: a plugin that fails bans nobody. */
    static boolean isDenial(ReasonCode reasonCode) {
        return reasonCode == ReasonCode.BAD_USER_NAME_OR_PASSWORD || reasonCode == ReasonCode.NOT_AUTHORIZED;
    }

    /** The client is known, until a time if there is one: its will is judged, then it claims its session. */
    void claim(Connection connection, Connect connect, Client client, Optional<Instant> validUntil) {
        if (!fitsUser(client.info())) {
            connection.refused(
                    ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, "client identifier does not go with the user name");
            return;
        }
        WillMessage will = connect.will();
        if (will != null && !client.permissions().mayPublish(will.topic(), will.qos(), will.retain())) {
            connection.refused(ReasonCode.NOT_AUTHORIZED, "may not publish the will to " + will.topic());
            return;
        }
        long expiry = Math.min(connect.sessionExpiryInterval(), settings.sessionExpiryMaximum());
        connection.authenticated(client, expiry, validUntil);
        registry.claim(
                new Attach(client, connection.shard(), connection, connect.cleanStart(), expiry, will),
                connection.shard());
    }

    private boolean fitsUser(ClientInfo info) {
        String user = info.username().orElse(null);
        return user == null
                || switch (settings.clientIdRule()) {
                    case ANY -> true;
                    case EQUALS_USER -> info.clientId().equals(user);
                    case STARTS_WITH_USER -> !user.isEmpty() && info.clientId().startsWith(user);
                };
    }

    /** Seconds that the connection's keep-alive has, and whether the client has to be told. */
    int keepAlive(Connect connect) {
        int wanted = connect.keepAlive();
        int maximum = settings.maxKeepAlive();
        // Only 5.0 has a way to tell the client, so that older ones are held to no shorter time than they asked for.
        if (maximum == 0 || connect.version() != MqttVersion.V5_0 || (wanted != 0 && wanted <= maximum)) {
            return wanted; // MQTT-3.2.2-22
        }
        return maximum; // MQTT-3.1.2-21
    }
}
