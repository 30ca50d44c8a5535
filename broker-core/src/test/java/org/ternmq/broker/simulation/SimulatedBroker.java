package org.ternmq.broker.simulation;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.ternmq.broker.config.Limits.Overflow;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.DiskGuard;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.journal.JournalCrank;
import org.ternmq.broker.journal.Quarantine;
import org.ternmq.broker.journal.Recovery;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.routing.RetainedMessages;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.routing.SharedStrategy;
import org.ternmq.broker.routing.SubscriptionIndex;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.security.Permissions;
import org.ternmq.broker.session.Capabilities;
import org.ternmq.broker.session.Interceptors;
import org.ternmq.broker.session.QueueBudget;
import org.ternmq.broker.session.SessionLimits;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.broker.session.SessionServices;
import org.ternmq.broker.shard.Shards;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.QoS;
import org.ternmq.spi.Storage;

/** One life of the broker: from the recovery of the store to the crash. All but the threads is the real one. */
final class SimulatedBroker {
    /** What the lives of all brokers share, since it has no part in what is looked at. */
    static final class Surroundings implements AutoCloseable {
        final Metrics metrics = new Metrics();
        final LoopWatch watch = new LoopWatch(metrics);
        final Authentication authentication =
                new Authentication(List.of(), Map.of(), List.of(), true, true, Duration.ofSeconds(5), metrics, watch);
        private final Permissions permissions = permissions();

        private Permissions permissions() {
            CompletableFuture<Permissions> all = new CompletableFuture<>();
            authentication.refresh(new Info("anybody"), all::complete);
            return all.join();
        }

        Client client(String clientId) {
            return new Client(new Info(clientId), permissions);
        }

        @Override
        public void close() {
            authentication.close();
        }
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
            return new InetSocketAddress(1);
        }

        @Override
        public String listener() {
            return "simulated";
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

    final Shards shards;
    final SessionRegistry registry;
    final QueueBudget budget;
    final RetainedMessages retained = new RetainedMessages(0, 0);
    final CrankedExecutor pagerThreads = new CrankedExecutor();
    final Router router;
    private final Journal journal;
    private final JournalCrank crank;
    private final Recovery recovery;

    SimulatedBroker(
            Surroundings surroundings,
            CrankedLoops loops,
            SimulatedClock clock,
            Storage store,
            Schedule.Limits limits) {
        shards = new Shards(loops, clock, false);
        budget = new QueueBudget(0, 0, limits.queueMemory());
        Metrics metrics = surroundings.metrics;
        Quarantine quarantine = new Quarantine(Path.of("target", "no-quarantine"), metrics);
        recovery = new Recovery(store, quarantine, true);
        recovery.run();
        journal = new Journal(store, Storage.Durability.POWER, recovery.lastSequence(), shards, metrics, failure -> {});
        crank = new JournalCrank(journal, shards);
        DeliveryRecords records = recovery.records();
        Overflow overflow = limits.rejects() ? Overflow.REJECT : Overflow.DROP_NEWEST;
        router = new Router(
                new SubscriptionIndex(SharedStrategy.ROUND_ROBIN),
                retained,
                journal,
                records,
                shards,
                new DiskGuard(() -> Long.MAX_VALUE, 0, metrics),
                limits.rejects(),
                metrics);
        registry = new SessionRegistry(new SessionServices(
                router,
                journal,
                records,
                JournalCrank.pager(store, journal, records, shards, quarantine, pagerThreads),
                shards,
                new SessionLimits(
                        limits.queueMessages(),
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
                new Interceptors(List.of(), false, metrics, surroundings.watch),
                surroundings.authentication,
                metrics,
                new Events(clock, metrics, List.of())));
        registry.restore(recovery.sessions());
        for (ApplicationMessage message : recovery.retained()) {
            retained.put(message);
        }
    }

    /** When the loops have done what the constructor gave them, as in the broker's start. */
    void recovered() {
        registry.recovered(recovery.sessions());
        registry.discard(recovery.remnants());
    }

    boolean turnJournal() {
        return crank.turn();
    }

    boolean hasFailed() {
        return journal.hasFailed();
    }

    int pendingEntries() {
        return journal.pendingEntries();
    }
}
