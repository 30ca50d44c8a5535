package org.ternmq.broker.security;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.ClientInfo;

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
        /** Let in. */
        record Accepted(Client client) implements Outcome {}

        /** Refused, with the code for CONNACK and a detail for the log. */
        record Refused(ReasonCode reasonCode, String detail) implements Outcome {}
    }

    private static final Logger LOG = LoggerFactory.getLogger(Authentication.class);
    /** CONNECTs that may wait for a worker; one more is refused with 0x89 Server busy. */
    private static final int WAITING = 10_000;

    private final List<Named<Authenticator>> authenticators;
    private final List<Named<Authorizer>> authorizers;
    private final boolean allowAnonymous;
    private final boolean allowByDefault;
    private final long timeoutNanos;
    private final Metrics metrics;
    private final ThreadPoolExecutor workers;
    /** Calls into plugins run here, so that one that does not come back costs a thread and not a worker's turn. */
    private final ExecutorService calls;

    /**
     * A chain.
     *
     * @param authenticators asked in order until one does not abstain
     * @param authorizers all asked for their rules
     * @param allowAnonymous let in a client that showed neither user name nor password
     * @param allowByDefault what holds where all rules abstain
     * @param timeout for each call of a plugin
     */
    public Authentication(
            List<Named<Authenticator>> authenticators,
            List<Named<Authorizer>> authorizers,
            boolean allowAnonymous,
            boolean allowByDefault,
            Duration timeout,
            Metrics metrics) {
        this.authenticators = List.copyOf(authenticators);
        this.authorizers = List.copyOf(authorizers);
        this.allowAnonymous = allowAnonymous;
        this.allowByDefault = allowByDefault;
        this.timeoutNanos = timeout.toNanos();
        this.metrics = metrics;
        int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
        this.workers = new ThreadPoolExecutor(
                threads, threads, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), named("auth"));
        this.workers.allowCoreThreadTimeOut(true);
        this.calls = Executors.newCachedThreadPool(named("auth-call"));
    }

    private static ThreadFactory named(String prefix) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
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
        try {
            workers.execute(() -> then.accept(decide(credentials, anonymous)));
        } catch (RejectedExecutionException e) {
            credentials.wipe();
            then.accept(new Outcome.Refused(ReasonCode.SERVER_BUSY, "too many clients wait to be authenticated"));
        }
    }

    private Outcome decide(ConnectCredentials credentials, boolean anonymous) {
        try {
            Map<String, String> attributes;
            Optional<String> proven = Optional.empty();
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
                AuthResult result = ask(credentials);
                if (!(result instanceof AuthResult.Accepted accepted)) {
                    return refusal(result, anonymous);
                }
                attributes = accepted.attributes();
                proven = credentials.username();
            }
            return admit(credentials, proven, attributes);
        } catch (PluginFailure e) {
            return new Outcome.Refused(ReasonCode.SERVER_UNAVAILABLE, e.detail);
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

    private AuthResult ask(ConnectCredentials credentials) throws PluginFailure {
        for (Named<Authenticator> each : authenticators) {
            AuthResult result = call(each, () -> each.plugin().authenticate(credentials));
            if (!(result instanceof AuthResult.Abstained)) {
                return result;
            }
        }
        return AuthResult.abstained();
    }

    private Outcome admit(ConnectCredentials credentials, Optional<String> proven, Map<String, String> attributes)
            throws PluginFailure {
        ClientInfo info = new AuthenticatedClient(
                credentials.clientId(),
                proven,
                attributes,
                credentials.remoteAddress(),
                credentials.listener(),
                credentials.peerCertificate(),
                credentials.version());
        return new Outcome.Accepted(new Client(info, permissions(info)));
    }

    private Permissions permissions(ClientInfo info) throws PluginFailure {
        List<AccessRules> rules = new ArrayList<>(authorizers.size());
        for (Named<Authorizer> each : authorizers) {
            rules.add(call(each, () -> each.plugin().rulesFor(info)));
        }
        return new Permissions(rules, allowByDefault, metrics);
    }

    /**
     * Fetches the rules of a client that is in anew, after they changed. Never blocks; the answer comes on a worker. Rules
     * that cannot be had deny everything until the next change.
     */
    public void refresh(ClientInfo client, Consumer<Permissions> then) {
        try {
            workers.execute(() -> {
                Permissions fresh = Permissions.nothing(metrics);
                try {
                    fresh = permissions(client);
                } catch (PluginFailure e) {
                    LOG.error(
                            "Client '{}' may do nothing until the rules change again: {}", client.clientId(), e.detail);
                }
                then.accept(fresh);
            });
        } catch (RejectedExecutionException e) {
            LOG.error("Client '{}' may do nothing until the rules change again: no worker is free", client.clientId());
            then.accept(Permissions.nothing(metrics));
        }
    }

    /** A plugin threw, hung, or answered null; the detail says which and how. */
    private static final class PluginFailure extends Exception {
        private static final long serialVersionUID = 1L;
        private final String detail;

        PluginFailure(String detail) {
            super(detail, null, false, false);
            this.detail = detail;
        }
    }

    private <T> T call(Named<?> of, Callable<T> question) throws PluginFailure {
        String name = of.name();
        Future<T> future = calls.submit(() -> {
            Thread.currentThread().setContextClassLoader(of.plugin().getClass().getClassLoader());
            return question.call();
        });
        String problem;
        try {
            T answer = future.get(timeoutNanos, TimeUnit.NANOSECONDS);
            if (answer != null) {
                return answer;
            }
            problem = "answered null";
            LOG.error("{} answered null", name);
        } catch (TimeoutException e) {
            future.cancel(true);
            problem = "did not answer in time";
            LOG.error("{} did not answer within {}", name, Duration.ofNanos(timeoutNanos));
        } catch (ExecutionException e) {
            problem = "failed";
            LOG.error("{} failed", name, e.getCause());
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            problem = "was interrupted";
        }
        metrics.pluginFailed();
        throw new PluginFailure(name + " " + problem);
    }

    /** Re-reads what the plugins keep in memory. Blocks; one that fails keeps its old state. True if all succeeded. */
    public boolean reload() {
        boolean ok = true;
        for (Named<Authenticator> each : authenticators) {
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
        workers.shutdownNow();
        calls.shutdownNow();
        for (Named<Authenticator> each : authenticators) {
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
