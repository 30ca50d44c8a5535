package org.ternmq.broker.security;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.journal.ClientRecord;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.observe.PluginScope;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.security.Permissions.Ruled;
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

    private volatile List<Asked<Authenticator>> authenticators;
    /** By the method that each serves. */
    private volatile Map<String, Asked<EnhancedAuthenticator>> enhanced;

    private volatile List<Asked<Authorizer>> authorizers;
    private final boolean allowAnonymous;
    private final boolean allowByDefault;
    private final Metrics metrics;
    private final LoopWatch watch;
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
     * @param watch looks after access rules on event loops
     */
    public Authentication(
            List<Named<Authenticator>> authenticators,
            Map<String, Named<EnhancedAuthenticator>> enhanced,
            List<Named<Authorizer>> authorizers,
            boolean allowAnonymous,
            boolean allowByDefault,
            Duration timeout,
            Metrics metrics,
            LoopWatch watch) {
        this.metrics = metrics;
        this.watch = watch;
        this.authenticators =
                authenticators.stream().map(n -> asked(n.name(), n.plugin())).toList();
        this.authorizers =
                authorizers.stream().map(n -> asked(n.name(), n.plugin())).toList();
        Map<String, Asked<EnhancedAuthenticator>> methods = new HashMap<>();
        enhanced.forEach((method, n) -> methods.put(method, asked(n.name(), n.plugin())));
        this.enhanced = Map.copyOf(methods);
        this.allowAnonymous = allowAnonymous;
        this.allowByDefault = allowByDefault;
        this.calls = new PluginCalls(timeout, metrics);
    }

    private <T extends AutoCloseable> Asked<T> asked(String name, T plugin) {
        return new Asked<>(plugin, new PluginScope(name, plugin, metrics, watch));
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
        while (true) {
            Asked<EnhancedAuthenticator> by = enhanced.get(method);
            if (by == null) {
                return Optional.empty();
            }
            if (by.begin()) {
                return Optional.of(new Conversation(
                        by,
                        credentials,
                        calls,
                        (shown, accepted, known) -> admit(
                                shown,
                                Optional.of(accepted.username()),
                                accepted.attributes(),
                                Optional.of(new Proof(by.name(), known))),
                        revocations.now()));
            }
        }
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

    private interface Question<T extends AutoCloseable, R> {
        R ask(Asked<T> asked) throws Exception;
    }

    /** Asks whoever is in force at that moment. */
    private <T extends AutoCloseable, R> R ask(Supplier<Asked<T>> inForce, Question<T, R> question)
            throws PluginCalls.Failure {
        while (true) {
            Asked<T> asked = inForce.get();
            if (asked.begin()) {
                try {
                    return calls.call(asked, () -> question.ask(asked));
                } finally {
                    asked.end();
                }
            }
        }
    }

    private record Answer(String by, AuthResult result) {}

    private Answer ask(ConnectCredentials credentials) throws PluginCalls.Failure {
        for (int i = 0; i < authenticators.size(); i++) {
            int place = i;
            AuthResult result =
                    ask(() -> authenticators.get(place), asked -> asked.plugin().authenticate(credentials));
            if (!(result instanceof AuthResult.Abstained)) {
                return new Answer(authenticators.get(place).name(), result);
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
        List<Ruled> rules = new ArrayList<>(authorizers.size());
        for (int i = 0; i < authorizers.size(); i++) {
            int place = i;
            rules.add(ask(
                    () -> authorizers.get(place),
                    asked -> Ruled.of(asked.scope(), asked.plugin().rulesFor(info))));
        }
        return new Permissions(rules, allowByDefault, version);
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
            Permissions fresh = Permissions.nothing(version);
            try {
                fresh = permissions(client);
            } catch (PluginCalls.Failure e) {
                LOG.error("Client '{}' may do nothing until the rules change again: {}", client.clientId(), e.detail());
            } catch (RuntimeException | Error e) {
                LOG.error("Client '{}' may do nothing until the rules change again", client.clientId(), e);
            }
            then.accept(fresh);
        });
        if (!asked) {
            then.accept(Permissions.nothing(version)); // the broker stops
        }
    }

    /** Whether a configured instance answers challenges, shown passwords, or both. */
    public boolean serves(String name, boolean challenges) {
        return challenges
                ? enhanced.values().stream().anyMatch(each -> each.name().equals(name))
                : authenticators.stream().anyMatch(each -> each.name().equals(name));
    }

    /** The name of the instance that serves a method. */
    public Optional<String> servedBy(String method) {
        return Optional.ofNullable(enhanced.get(method)).map(Asked::name);
    }

    /** Puts another authenticator in the place of the one of that name, which is given back and no longer asked. */
    public synchronized Asked<Authenticator> replaceAuthenticator(String name, Authenticator fresh) {
        List<Asked<Authenticator>> changed = new ArrayList<>(authenticators);
        Asked<Authenticator> old = replace(changed, asked(name, fresh));
        authenticators = List.copyOf(changed);
        return old;
    }

    /** As {@link #replaceAuthenticator}. */
    public synchronized Asked<Authorizer> replaceAuthorizer(String name, Authorizer fresh) {
        List<Asked<Authorizer>> changed = new ArrayList<>(authorizers);
        Asked<Authorizer> old = replace(changed, asked(name, fresh));
        authorizers = List.copyOf(changed);
        return old;
    }

    /**
     * As {@link #replaceAuthenticator}; the method may be another one.
     *
     * @param method that of the new one
     */
    public synchronized Asked<EnhancedAuthenticator> replaceEnhanced(
            String name, String method, EnhancedAuthenticator fresh) {
        Map<String, Asked<EnhancedAuthenticator>> changed = new HashMap<>(enhanced);
        Asked<EnhancedAuthenticator> old = changed.values().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no " + name));
        changed.values().remove(old);
        changed.put(method, asked(name, fresh));
        enhanced = Map.copyOf(changed);
        return old;
    }

    private static <T extends AutoCloseable> Asked<T> replace(List<Asked<T>> in, Asked<T> fresh) {
        for (int i = 0; i < in.size(); i++) {
            if (in.get(i).name().equals(fresh.name())) {
                return in.set(i, fresh);
            }
        }
        throw new IllegalArgumentException("no " + fresh.name());
    }

    /** Re-reads what the plugins keep in memory. Blocks; one that fails keeps its old state. True if all succeeded. */
    public boolean reload() {
        boolean ok = true;
        for (Asked<Authenticator> each : authenticators) {
            ok &= reload(each, each.plugin()::reload);
        }
        for (Asked<EnhancedAuthenticator> each : enhanced.values()) {
            ok &= reload(each, each.plugin()::reload);
        }
        for (Asked<Authorizer> each : authorizers) {
            ok &= reload(each, each.plugin()::reload);
        }
        return ok;
    }

    private interface Reload {
        void run() throws Exception;
    }

    private boolean reload(Asked<?> asked, Reload plugin) {
        if (!asked.begin()) {
            return true; // another has just taken its place
        }
        try {
            PluginScope.callIn(asked.scope().loader(), () -> {
                plugin.run();
                return true;
            });
            LOG.info("{} reloaded", asked.name());
            return true;
        } catch (Throwable e) {
            metrics.pluginFailed(asked.name());
            LOG.error("{} was not reloaded, the old rules stay in force: {}", asked.name(), e.getMessage());
            return false;
        } finally {
            asked.end();
        }
    }

    /** Stops the workers, then closes the plugins. */
    @Override
    public void close() {
        calls.close();
        authenticators.forEach(Asked::closeQuietly);
        enhanced.values().forEach(Asked::closeQuietly);
        authorizers.forEach(Asked::closeQuietly);
    }
}
