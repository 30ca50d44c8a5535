package org.ternmq.broker.control;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.ternmq.broker.config.Version;
import org.ternmq.broker.observe.ListenerTraffic;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.routing.RetainedMessages;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.session.SessionRegistry;

/**
 * The broker's figures under the names that Mosquitto has for them, without {@code $SYS/broker/} in front. Used by one thread at a
 * time.
 */
final class SysFigures {
    private final Metrics metrics;
    private final SessionRegistry registry;
    private final Router router;
    private final LongSupplier nanos;
    private final long startedAt;
    private final List<SysLoad> loads;
    private long lastAt;
    private long mostHeap;

    /** Begins to count now. */
    SysFigures(Metrics metrics, SessionRegistry registry, Router router, LongSupplier nanos) {
        this.metrics = metrics;
        this.registry = registry;
        this.router = router;
        this.nanos = nanos;
        this.startedAt = nanos.getAsLong();
        this.lastAt = startedAt;
        this.loads = Arrays.asList(
                new SysLoad("messages/received", () -> metrics.total(ListenerTraffic::packetsReceived)),
                new SysLoad("messages/sent", () -> metrics.total(ListenerTraffic::packetsSent)),
                new SysLoad("publish/received", () -> Rates.received(metrics)),
                new SysLoad("publish/sent", () -> Rates.sent(metrics)),
                new SysLoad("publish/dropped", () -> Rates.dropped(metrics)),
                new SysLoad("bytes/received", metrics::bytesReceived),
                new SysLoad("bytes/sent", metrics::bytesSent),
                new SysLoad("sockets", metrics::connectionsOpened),
                new SysLoad("connections", metrics::connectsAccepted));
    }

    /** What they are now, by name. */
    Map<String, String> now() {
        Map<String, String> figures = new LinkedHashMap<>();
        long now = nanos.getAsLong();
        figures.put("version", "TernMQ " + Version.current().broker());
        figures.put("uptime", (now - startedAt) / 1_000_000_000 + " seconds");
        clients(figures);
        messages(figures);
        put(figures, "subscriptions/count", router.index().size());
        put(figures, "shared_subscriptions/count", router.index().sharedSize());
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        mostHeap = Math.max(mostHeap, heap);
        put(figures, "heap/current", heap);
        put(figures, "heap/maximum", mostHeap);
        if (now > lastAt) {
            double seconds = (now - lastAt) / 1e9;
            loads.forEach(load -> load.pass(seconds));
        }
        lastAt = now;
        loads.forEach(load -> load.put(figures));
        return figures;
    }

    private void clients(Map<String, String> figures) {
        long connected = metrics.clientsOnline();
        long sessions = registry.size();
        long away = Math.max(0, sessions - connected);
        put(figures, "clients/connected", connected);
        put(figures, "clients/active", connected); // the name that Mosquitto had before
        put(figures, "clients/disconnected", away);
        put(figures, "clients/inactive", away); // so too
        put(figures, "clients/total", sessions);
        put(figures, "clients/maximum", metrics.mostClients());
        put(figures, "clients/expired", metrics.sessionsExpired());
    }

    private void messages(Map<String, String> figures) {
        RetainedMessages retained = router.retained();
        AtomicLong inFlight = new AtomicLong();
        registry.forEach(session -> inFlight.addAndGet(session.inFlight()));
        long stored = retained.size() + metrics.queuedMessages();
        put(figures, "messages/received", metrics.total(ListenerTraffic::packetsReceived));
        put(figures, "messages/sent", metrics.total(ListenerTraffic::packetsSent));
        put(figures, "messages/inflight", inFlight.get());
        put(figures, "messages/stored", stored); // the name that Mosquitto had before
        put(figures, "store/messages/count", stored);
        put(figures, "store/messages/bytes", retained.bytes() + metrics.queuedBytes());
        put(figures, "retained messages/count", retained.size());
        put(figures, "publish/messages/received", Rates.received(metrics));
        put(figures, "publish/messages/sent", Rates.sent(metrics));
        put(figures, "publish/messages/dropped", Rates.dropped(metrics));
        put(figures, "publish/bytes/received", metrics.total(ListenerTraffic::payloadReceived));
        put(figures, "publish/bytes/sent", metrics.total(ListenerTraffic::payloadSent));
        put(figures, "bytes/received", metrics.bytesReceived());
        put(figures, "bytes/sent", metrics.bytesSent());
    }

    private static void put(Map<String, String> figures, String name, long value) {
        figures.put(name, Long.toString(value));
    }
}
