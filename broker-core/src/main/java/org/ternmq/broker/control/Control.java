package org.ternmq.broker.control;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.ternmq.broker.config.EffectiveConfig;
import org.ternmq.broker.config.ProtocolConfig.ControlCharacters;
import org.ternmq.broker.config.Version;
import org.ternmq.broker.observe.ListenerTraffic;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.MessageProperties;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.protocol.TopicNames;
import org.ternmq.broker.session.Session;
import org.ternmq.broker.transport.Listener;
import org.ternmq.spi.Message;
import org.ternmq.spi.TopicFilter;
import org.ternmq.spi.control.BackupView;
import org.ternmq.spi.control.BanView;
import org.ternmq.spi.control.BridgeView;
import org.ternmq.spi.control.BrokerControl;
import org.ternmq.spi.control.ClientRates;
import org.ternmq.spi.control.GuardView;
import org.ternmq.spi.control.HealthView;
import org.ternmq.spi.control.LastEnd;
import org.ternmq.spi.control.ListenerCounts;
import org.ternmq.spi.control.ListenerView;
import org.ternmq.spi.control.LogLevel;
import org.ternmq.spi.control.Overview;
import org.ternmq.spi.control.Page;
import org.ternmq.spi.control.PageRequest;
import org.ternmq.spi.control.PluginView;
import org.ternmq.spi.control.Principal;
import org.ternmq.spi.control.ReloadView;
import org.ternmq.spi.control.RetainedLevel;
import org.ternmq.spi.control.RetainedView;
import org.ternmq.spi.control.RouteView;
import org.ternmq.spi.control.SessionQuery;
import org.ternmq.spi.control.SessionView;
import org.ternmq.spi.control.Setting;
import org.ternmq.spi.control.SlowSubscriber;
import org.ternmq.spi.control.StorageView;
import org.ternmq.spi.control.SubscriptionQuery;
import org.ternmq.spi.control.SubscriptionView;
import org.ternmq.spi.control.TraceQuery;
import org.ternmq.spi.control.TraceStream;

/**
 * The broker in the hands of operators. What a session knows it is asked in its own time; what blocks is done by workers of this
 * class. Safe for use by all threads.
 */
public final class Control implements BrokerControl, AutoCloseable {
    private static final String DONE = "done";
    private static final int WORKERS = 2;
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final Parts parts;
    private final Instant startedAt;
    private final ScheduledThreadPoolExecutor executor;
    private final SessionQueries sessions;
    private final RetainedQueries retained;
    private final PluginViews plugins;
    private final StorageProbe storage;
    private final Rates rates;
    private final Talkers talkers;
    private final BridgeQueries bridges;
    private final LongWorks works;
    private final Gauges gauges;
    private final List<Setting> configuration;

