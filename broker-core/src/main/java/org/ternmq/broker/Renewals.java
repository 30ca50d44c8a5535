package org.ternmq.broker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.bridge.BridgeHost;
import org.ternmq.broker.bridge.BridgeHost.Configured;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.plugin.InstanceContext;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.broker.security.Asked;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.session.Interceptors;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.AuthorizerFactory;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.BridgeFactory;
import org.ternmq.spi.BrokerListener;
import org.ternmq.spi.BrokerListenerFactory;
import org.ternmq.spi.EnhancedAuthenticator;
import org.ternmq.spi.EnhancedAuthenticatorFactory;
import org.ternmq.spi.PublishInterceptor;
import org.ternmq.spi.PublishInterceptorFactory;
import org.ternmq.spi.RulesChanged;

/** How an instance of each kind takes the place of another while clients stay connected. */
final class Renewals {
    private final Authentication authentication;
    private final Interceptors interceptors;
    private final Events events;
    private final Shards shards;
    private final SessionRegistry registry;
    private final RulesChanged changed;

    Renewals(
            Authentication authentication,
            Interceptors interceptors,
            Events events,
            Shards shards,
            SessionRegistry registry,
            RulesChanged changed) {
        this.authentication = authentication;
        this.interceptors = interceptors;
        this.events = events;
        this.shards = shards;
        this.registry = registry;
        this.changed = changed;
    }

    /** Those that judge clients: shown passwords, or by challenges, or both. */
    Renewal authenticator(Maker maker) throws StartException {
        String name = maker.block().name();
        boolean challenges = maker.offers(EnhancedAuthenticatorFactory.class);
        boolean shown = !challenges || maker.offers(AuthenticatorFactory.class);
        if (challenges != authentication.serves(name, true) || shown != authentication.serves(name, false)) {
            throw new StartException(
                    ExitCode.CONFIGURATION,
                    "a change between passwords that are shown and challenges needs a restart of the broker");
        }
        EnhancedAuthenticator enhanced = challenges
                ? maker.make(EnhancedAuthenticatorFactory.class, EnhancedAuthenticatorFactory::create)
                : null;
        String method = enhanced == null ? "" : enhanced.method();
        Optional<String> other = authentication.servedBy(method).filter(served -> !served.equals(name));
        if (other.isPresent()) {
            closeAll(enhanced);
            throw new StartException(
                    ExitCode.CONFIGURATION,
                    other.get() + " and " + name + " would both serve authentication method " + method);
        }
        Authenticator plain;
        try {
            plain = shown ? maker.make(AuthenticatorFactory.class, AuthenticatorFactory::create) : null;
        } catch (StartException e) {
            closeAll(enhanced);
            throw e;
        }
        return new Renewal() {
            private final List<Asked<?>> old = new ArrayList<>();

            @Override
            public void swap() {
                if (enhanced != null) {
                    old.add(authentication.replaceEnhanced(name, method, enhanced));
                }
                if (plain != null) {
                    old.add(authentication.replaceAuthenticator(name, plain));
                }
            }

            @Override
            public boolean drain(Duration atMost) {
                return drainAll(old, atMost);
            }

            @Override
            public void closeOld() throws Exception {
                for (Asked<?> each : old) {
                    each.plugin().close();
                }
            }

            @Override
            public void discard() throws Exception {
                if (enhanced != null) {
                    enhanced.close();
                }
                if (plain != null) {
                    plain.close();
                }
            }
        };
    }

    private static void closeAll(@Nullable AutoCloseable made) throws StartException {
        if (made != null) {
            try {
                made.close();
            } catch (Exception e) {
                throw new StartException(ExitCode.PLUGIN, "cannot be closed again: " + Broker.message(e), e);
            }
        }
    }

    private static boolean drainAll(List<Asked<?>> old, Duration atMost) {
        boolean empty = true;
        for (Asked<?> each : old) {
            empty &= each.drain(atMost);
        }
        return empty;
    }

