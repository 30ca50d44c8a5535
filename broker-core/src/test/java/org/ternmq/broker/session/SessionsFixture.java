package org.ternmq.broker.session;

import static org.awaitility.Awaitility.await;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.Limits.Overflow;
import org.ternmq.broker.journal.BytesStorage;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.DiskGuard;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.journal.Pager;
import org.ternmq.broker.journal.Quarantine;
import org.ternmq.broker.journal.Recovery;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.Packet.Subscribe;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.SubscriptionRequest;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.routing.RetainedMessages;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.routing.SharedStrategy;
import org.ternmq.broker.routing.SubscriptionIndex;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.security.Permissions;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.QoS;
import org.ternmq.spi.Storage;

/** All of the broker behind its connections, with real loops and a storage of bytes in memory. */
final class SessionsFixture implements AutoCloseable {
    /** Stands still but for {@link #advance}. */
    static final class SettableClock extends Clock {
        private final AtomicLong now = new AtomicLong(1_000_000);

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(now.get());
        }

        void advance(Duration time) {
            now.addAndGet(time.toMillis());
        }
    }

    final SettableClock clock = new SettableClock();
    final Metrics metrics = new Metrics();
    final RetainedMessages retained = new RetainedMessages(0, 0);
    final Shards shards;
    final QueueBudget budget;
    final SessionRegistry registry;
    final Router router;
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final Events events = new Events(clock, metrics, List.of());
    private final Authentication authentication = new Authentication(
            List.of(), Map.of(), List.of(), true, true, Duration.ofSeconds(5), metrics, new LoopWatch(metrics));
    private final Journal journal;
    private final Pager pager;

    SessionsFixture(Storage storage, Path folder, Overflow overflow, int queueMessages, QueueBudget budget) {
        this.budget = budget;
        shards = new Shards(loops, clock, false);
        Quarantine quarantine = new Quarantine(folder.resolve("quarantine.jsonl"), metrics);
        Recovery recovery = new Recovery(storage, quarantine, false);
        recovery.run();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        journal = new Journal(
                storage, Storage.Durability.PROCESS, recovery.lastSequence(), shards, metrics, failure::set);
        DeliveryRecords records = recovery.records();
        pager = new Pager(storage, journal, records, shards, quarantine);
        journal.start();
        router = new Router(
                new SubscriptionIndex(SharedStrategy.ROUND_ROBIN),
                retained,
                journal,
                records,
                shards,
                new DiskGuard(() -> Long.MAX_VALUE, 0, metrics),
                overflow == Overflow.REJECT,
                metrics);
        registry = new SessionRegistry(new SessionServices(
                router,
                journal,
                records,
                pager,
                shards,
                new SessionLimits(
                        queueMessages,
                        1L << 40,
                        overflow,
                        false,
                        100_000,
                        1024,
                        1000,
                        128,
                        SessionLimits.NEVER,
                        0,
                        0,
                        false),
                budget,
                new Capabilities(QoS.EXACTLY_ONCE, true, true, true, true),
                new Interceptors(List.of(), false, metrics, new LoopWatch(metrics)),
                authentication,
                metrics,
                events));
        registry.restore(recovery.sessions());
        settle();
        registry.recovered(recovery.sessions());
        registry.discard(recovery.remnants());
        settle();
    }

    /** Looks often: most conditions here are met at once, and many. */
    static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofSeconds(30));
    }

    /** With more than enough room for all. */
    static QueueBudget noLimit() {
        return new QueueBudget(0, 0, 1L << 40);
    }

    private record Info(String clientId) implements ClientInfo {
        @Override
        public Optional<String> username() {
            return Optional.empty();
        }

        @Override
        public Map<String, String> attributes() {
            return Map.of();
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return new InetSocketAddress("127.0.0.1", 1);
        }

        @Override
        public String listener() {
            return "test";
        }

        @Override
        public Optional<X509Certificate> peerCertificate() {
            return Optional.empty();
        }

        @Override
        public int protocolVersion() {
            return 5;
        }
    }

    /** Runs something on a loop and waits for its end. */
    void on(Shard shard, Runnable action) {
        CountDownLatch done = new CountDownLatch(1);
        AtomicReference<@Nullable Throwable> problem = new AtomicReference<>();
        shard.execute(() -> {
            try {
                action.run();
            } catch (RuntimeException | Error e) {
                problem.set(e);
            }
            done.countDown();
        });
        try {
            if (!done.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("the loop is blocked");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        if (problem.get() != null) {
            throw new AssertionError(problem.get());
        }
    }

    /** Every loop has done what it was given so far. */
    void settle() {
        for (Shard shard : shards.all()) {
            on(shard, () -> {});
        }
    }

    /** Everything appended so far is in the store, and all sessions have taken what they were given. */
    void settleJournal() {
        for (int i = 0; i < 3; i++) { // what a session takes may have it append something
            settle();
            soon().until(() -> journal.pendingEntries() == 0 && backlog() == 0);
        }
    }

    private int backlog() {
        AtomicInteger sum = new AtomicInteger();
        registry.forEach(session -> sum.addAndGet(session.backlog()));
        return sum.get();
    }

    FakeLink connect(String clientId, boolean cleanStart, long expiry, int receiveMaximum, int shard) {
        return connect(clientId, cleanStart, expiry, receiveMaximum, shard, permissions(authentication));
    }

    FakeLink connect(
            String clientId, boolean cleanStart, long expiry, int receiveMaximum, int shard, Permissions permissions) {
        FakeLink link = new FakeLink(receiveMaximum);
        Shard home = shards.get(shard);
        Client client = new Client(new Info(clientId), permissions);
        on(home, () -> registry.claim(new Attach(client, home, link, cleanStart, expiry, null), home));
        soon().until(link::isAccepted);
        return link;
    }

    private static Permissions permissions(Authentication from) {
        CompletableFuture<Permissions> permissions = new CompletableFuture<>();
        from.refresh(new Info("anybody"), permissions::complete);
        return permissions.orTimeout(20, TimeUnit.SECONDS).join();
    }

    /** The right to nothing. */
    Permissions nothing() {
        try (Authentication denying = new Authentication(
                List.of(), Map.of(), List.of(), true, false, Duration.ofSeconds(5), metrics, new LoopWatch(metrics))) {
            return permissions(denying);
        }
    }

    FakeLink connect(String clientId) {
        return connect(clientId, false, SessionLimits.NEVER, 100, 0);
    }

    /** Runs something with the session of a link, on its home. */
    void with(FakeLink link, Consumer<Session> action) {
        on(link.session().home(), () -> action.accept(link.session()));
    }

    void subscribe(FakeLink link, String filter, QoS qos) {
        SubscriptionRequest request = new SubscriptionRequest(filter, qos, false, false, RetainHandling.SEND);
        with(link, session -> session.subscribe(link, new Subscribe(1, 0, List.of(request))));
        settleJournal();
    }

    void disconnect(FakeLink link) {
        with(link, session -> session.disconnected(link, false, -1));
    }

    static ApplicationMessage message(String topic, QoS qos, String payload, long expiresAt) {
        return new ApplicationMessage(
                TopicName.ofValid(topic),
                qos,
                false,
                payload.getBytes(StandardCharsets.UTF_8),
                new byte[0],
                expiresAt,
                null);
    }

    /** Publishes from a loop, as a will is: nobody waits for it. */
    void publish(int shard, ApplicationMessage message) {
        Shard from = shards.get(shard);
        on(from, () -> router.route(from, message, null));
    }

    void publish(String topic, QoS qos, int first, int count) {
        Shard from = shards.get(1);
        on(from, () -> {
            for (int i = first; i < first + count; i++) {
                router.route(from, message(topic, qos, Integer.toString(i), ApplicationMessage.NEVER), null);
            }
        });
    }

    long dropped(DropReason reason) {
        return metrics.droppedCount(reason);
    }

    static int records(BytesStorage storage) {
        synchronized (storage) {
            return storage.of(Keyspaces.QUEUE).size();
        }
    }

    static int bodies(BytesStorage storage) {
        synchronized (storage) {
            return storage.of(Keyspaces.MESSAGES).size();
        }
    }

    @Override
    public void close() {
        pager.close();
        journal.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        authentication.close();
        events.close();
    }
}