    /** For a broker whose listeners are open. */
    public Control(Parts parts) {
        this.parts = parts;
        this.startedAt = parts.clock().instant();
        this.executor = new ScheduledThreadPoolExecutor(
                WORKERS,
                task -> {
                    Thread thread = new Thread(task, "control");
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy()); // sessions may still answer while the broker stops
        this.sessions = new SessionQueries(parts.registry(), parts.router(), parts.events(), executor);
        this.retained = new RetainedQueries(parts.router().retained(), parts.journal(), parts.clock());
        this.plugins = new PluginViews(parts);
        this.storage = new StorageProbe(parts.config().storage(), parts.data(), parts.metrics(), parts.journal());
        this.rates = new Rates(parts.metrics());
        this.talkers = new Talkers(parts.registry(), executor);
        this.bridges = new BridgeQueries(parts.bridges(), sessions);
        this.works = new LongWorks(parts, this::audit);
        this.gauges = new Gauges(parts, storage, bridges);
        this.configuration = EffectiveConfig.of(parts.config(), plugins::settings);
        executor.scheduleAtFixedRate(this::sample, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void sample() {
        rates.sample();
        bridges.sample();
    }

    // ---- what there is

    @Override
    public Overview overview() {
        Metrics m = parts.metrics();
        Rates.Rate rate = rates.rate();
        return new Overview(
                Version.current().broker(),
                Version.current().spi(),
                Runtime.version().toString(),
                startedAt,
                Duration.between(startedAt, parts.clock().instant()).toSeconds(),
                isReady(),
                m.connectionsOpen(),
                m.clientsOnline(),
                parts.registry().size(),
                parts.router().index().size(),
                parts.router().retained().size(),
                parts.router().retained().bytes(),
                m.queuedMessages(),
                m.queuedBytes(),
                Rates.received(m),
                Rates.sent(m),
                Rates.dropped(m),
                m.connectsRefused(),
                rate.received(),
                rate.sent(),
                rate.dropped());
    }

    @Override
    public boolean isReady() {
        return health().ready();
    }

    @Override
    public HealthView health() {
        List<String> problems = new ArrayList<>(parts.stalled().get());
        boolean live = problems.isEmpty();
        if (parts.journal().hasFailed()) {
            problems.add("the storage has failed");
        }
        if (!parts.ready().getAsBoolean()) {
            problems.add("the broker stops");
        }
        return new HealthView(live, problems.isEmpty(), problems);
    }

    @Override
    public Path dataFolder() {
        return parts.data().toAbsolutePath().normalize();
    }

    @Override
    public CompletionStage<Page<SessionView>> sessions(SessionQuery query, PageRequest page) {
        return sessions.sessions(query, page);
    }

    @Override
    public CompletionStage<Optional<SessionView>> session(String clientId) {
        return sessions.session(clientId);
    }

    @Override
    public Optional<LastEnd> lastEnd(String clientId) {
        return parts.events().lastEnd(clientId);
    }

    @Override
    public CompletionStage<Page<SubscriptionView>> subscriptions(SubscriptionQuery query, PageRequest page) {
        try {
            return sessions.subscriptions(query, page);
        } catch (IllegalArgumentException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    @Override
    public CompletionStage<Page<RouteView>> routes(String topic, int limit) {
        try {
            return sessions.routes(topic(topic), new PageRequest("", limit).limit());
        } catch (IllegalArgumentException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    private TopicName topic(String text) {
        return TopicNames.checked(text, allowsControlCharacters());
    }

    private boolean allowsControlCharacters() {
        return parts.config().protocol().controlCharacters() == ControlCharacters.ACCEPT;
    }

    @Override
    public Page<RetainedView> retained(TopicFilter filter, PageRequest page) {
        return retained.list(filter, page);
    }

    @Override
    public Page<RetainedLevel> retainedLevels(Optional<String> under, PageRequest page) {
        return retained.levels(under, page);
    }

    @Override
    public Optional<Message> retainedMessage(String topic) {
        return topic.isEmpty() ? Optional.empty() : retained.message(TopicName.ofValid(topic));
    }

    @Override
    public List<ListenerView> listeners() {
        return parts.listeners().stream().map(Listener::view).toList();
    }

    @Override
    public CompletionStage<List<ClientRates>> busiest(ClientRates.Order order, int limit) {
        return talkers.busiest(order, limit);
    }

    @Override
    public CompletionStage<List<SlowSubscriber>> slowest(SlowSubscriber.Order order, int limit) {
        return talkers.slowest(order, limit);
    }

    @Override
    public List<ListenerCounts> listenerCounts() {
        return parts.listeners().stream()
                .map(listener -> {
                    ListenerTraffic traffic = parts.metrics().listener(listener.name());
                    return new ListenerCounts(
                            listener.name(),
                            traffic.opened(),
                            traffic.refused(),
                            traffic.packetsReceived(),
                            traffic.packetsSent(),
                            traffic.bytesReceived(),
                            traffic.bytesSent());
                })
                .toList();
    }

    @Override
    public List<PluginView> plugins() {
        return plugins.all();
    }

    @Override
    public List<Setting> configuration() {
        return configuration;
    }

    @Override
    public List<LogLevel> logLevels() {
        return LogLevels.all();
    }

    @Override
    public CompletionStage<StorageView> storage() {
        return CompletableFuture.supplyAsync(storage::view, executor);
    }

    @Override
    public CompletionStage<List<BridgeView>> bridges() {
        return bridges.all();
    }

    @Override
    public List<BanView> bans() {
        return parts.bans().inForce();
    }

    @Override
    public GuardView guard() {
        return parts.guard().view(parts.bans().inForce().size());
    }

    @Override
    public String metrics() {
        return parts.metrics().registry().scrape();
    }

    // ---- what can be done

    @Override
    public void audit(Principal by, String action, String target, String outcome) {
        parts.events().adminAction(by, action, target, outcome);
    }

    private <T> CompletionStage<T> audited(
            Principal by, String action, String target, CompletionStage<T> doing, T nothing) {
        return doing.whenComplete((result, e) -> audit(
                by,
                action,
                target,
                e != null ? "failed: " + e.getMessage() : nothing.equals(result) ? "nothing to do" : DONE));
    }

    @Override
    public CompletionStage<Boolean> disconnect(Principal by, String clientId) {
        return audited(by, "disconnect-client", clientId, sessions.ask(clientId, Session::kick, false), false);
    }

    @Override
    public CompletionStage<Boolean> purge(Principal by, String clientId) {
        return audited(by, "purge-session", clientId, sessions.ask(clientId, Session::purge, false), false);
    }

    @Override
    public CompletionStage<Long> deleteRetained(Principal by, TopicFilter filter) {
        CompletionStage<Long> removal = CompletableFuture.supplyAsync(() -> retained.remove(filter), executor)
                .thenCompose(stage -> stage);
        return audited(by, "delete-retained", filter.toString(), removal, 0L);
    }

    @Override
    public CompletionStage<Integer> publish(Principal by, Message message) {
        CompletionStage<Integer> sent;
        try {
            sent = new AwaitedPublish(parts.shards().forName(message.topic()), executor)
                    .route(parts.router(), carried(message));
        } catch (IllegalArgumentException e) {
            sent = CompletableFuture.failedStage(e);
        }
        return audited(by, "publish", message.topic(), sent, -1);
    }

    private ApplicationMessage carried(Message message) {
        long now = parts.clock().millis();
        ApplicationMessage made = MessageProperties.fromSpi(message, allowsControlCharacters(), now, null);
        if (made.topic().levels() > parts.config().limits().topicLevels()) {
            throw new IllegalArgumentException(
                    "more than " + parts.config().limits().topicLevels() + " topic levels");
        }
        long longest = parts.config().limits().messageExpiryMax().toMillis();
        return longest == 0 ? made : made.expiringBy(now + longest);
    }

    @Override
    public CompletionStage<Boolean> reload(Principal by) {
        return CompletableFuture.supplyAsync(() -> parts.reload().getAsBoolean(), executor)
                .whenComplete((ok, e) ->
                        audit(by, "reload", "", e == null && ok ? DONE : "failed: what it is is in the log"));
    }

    @Override
    public CompletionStage<ReloadView> reload(Principal by, String instance) {
        return works.reload(by, instance);
    }

    @Override
    public CompletionStage<BackupView> backup(Principal by, Path folder) {
        return works.backup(by, folder);
    }

    @Override
    public void logLevel(Principal by, LogLevel level) {
        LogLevels.set(level);
        audit(by, "log-level", level.logger() + " " + level.level(), DONE);
    }

    @Override
    public boolean liftBan(Principal by, BanView.Kind kind, String value) {
        boolean lifted = switch (kind) {
            case ADDRESS -> parts.bans().lift(address(value));
            case USER -> parts.bans().lift(value);
        };
        audit(by, "lift-ban", value, lifted ? DONE : "nothing to do");
        return lifted;
    }

    /** An address in digits; a name would be looked up. */
    private static InetAddress address(String text) {
        if (!text.matches("[0-9a-fA-F:.]+") || !text.matches(".*[:.].*")) {
            throw new IllegalArgumentException("expected an IP address");
        }
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("expected an IP address", e);
        }
    }

    @Override
    public TraceStream trace(Principal by, TraceQuery query) {
        if (query.clientId().isEmpty() && query.topic().isEmpty()) {
            throw new IllegalArgumentException("a trace is of a client or of a topic");
        }
        TraceStream trace = parts.events().traces().begin(query);
        String of = query.clientId().map(id -> "client " + id + " ").orElse("")
                + query.topic().map(topic -> "topic " + topic).orElse("");
        audit(by, query.payload() ? "trace-with-payload" : "trace", of.strip(), "begun");
        return trace;
    }

    /** Ends the workers; what is asked from now on is not answered. */
    @Override
    public void close() {
        executor.shutdownNow();
        works.close();
        gauges.close();
    }
}
