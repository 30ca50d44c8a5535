package org.ternmq.broker.security;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.journal.ClientRecord;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.EnhancedAuthenticator;

/**
 * Asks the authenticators, then the authorizers, on workers and under a timeout. Whatever goes wrong refuses: an exception,
 * a timeout, a null, a full queue of waiting clients.
 *
 * <p>Safe for use by all threads.
 */
public final class Authentication implements AutoCloseable {
    /** An authenticator or authorizer under the name that log lines give it. */
    public record Named<T extends AutoCloseable>(String name, T plugin) {}

    /** The verdict on a CONNECT. */
    public sealed interface Outcome {
        /** Let in, until a time if there is one. */
        record Accepted(Client client, Optional<Instant> validUntil) implements Outcome {}

        /** Refused, with the code for CONNACK and a detail for the log. */
        record Refused(ReasonCode reasonCode, String detail) implements Outcome {}
    }

    private static final Logger LOG = LoggerFactory.getLogger(Authentication.class);

    private final List<Named<Authenticator>> authenticators;
    private final Map<String, Named<EnhancedAuthenticator>> enhanced;
    private final List<Named<Authorizer>> authorizers;
    private final boolean allowAnonymous;
    private final boolean allowByDefault;
    private final Metrics metrics;
    private final PluginCalls calls;
    private final Revocations revocations = new Revocations();
    /** How often the rules have changed. */
    private final AtomicInteger changes = new AtomicInteger();

    /**
     * A chain.
     *
     * @param authenticators asked in order until one does not abstain
     * @param enhanced by the Authentication Method that each serves
     * @param authorizers all asked for their rules
     * @param allowAnonymous let in a client that showed neither user name nor password
     * @param allowByDefault what holds where all rules abstain
     * @param timeout for each call of a plugin
     */
    public Authentication(
            List<Named<Authenticator>> authenticators,
            Map<String, Named<EnhancedAuthenticator>> enhanced,
            List<Named<Authorizer>> authorizers,
            boolean allowAnonymous,
            boolean allowByDefault,
            Duration timeout,
            Metrics metrics) {
        this.authenticators = List.copyOf(authenticators);
        this.enhanced = Map.copyOf(enhanced);
        this.authorizers = List.copyOf(authorizers);
        this.allowAnonymous = allowAnonymous;
        this.allowByDefault = allowByDefault;
        this.metrics = metrics;
        this.calls = new PluginCalls(timeout, metrics);
    }

    /**
     * Judges a CONNECT. Never blocks; the verdict comes on a worker, or on the calling thread where no plugin has to be
     * asked. The password is wiped before the verdict is given.
     */
    public void authenticate(ConnectCredentials credentials, Consumer<Outcome> then) {
        boolean anonymous =
                credentials.username().isEmpty() && credentials.password().isEmpty();
        boolean asked = !authenticators.isEmpty() && !credentials.isProven() && !(anonymous && allowAnonymous);
        if (authorizers.isEmpty() && !asked) {
            then.accept(decide(credentials, anonymous));
            return;
        }
        Runnable busy = () -> {
            credentials.wipe();
            then.accept(new Outcome.Refused(ReasonCode.SERVER_BUSY, PluginCalls.BUSY));
        };
        if (!calls.execute(() -> then.accept(decide(credentials, anonymous)), busy)) {
            busy.run();
        }
    }

    /**
     * Begins an exchange of challenge and response. The credentials' password is wiped when it is over.
     *
     * @param method the Authentication Method of the CONNECT, compared byte by byte
     * @return empty if no authenticator serves the method
     */
    public Optional<Conversation> converse(String method, ConnectCredentials credentials) {
        return Optional.ofNullable(enhanced.get(method))
                .map(by -> new Conversation(
                        by.name(),
                        by.plugin(),
                        credentials,
                        calls,
                        (shown, accepted, asked) -> admit(
                                shown,
                                Optional.of(accepted.username()),
                                accepted.attributes(),
                                Optional.of(new Proof(by.name(), asked))),
                        revocations.now()));
    }

    /** Notes that an authenticator knows users no more; sessions have to be asked to look where their client stands. */
    public void revoke(String authenticator, Set<String> usernames, boolean endSessions) {
        revocations.revoke(authenticator, usernames, endSessions);
    }

    /** Whether who let a client in would still do so. */
    public Standing standing(Client client) {
        return revocations.of(client);
    }

    private Outcome decide(ConnectCredentials credentials, boolean anonymous) {
        try {
            Map<String, String> attributes;
            Optional<String> proven = Optional.empty();
            Optional<Instant> validUntil = Optional.empty();
            Optional<Proof> proof = Optional.empty();
            long asked = revocations.now();
            if (credentials.isProven()) {
                attributes = Map.of();
                proven = credentials.username();
            } else if (anonymous && allowAnonymous) {
                attributes = Map.of();
            } else if (authenticators.isEmpty()) {
                // Without an authenticator a name proves nothing, so that it opens no more than no name does.
                if (!allowAnonymous) {
                    return new Outcome.Refused(ReasonCode.NOT_AUTHORIZED, "no authenticator is configured");
                }
                attributes = Map.of();
            } else {
                if (credentials.isAbandoned()) { // the time for a hash is worth more to those who wait behind it
                    return new Outcome.Refused(ReasonCode.UNSPECIFIED_ERROR, "the client has gone");
                }
                Answer answer = ask(credentials);
                if (!(answer.result() instanceof AuthResult.Accepted accepted)) {
                    return refusal(answer.result(), anonymous);
                }
                proof = Optional.of(new Proof(answer.by(), asked));
                attributes = accepted.attributes();
                proven = accepted.username().or(credentials::username);
                validUntil = accepted.validUntil();
            }
            return new Outcome.Accepted(admit(credentials, proven, attributes, proof), validUntil);
        } catch (PluginCalls.Failure e) {
            return new Outcome.Refused(ReasonCode.SERVER_UNAVAILABLE, e.detail());
        } catch (RuntimeException | Error e) {
            LOG.error("Cannot judge {}", credentials, e);
            return new Outcome.Refused(ReasonCode.SERVER_UNAVAILABLE, "internal error");
        } finally {
            credentials.wipe();
        }
    }

