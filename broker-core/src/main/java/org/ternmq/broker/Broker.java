package org.ternmq.broker;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.bridge.BridgeHost;
import org.ternmq.broker.bridge.BridgeHost.Configured;
import org.ternmq.broker.bridge.BridgeParts;
import org.ternmq.broker.bridge.BridgeStatus;
import org.ternmq.broker.bridge.BrokerId;
import org.ternmq.broker.config.AdminConfig;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.Limits;
import org.ternmq.broker.config.ListenerConfig;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.config.ProtocolConfig;
import org.ternmq.broker.config.StorageConfig;
import org.ternmq.broker.connection.ConnectSequence;
import org.ternmq.broker.connection.Connection;
import org.ternmq.broker.connection.ConnectionSettings;
import org.ternmq.broker.connection.Guard;
import org.ternmq.broker.control.Control;
import org.ternmq.broker.control.Parts;
import org.ternmq.broker.control.SysTopics;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.DiskGuard;
import org.ternmq.broker.journal.DumpException;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.journal.Pager;
import org.ternmq.broker.journal.Quarantine;
import org.ternmq.broker.journal.Recovery;
import org.ternmq.broker.journal.StoreCare;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.broker.plugin.PluginKind;
import org.ternmq.broker.plugin.PluginStorage;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.DecoderLimits;
import org.ternmq.broker.routing.RetainedMessages;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.routing.SharedStrategy;
import org.ternmq.broker.routing.SubscriptionIndex;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.security.Authentication.Named;
import org.ternmq.broker.security.Bans;
import org.ternmq.broker.session.Capabilities;
import org.ternmq.broker.session.Interceptors;
import org.ternmq.broker.session.QueueBudget;
import org.ternmq.broker.session.Session;
import org.ternmq.broker.session.SessionLimits;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.broker.session.SessionServices;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.broker.transport.Listener;
import org.ternmq.broker.transport.Reports;
import org.ternmq.broker.transport.Transport;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.Admin;
import org.ternmq.spi.AdminFactory;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.AuthorizerFactory;
import org.ternmq.spi.BrokerListenerFactory;
import org.ternmq.spi.EnhancedAuthenticator;
import org.ternmq.spi.EnhancedAuthenticatorFactory;
import org.ternmq.spi.PublishInterceptorFactory;
import org.ternmq.spi.QoS;
import org.ternmq.spi.RulesChanged;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageFactory;
import org.ternmq.spi.WriteBatch;
import org.ternmq.spi.control.ReloadView;