    /** Those that tell what clients may do; all clients' rules are fetched anew. */
    Renewal authorizer(Maker maker) throws StartException {
        String name = maker.block().name();
        Authorizer fresh = maker.make(AuthorizerFactory.class, (factory, context) -> factory.create(context, changed));
        return new Renewal() {
            private final List<Asked<?>> old = new ArrayList<>();

            @Override
            public void swap() {
                old.add(authentication.replaceAuthorizer(name, fresh));
                changed.forEveryone();
            }

            @Override
            public boolean drain(Duration atMost) {
                long deadline = System.nanoTime() + atMost.toNanos();
                return drainAll(old, atMost) && registry.awaitCurrentRules(deadline);
            }

            @Override
            public void closeOld() throws Exception {
                for (Asked<?> each : old) {
                    each.plugin().close();
                }
            }

            @Override
            public void discard() throws Exception {
                fresh.close();
            }
        };
    }

    /** Those that see every PUBLISH. */
    Renewal interceptor(Maker maker) throws StartException {
        String name = maker.block().name();
        PublishInterceptor fresh = maker.make(PublishInterceptorFactory.class, PublishInterceptorFactory::create);
        return new Renewal() {
            private final List<PublishInterceptor> old = new ArrayList<>();

            @Override
            public void swap() {
                old.add(interceptors.replace(new Interceptors.Named(name, fresh)));
            }

            /** A loop that has come to a task given to it now is out of whatever it was in before. */
            @Override
            public boolean drain(Duration atMost) {
                CountDownLatch loops = new CountDownLatch(shards.size());
                for (Shard shard : shards.all()) {
                    shard.execute(loops::countDown);
                }
                try {
                    return loops.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }

            @Override
            public void closeOld() throws Exception {
                for (PublishInterceptor each : old) {
                    each.close();
                }
            }

            @Override
            public void discard() throws Exception {
                fresh.close();
            }
        };
    }

    /** Those that are told what happened. */
    Renewal listener(Maker maker) throws StartException {
        String name = maker.block().name();
        BrokerListener fresh = maker.make(BrokerListenerFactory.class, BrokerListenerFactory::create);
        return new Renewal() {
            private final List<Events.Replaced> old = new ArrayList<>();

            @Override
            public void swap() {
                old.add(events.replace(new Events.Named(name, fresh)));
            }

            @Override
            public boolean drain(Duration atMost) {
                AtomicBoolean ended = new AtomicBoolean(true);
                old.forEach(each -> ended.compareAndSet(true, each.end(atMost)));
                return ended.get();
            }

            @Override
            public void closeOld() {
                // its own thread has closed it, behind the last event
            }

            @Override
            public void discard() throws Exception {
                fresh.close();
            }
        };
    }

    private record Made(Bridge bridge, BridgeFactory factory, InstanceContext context) {}

    /** A bridge as its block wants it, made and not started. */
    static Configured configured(Maker maker) throws StartException {
        PluginBlock block = maker.block();
        Made made = maker.make(
                BridgeFactory.class,
                (factory, context) -> new Made(
                        Objects.requireNonNull(factory.create(context), "its factory made nothing (null)"),
                        factory,
                        context));
        ClassLoader loader = PluginHost.loaderOf(made.factory());
        return new Configured(
                block.name(),
                block.type(),
                block.text("user"),
                made.bridge(),
                () -> PluginHost.callIn(loader, () -> made.factory().create(made.context())),
                loader);
    }

    /** Those that carry messages elsewhere: what waits for the bridge waits on, and goes on in its order. */
    static Renewal bridge(Maker maker, BridgeHost bridges) throws StartException {
        PluginBlock block = maker.block();
        if (!block.text("user").equals(bridges.userOf(block.name()))) {
            throw new StartException(ExitCode.CONFIGURATION, "a change of its user needs a restart of the broker");
        }
        Configured fresh = configured(maker);
        return new Renewal() {
            private CompletableFuture<Void> closed = CompletableFuture.completedFuture(null);

            @Override
            public void swap() {
                closed = bridges.replace(fresh);
            }

            @Override
            public boolean drain(Duration atMost) {
                try {
                    closed.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
                    return true;
                } catch (ExecutionException | TimeoutException e) {
                    return false;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }

            @Override
            public void closeOld() {
                // its own thread has closed it, before the other one started
            }

            @Override
            public void discard() throws Exception {
                fresh.bridge().close();
            }
        };
    }
}