    private static Outcome refusal(AuthResult result, boolean anonymous) {
        String detail = result instanceof AuthResult.Rejected rejected
                ? rejected.detail()
                : anonymous
                        ? "no user name, and anonymous clients are not allowed"
                        : "no authenticator knows this user";
        return new Outcome.Refused(
                anonymous ? ReasonCode.NOT_AUTHORIZED : ReasonCode.BAD_USER_NAME_OR_PASSWORD, detail);
    }

    private record Answer(String by, AuthResult result) {}

    private Answer ask(ConnectCredentials credentials) throws PluginCalls.Failure {
        for (Named<Authenticator> each : authenticators) {
            AuthResult result =
                    calls.call(each.name(), each.plugin(), () -> each.plugin().authenticate(credentials));
            if (!(result instanceof AuthResult.Abstained)) {
                return new Answer(each.name(), result);
            }
        }
        return new Answer("", AuthResult.abstained());
    }

    private Client admit(
            ConnectCredentials credentials,
            Optional<String> proven,
            Map<String, String> attributes,
            Optional<Proof> proof)
            throws PluginCalls.Failure {
        ClientInfo info = new AuthenticatedClient(
                credentials.clientId(),
                proven,
                attributes,
                credentials.remoteAddress(),
                credentials.listener(),
                credentials.peerCertificate(),
                credentials.protocolVersion(),
                proof);
        return new Client(info, permissions(info));
    }

    private Permissions permissions(ClientInfo info) throws PluginCalls.Failure {
        int version = changes.get(); // first: of a change in between these rules may know nothing
        List<Permissions.Asked> rules = new ArrayList<>(authorizers.size());
        for (Named<Authorizer> each : authorizers) {
            rules.add(calls.call(
                    each.name(),
                    each.plugin(),
                    () -> Permissions.Asked.of(each.plugin().rulesFor(info))));
        }
        return new Permissions(rules, allowByDefault, metrics, version);
    }

    /** A client of which there is only what was written down. */
    public static ClientInfo formerClient(String clientId, Optional<String> username, ClientRecord known) {
        return new AuthenticatedClient(
                clientId,
                username,
                known.attributes(),
                known.remoteAddress(),
                known.listener(),
                Optional.empty(),
                known.protocolVersion(),
                Optional.empty());
    }

    /** Notes that what was fetched so far may be old. */
    public void rulesChanged() {
        changes.incrementAndGet();
    }

    /** Whether the rules have not changed since these were asked for. */
    public boolean isCurrent(Permissions permissions) {
        return permissions.version() == changes.get();
    }

    /**
     * Fetches the rules of a client that is in anew, after they changed. Never blocks; the answer comes on a worker. Rules
     * that cannot be had deny everything until the next change.
     */
    public void refresh(ClientInfo client, Consumer<Permissions> then) {
        int version = changes.get();
        boolean asked = calls.executeLater(() -> {
            Permissions fresh = Permissions.nothing(metrics, version);
            try {
                fresh = permissions(client);
            } catch (PluginCalls.Failure e) {
                LOG.error("Client '{}' may do nothing until the rules change again: {}", client.clientId(), e.detail());
            }
            then.accept(fresh);
        });
        if (!asked) {
            then.accept(Permissions.nothing(metrics, version)); // the broker stops
        }
    }

    /** Re-reads what the plugins keep in memory. Blocks; one that fails keeps its old state. True if all succeeded. */
    public boolean reload() {
        boolean ok = true;
        for (Named<Authenticator> each : authenticators) {
            ok &= reload(each.name(), () -> each.plugin().reload());
        }
        for (Named<EnhancedAuthenticator> each : enhanced.values()) {
            ok &= reload(each.name(), () -> each.plugin().reload());
        }
        for (Named<Authorizer> each : authorizers) {
            ok &= reload(each.name(), () -> each.plugin().reload());
        }
        return ok;
    }

    private interface Reload {
        void run() throws Exception;
    }

    private boolean reload(String name, Reload plugin) {
        try {
            plugin.run();
            LOG.info("{} reloaded", name);
            return true;
        } catch (Exception | LinkageError e) {
            metrics.pluginFailed();
            LOG.error("{} was not reloaded, the old rules stay in force: {}", name, e.getMessage());
            return false;
        }
    }

    /** Stops the workers, then closes the plugins. */
    @Override
    public void close() {
        calls.close();
        for (Named<Authenticator> each : authenticators) {
            closeQuietly(each.name(), each.plugin());
        }
        for (Named<EnhancedAuthenticator> each : enhanced.values()) {
            closeQuietly(each.name(), each.plugin());
        }
        for (Named<Authorizer> each : authorizers) {
            closeQuietly(each.name(), each.plugin());
        }
    }

    private static void closeQuietly(String name, AutoCloseable plugin) {
        try {
            plugin.close();
        } catch (Exception | LinkageError e) {
            LOG.warn("{} failed to close", name, e);
        }
    }
}