/**
 * The broker: everything is made and wired here, in the order in which it starts. Listeners open last, so that nobody comes
 * in before all that judges and stores is there; stopping goes the other way round.
 */
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
    /** Clients that are told of the stop and do not go are cut off after this. */
    private static final Duration GOODBYE = Duration.ofSeconds(5);

    private static final int MAX_CONNECT_SIZE = 256 << 10;
    private static final int INBOX_MESSAGES = 100_000;
    private static final int HEAP_SHARE_OF_QUEUES = 4;

    private final BrokerConfig config;
    private final PluginHost plugins;
    private final Path data;
    private final Clock clock;
    private final Metrics metrics = new Metrics();
    private final LoopWatch watch;
    private final PluginReload instances;
    private final List<Listener> listeners = new ArrayList<>();
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();

    /** Before this no client has rules that could be old. */
    private volatile boolean started;

    private volatile boolean stopping;
    private @Nullable Admin admin;
    private @Nullable Control control;

    private final Storage storage;
    private final StoreCare store;
    private final DiskGuard disk;
    private final Transport transport;
    private final Shards shards;
    private final Journal journal;
    private final Pager pager;
    private final Router router;
    private final Events events;
    private final List<Interceptors.Named> intercepting = new ArrayList<>();
    private final Interceptors interceptors;
    private final Authentication authentication;
    private final SessionRegistry registry;
    private final Renewals renewals;
    private final BridgeHost bridges;
    private final SysTopics figures;

    /**
     * Starts a broker.
     *
     * @param config a configuration without problems
     * @param plugins the installed plugins, all that the configuration names among them; closed with the broker
     * @param data the data folder, made if it is not there
     * @param clock tells the time, for expiry
     * @throws StartException if it cannot start; nothing is left open then
     */
    public Broker(BrokerConfig config, PluginHost plugins, Path data, Clock clock) throws StartException {
        this(config, plugins, data, clock, problems -> config);
    }

    /**
     * As {@link #Broker(BrokerConfig, PluginHost, Path, Clock)}.
     *
     * @param reading reads the configuration once more, for {@link #reload(String)}; what is wrong with it becomes a problem
     * @throws StartException if it cannot start; nothing is left open then
     */
    public Broker(
            BrokerConfig config, PluginHost plugins, Path data, Clock clock, Function<Problems, BrokerConfig> reading)
            throws StartException {
        this.config = config;
        this.plugins = plugins;
        this.data = data;
        this.clock = clock;
        this.watch = new LoopWatch(metrics, config.health().tellAfter());
        this.instances = new PluginReload(
                plugins,
                data,
                clock,
                config,
                reading,
                (name, context) -> context.onRevoke((usernames, endSessions) -> revoke(name, usernames, endSessions)));
        List<AutoCloseable> begun = new ArrayList<>();
        begun.add(watch);
        try {
            DataFolder.make(data);
            storage = openStorage();
            store = new StoreCare(
                    storage,
                    config.storage().plugin().type(),
                    config.storage().plugin().folder(),
                    metrics);
            begun.add(store);
            plugins.removeOldCopies();
            metrics.storage(store::statistics);
            disk = guardDisk();
            begun.add(disk);
            ProtocolConfig protocol = config.protocol();
            transport = new Transport(config.eventLoops());
            begun.add(() -> transport.shutDown(1_000));
            shards = new Shards(
                    transport.group(), clock, protocol.controlCharacters() == ProtocolConfig.ControlCharacters.ACCEPT);
            Quarantine quarantine = new Quarantine(data.resolve("quarantine.jsonl"), metrics);
            Recovery recovery = recover(quarantine);
            journal = new Journal(
                    storage,
                    config.storage().durability(),
                    recovery.lastSequence(),
                    shards,
                    metrics,
                    failure::complete);
            Limits limits = config.limits();
            RetainedMessages retained = new RetainedMessages(
                    limits.retainedMessages(), limits.retainedBytes().bytes());
            restoreRetained(recovery, retained);
            journal.start();
            begun.add(journal);
            SubscriptionIndex index = new SubscriptionIndex(
                    SharedStrategy.valueOf(protocol.sharedStrategy().name()));
            DeliveryRecords records = recovery.records();
            pager = new Pager(storage, journal, records, shards, quarantine);
            begun.add(pager);
            router = new Router(
                    index,
                    retained,
                    journal,
                    records,
                    shards,
                    disk,
                    limits.overflow() == Limits.Overflow.REJECT,
                    metrics);
            events = new Events(clock, metrics, eventListeners());
            begun.add(events);
            disk.start(config.storage().diskCheck(), events::diskSpace);
            makeInterceptors();
            interceptors = new Interceptors(
                    intercepting,
                    protocol.controlCharacters() == ProtocolConfig.ControlCharacters.ACCEPT,
                    metrics,
                    watch);
            begun.addAll(intercepting.stream().map(Interceptors.Named::plugin).toList());
            authentication = makeAuthentication();
            begun.add(authentication);
            registry = new SessionRegistry(new SessionServices(
                    router,
                    journal,
                    records,
                    pager,
                    shards,
                    sessionLimits(limits),
                    queueBudget(limits),
                    capabilities(protocol),
                    interceptors,
                    authentication,
                    metrics,
                    events));
            metrics.queues(registry.queues()::messages, registry.queues()::bytes, registry.queues()::memory);
            renewals = new Renewals(authentication, interceptors, events, shards, registry, new RulesRefresh());
            registry.restore(recovery.sessions());
            awaitShards();
            registry.recovered(recovery.sessions());
            registry.discard(recovery.remnants());
            awaitShards();
            started = true;
            bridges = makeBridges(limits, protocol);
            begun.add(bridges);
            bridges.start();
            figures = new SysTopics(
                    metrics, registry, router, shards, config.sys().interval());
            begun.add(figures);
            shards.all().forEach(shard -> shard.watchedBy(watch));
            journal.watchedBy(watch);
            Bans bans = new Bans(
                    config.guard().failedLogins(),
                    config.guard().ban(),
                    config.guard().banMax(),
                    config.guard().banLoopback(),
                    System::nanoTime);
            Guard guard = new Guard(
                    config.guard().connectsPerSecond(),
                    config.guard().connectionsPerAddress(),
                    config.guard().unauthenticatedMemory().bytes(),
                    System::nanoTime);
            begun.add(() -> listeners.forEach(Listener::close));
            openListeners(bans, guard);
            if (config.admin().isPresent()) {
                openAdmin(config.admin().get(), bans, guard);
            }
        } catch (StartException | RuntimeException | Error e) {
            for (int i = begun.size() - 1; i >= 0; i--) {
                closeQuietly(begun.get(i));
            }
            instances.end();
            throw e;
        }
    }

    private static void closeQuietly(AutoCloseable what) {
        try {
            what.close();
        } catch (Exception e) {
            LOG.warn("Failed to close {}", what, e);
        }
    }

    /** What an exception says. */
    static String message(Throwable e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private Storage openStorage() throws StartException {
        PluginBlock block = config.storage().plugin();
        Maker maker = instances.maker(block);
        instances.runs(PluginKind.STORAGE, maker, null);
        return PluginStorage.of(maker.make(StorageFactory.class, ExitCode.STORAGE, (factory, context) -> {
            if (factory.isVolatile()) {
                LOG.warn("Storage '{}' is volatile: sessions and retained messages end with the process", block.type());
            }
            return factory.open(context, Keyspaces.ALL);
        }));
    }

    /** A storage in memory needs no disk. */
    private DiskGuard guardDisk() throws StartException {
        PluginBlock block = config.storage().plugin();
        boolean needed = plugins.find(StorageFactory.class, block.type())
                .filter(StorageFactory::isVolatile)
                .isEmpty();
        return new DiskGuard(
                DiskGuard.of(data.resolve(block.folder())),
                needed ? config.storage().minFree().bytes() : 0,
                metrics);
    }

    private Recovery recover(Quarantine quarantine) throws StartException {
        long begin = System.nanoTime();
        Recovery recovery =
                new Recovery(storage, quarantine, config.storage().onCorrupt() == StorageConfig.OnCorrupt.FAIL);
        try {
            recovery.run();
        } catch (RuntimeException e) {
            throw new StartException(ExitCode.STORAGE, "the store in " + data + " cannot be used: " + message(e), e);
        }
        LOG.info(
                "Recovered {} sessions, {} waiting messages and {} retained messages in {} ms",
                recovery.sessions().size(),
                recovery.queued(),
                recovery.retained().size(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
        return recovery;
    }

    private void restoreRetained(Recovery recovery, RetainedMessages retained) {
        long now = clock.millis();
        WriteBatch expired = new WriteBatch();
        for (ApplicationMessage message : recovery.retained()) {
            if (message.isExpired(now)) {
                expired.delete(Keyspaces.RETAINED, message.topic());
            } else {
                retained.put(message);
            }
        }
        if (!expired.isEmpty()) {
            storage.write(List.of(expired), Durability.PROCESS);
        }
    }

    private List<Events.Named> eventListeners() throws StartException {
        List<Events.Named> made = new ArrayList<>();
        for (PluginBlock block : config.events()) {
            Maker maker = instances.maker(block);
            instances.runs(PluginKind.EVENT_LISTENER, maker, m -> renewals().listener(m));
            made.add(new Events.Named(
                    block.name(), maker.make(BrokerListenerFactory.class, BrokerListenerFactory::create)));
        }
        return made;
    }

    private void makeInterceptors() throws StartException {
        for (PluginBlock block : config.interceptors()) {
            Maker maker = instances.maker(block);
            instances.runs(PluginKind.INTERCEPTOR, maker, m -> renewals().interceptor(m));
            intercepting.add(new Interceptors.Named(
                    block.name(), maker.make(PublishInterceptorFactory.class, PublishInterceptorFactory::create)));
        }
    }

    private Authentication makeAuthentication() throws StartException {
        List<Named<Authenticator>> authenticators = new ArrayList<>();
        Map<String, Named<EnhancedAuthenticator>> enhanced = new LinkedHashMap<>();
        for (PluginBlock block : config.authentication().use()) {
            Maker maker = instances.maker(block);
            instances.runs(PluginKind.AUTHENTICATOR, maker, m -> renewals().authenticator(m));
            boolean challenges = maker.offers(EnhancedAuthenticatorFactory.class);
            if (challenges) {
                makeEnhanced(maker, enhanced);
            }
            if (!challenges || maker.offers(AuthenticatorFactory.class)) {
                authenticators.add(new Named<>(
                        block.name(), maker.make(AuthenticatorFactory.class, AuthenticatorFactory::create)));
            }
        }
        List<Named<Authorizer>> authorizers = new ArrayList<>();
        for (PluginBlock block : config.authorization().use()) {
            RulesChanged changed = new RulesRefresh();
            Maker maker = instances.maker(block);
            instances.runs(PluginKind.AUTHORIZER, maker, m -> renewals().authorizer(m));
            authorizers.add(new Named<>(
                    block.name(),
                    maker.make(AuthorizerFactory.class, (factory, context) -> factory.create(context, changed))));
        }
        return new Authentication(
                authenticators,
                enhanced,
                authorizers,
                config.allowAnonymous(),
                config.authorizationDefault() == Decision.ALLOW,
                config.authentication().timeout(),
                metrics,
                watch);
    }

    private Renewals renewals() {
        return renewals;
    }

    private record Served(String method, EnhancedAuthenticator authenticator) {}

    private static void makeEnhanced(Maker maker, Map<String, Named<EnhancedAuthenticator>> byMethod)
            throws StartException {
        String name = maker.block().name();
        Served made = maker.make(EnhancedAuthenticatorFactory.class, (factory, context) -> {
            EnhancedAuthenticator authenticator = factory.create(context);
            return new Served(authenticator.method(), authenticator);
        });
        Named<EnhancedAuthenticator> other =
                byMethod.putIfAbsent(made.method(), new Named<>(name, made.authenticator()));
        if (other != null) {
            throw new StartException(
                    ExitCode.CONFIGURATION,
                    other.name() + " and " + name + " both serve authentication method " + made.method());
        }
    }

    private BridgeHost bridgeHost() {
        return bridges;
    }

    private BridgeHost makeBridges(Limits limits, ProtocolConfig protocol) throws StartException {
        List<Configured> made = new ArrayList<>();
        for (PluginBlock block : config.bridges()) {
            Maker maker = instances.maker(block);
            instances.runs(PluginKind.BRIDGE, maker, m -> Renewals.bridge(m, bridgeHost()));
            made.add(Renewals.configured(maker));
        }
        BridgeParts parts = new BridgeParts(
                registry,
                router,
                authentication,
                shards,
                events,
                metrics,
                capabilities(protocol),
                limits.receiveMaximum(),
                limits.topicLevels(),
                protocol.controlCharacters() == ProtocolConfig.ControlCharacters.ACCEPT);
        try {
            return new BridgeHost(made, parts, BrokerId.in(data));
        } catch (IOException e) {
            throw new StartException(ExitCode.STORAGE, "cannot keep the broker's identity: " + message(e), e);
        }
    }

    private SessionLimits sessionLimits(Limits limits) {
        long expiry = limits.sessionExpiryMax().toSeconds();
        return new SessionLimits(
                limits.queueMessages(),
                limits.queueBytes().bytes(),
                limits.overflow(),
                limits.overflowOldClients() == Limits.OldClients.WITHHOLD,
                INBOX_MESSAGES,
                limits.receiveMaximum(),
                limits.filtersPerSubscribe(),
                limits.topicLevels(),
                expiry == 0 ? SessionLimits.NEVER : expiry,
                limits.messageExpiryMax().toMillis(),
                config.guard().takeOversPerMinute(),
                !config.authentication().use().isEmpty()
                        || config.listeners().stream().anyMatch(ListenerConfig::takesUsersFromCertificates));
    }

    private static QueueBudget queueBudget(Limits limits) {
        long memory = limits.queueMemory().bytes();
        return new QueueBudget(
                limits.totalQueueMessages(),
                limits.totalQueueBytes().bytes(),
                memory == 0 ? Runtime.getRuntime().maxMemory() / HEAP_SHARE_OF_QUEUES : memory);
    }

    private static Capabilities capabilities(ProtocolConfig protocol) {
        return new Capabilities(
                QoS.of(protocol.maximumQos()),
                protocol.retainAvailable(),
                protocol.wildcardSubscriptionAvailable(),
                protocol.subscriptionIdentifiersAvailable(),
                protocol.sharedSubscriptionAvailable());
    }

    /** Has every loop do what it was given so far. */
    private void awaitShards() throws StartException {
        CountDownLatch latch = new CountDownLatch(shards.size());
        for (Shard shard : shards.all()) {
            shard.execute(latch::countDown);
        }
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException(ExitCode.BUG, "interrupted", e);
        }
    }

    private void openListeners(Bans bans, Guard guard) throws StartException {
        try {
            for (ListenerConfig each : config.listeners()) {
                ConnectSequence connects =
                        new ConnectSequence(connectionSettings(each), authentication, registry, bans, guard, metrics);
                listeners.add(transport.listen(
                        each,
                        connects.settings().maxPacketSize(),
                        new Reports(events, metrics, clock),
                        channel -> new Connection(channel, shards, connects, events, metrics)));
            }
        } catch (IOException e) {
            throw new StartException(ExitCode.LISTENER, message(e), e);
        }
    }

    private void openAdmin(AdminConfig block, Bans bans, Guard guard) throws StartException {
        Control made = new Control(new Parts(
                config,
                plugins,
                instances::contexts,
                data,
                clock,
                metrics,
                events,
                journal,
                router,
                shards,
                registry,
                bans,
                guard,
                listeners(),
                () -> !stopping,
                this::stalled,
                this::reload,
                name -> view(reload(name)),
                this::bridges,
                this::backup));
        try {
            Maker maker = instances.maker(block.plugin());
            instances.runs(PluginKind.ADMIN, maker, null);
            admin = maker.make(
                    AdminFactory.class, ExitCode.LISTENER, (factory, context) -> factory.create(context, made));
            control = made;
        } catch (StartException | RuntimeException | Error e) {
            made.close();
            throw e;
        }
    }

    private static ReloadView view(ReloadResult result) {
        if (result instanceof ReloadResult.Done done) {
            return new ReloadView(done.name(), ReloadView.Outcome.DONE, done.changes(), done.needRestart());
        }
        return result instanceof ReloadResult.Refused refused
                ? new ReloadView(refused.name(), ReloadView.Outcome.REFUSED, refused.reasons(), List.of())
                : new ReloadView(
                        result.name(), ReloadView.Outcome.UNKNOWN, ((ReloadResult.Unknown) result).known(), List.of());
    }

    /** Where the interface for operators is, if there is one. */
    public Optional<String> adminAddress() {
        return Optional.ofNullable(admin).map(Admin::address);
    }

    private ConnectionSettings connectionSettings(ListenerConfig listener) {
        Limits limits = config.limits();
        ProtocolConfig protocol = config.protocol();
        int maxPacketSize =
                (int) listener.maxPacketSize().orElse(limits.maxPacketSize()).bytes();
        long expiry = limits.sessionExpiryMax().toSeconds();
        return new ConnectionSettings(
                listener.name(),
                listener.versions(),
                maxPacketSize,
                new DecoderLimits(maxPacketSize, MAX_CONNECT_SIZE, limits.userProperties()),
                limits.maxConnections(),
                listener.maxConnections(),
                (int) limits.maxKeepAlive().toSeconds(),
                expiry == 0 ? SessionLimits.NEVER : expiry,
                limits.receiveMaximum(),
                limits.inFlight(),
                limits.topicAliasMax(),
                limits.topicLevels(),
                protocol.payloadFormatCheck(),
                listener.connectTimeout().orElse(limits.connectTimeout()).toMillis(),
                limits.clientIdMaxLength(),
                config.authentication().clientId(),
                protocol.reasonStrings(),
                protocol.responseInformation(),
                protocol.serverReference(),
                capabilities(protocol));
    }

    /** Has sessions fetch their rules anew. Plugins may call it from any thread, also before the broker has started. */
    private final class RulesRefresh implements RulesChanged {
        @Override
        public void forEveryone() {
            refreshRules(session -> true);
        }

        @Override
        public void forClient(String clientId) {
            refreshRules(session -> session.clientId().equals(clientId));
        }
    }

    private void revoke(String authenticator, Set<String> usernames, boolean endSessions) {
        if (started) {
            authentication.revoke(authenticator, usernames, endSessions);
            registry.forEach(Session::recheckStanding);
        }
    }

    private void refreshRules(Predicate<Session> which) {
        if (started) {
            authentication.rulesChanged();
            registry.forEach(session -> {
                if (which.test(session)) {
                    session.refreshPermissions();
                }
            });
        }
    }

    /** The open ports, in the order of the configuration. */
    public List<Listener> listeners() {
        return List.copyOf(listeners);
    }

    /**
     * Copies what is committed of sessions and messages into a folder that can be the data folder of a broker, while this one goes
     * on. Blocks until the copy is on the disk; not to be called by an event loop.
     *
     * @param target a folder that is not there yet, in one that is
     * @throws DumpException if it cannot be made, in words for the operator; nothing is left behind then
     */
    public void backup(Path target) throws DumpException {
        store.backup(target);
    }

    /** The bridges, in the order of the configuration. */
    public List<BridgeStatus> bridges() {
        return bridges.statuses();
    }

    /** What keeps the broker from going on, for so long that it should be started again; nothing if it is well. */
    public List<String> stalled() {
        return watch.stalled(config.health().downAfter());
    }

    /** The counters. */
    public Metrics metrics() {
        return metrics;
    }

    /**
     * Re-reads the files of authentication, authorization and TLS; a bad one leaves in force what it was to replace. True if
     * all went well. Blocks.
     */
    public boolean reload() {
        boolean ok = authentication.reload();
        for (Listener listener : listeners) {
            ok &= listener.reload();
        }
        return ok;
    }

    /** The names of all running instances of plugins. */
    public List<String> instances() {
        return instances.names();
    }

    /**
     * Replaces a running instance of a plugin by a new one, made of what the configuration says of it now and of the plugin
     * that is installed now. Clients stay connected. Blocks, for a minute at most; one at a time.
     *
     * @param instance its name
     * @return what was done, or why the old one stays in force
     */
    public ReloadResult reload(String instance) {
        return instances.reload(instance);
    }

    /** Tells, once, of a failure after which nothing more can be acknowledged; the broker is then to be closed. */
    public void onFailure(Consumer<Throwable> action) {
        failure.thenAccept(action);
    }

    /** Stops in order: no new connections, clients told (0x8B), the journal written to its end, storage and plugins closed. */
    @Override
    public void close() {
        LOG.info("Stopping");
        stopping = true;
        if (admin != null) {
            closeQuietly(admin);
        }
        if (control != null) {
            control.close();
        }
        figures.close();
        watch.endThreads();
        listeners.forEach(Listener::close);
        listeners.forEach(listener -> listener.connections().forEach(Connection::serverShutsDown));
        long deadline = System.nanoTime() + GOODBYE.toNanos();
        while (listeners.stream().anyMatch(listener -> !listener.connections().isEmpty())
                && System.nanoTime() < deadline) {
            LockSupport.parkNanos(5_000_000);
        }
        bridges.close();
        try {
            awaitShards();
        } catch (StartException e) {
            LOG.warn("Interrupted while stopping", e);
        }
        disk.close();
        pager.close();
        journal.close();
        transport.shutDown(2_000);
        authentication.close();
        events.close();
        interceptors.close();
        watch.close();
        closeQuietly(store);
        instances.end();
        plugins.close();
        LOG.info("Stopped");
    }
}
