package org.ternmq.broker.observe;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.ternmq.spi.QoS;

/**
 * The broker's counters since its start, and the registry that shows them and all else that is measured. Safe for use by all threads; reads are not atomic over several counters.
 */
public final class Metrics {
    private final LongAdder connectionsOpened = new LongAdder();
    private final LongAdder connectionsClosed = new LongAdder();
    private final LongAdder clientsConnected = new LongAdder();
    private final LongAdder clientsDisconnected = new LongAdder();
    private final LongAdder connectsRefused = new LongAdder();
    private final LongAdder tlsHandshakes = new LongAdder();
    private final LongAdder tlsHandshakeFailures = new LongAdder();
    private final LongAdder[] received = adders(QoS.values().length);
    private final LongAdder[] sent = adders(QoS.values().length);
    private final LongAdder[] dropped = adders(DropReason.values().length);
    private final LongAdder pluginFailures = new LongAdder();
    private final Map<String, LongAdder> failuresByInstance = new ConcurrentHashMap<>();
    private final LongAdder groupsCommitted = new LongAdder();
    private final LongAdder entriesCommitted = new LongAdder();
    private final LongAdder unreadableRecords = new LongAdder();
    private final LongAdder sessionsExpired = new LongAdder();
    private final LongAccumulator mostClients = new LongAccumulator(Math::max, 0);
    private final Map<String, ListenerTraffic> listeners = new ConcurrentHashMap<>();
    private volatile LongSupplier queuedMessages = () -> 0;
    private volatile LongSupplier queuedBytes = () -> 0;
    private volatile LongSupplier queueMemory = () -> 0;
    private final LongAdder[] authentications = adders(AuthOutcome.values().length);
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Timer commits = Timer.builder("ternmq.journal.commit")
            .description("Time that the storage takes for a group")
            .register(registry);
    private final DistributionSummary groups = DistributionSummary.builder("ternmq.journal.group.entries")
            .description("Entries of the journal in a group")
            .register(registry);

    /** All at zero. */
    public Metrics() {
        Meters.bind(this, registry);
    }

    /** Where further things to measure are registered, and all are read. */
    public PrometheusMeterRegistry registry() {
        return registry;
    }

    private volatile long diskFree = -1;
    private volatile boolean diskLow;
    private volatile Supplier<Map<String, Long>> storage = Map::of;

    private static LongAdder[] adders(int n) {
        LongAdder[] adders = new LongAdder[n];
        for (int i = 0; i < n; i++) {
            adders[i] = new LongAdder();
        }
        return adders;
    }

    /** A network connection was accepted. */
    public void connectionOpened() {
        connectionsOpened.increment();
    }

    /** A network connection ended. */
    public void connectionClosed() {
        connectionsClosed.increment();
    }

    /** A client was let in. */
    public void clientConnected() {
        clientsConnected.increment();
        mostClients.accumulate(clientsOnline());
    }

    /** A client that had been let in is gone. */
    public void clientDisconnected() {
        clientsDisconnected.increment();
    }

    /** A connection was refused, by the listener that it came by. */
    public void connectRefused(String listener) {
        connectsRefused.increment();
        listener(listener).connectionRefused();
    }

    /** A session has run out. */
    public void sessionExpired() {
        sessionsExpired.increment();
    }

    /** What comes and goes by a listener, which is known from now on. */
    public ListenerTraffic listener(String name) {
        return listeners.computeIfAbsent(name, n -> new ListenerTraffic(n, registry));
    }

    /** A TLS handshake succeeded. */
    public void tlsHandshake() {
        tlsHandshakes.increment();
    }

    /** A TLS handshake failed, or did not end in time. */
    public void tlsHandshakeFailed() {
        tlsHandshakeFailures.increment();
    }

    /** A PUBLISH came in. */
    public void received(QoS qos) {
        received[qos.ordinal()].increment();
    }

    /** A PUBLISH went out. */
    public void sent(QoS qos) {
        sent[qos.ordinal()].increment();
    }

    /** A message, or one subscriber's copy, was dropped. */
    public void dropped(DropReason reason) {
        dropped[reason.ordinal()].increment();
    }

    /** Several messages or copies were dropped. */
    public void dropped(DropReason reason, long count) {
        dropped[reason.ordinal()].add(count);
    }

    /**
     * A plugin threw, or did not answer in time.
     *
     * @param instance its name in the configuration
     */
    public void pluginFailed(String instance) {
        pluginFailures.increment();
        failuresOf(instance).increment();
    }

    /** Has a counter for the failures of an instance before the first. */
    public void pluginKnown(String instance) {
        failuresOf(instance);
    }

    private LongAdder failuresOf(String instance) {
        return failuresByInstance.computeIfAbsent(instance, name -> {
            LongAdder failures = new LongAdder();
            FunctionCounter.builder("ternmq.plugin.failures", failures, LongAdder::sum)
                    .description("Calls of an instance of a plugin that threw or took too long")
                    .tag("instance", name)
                    .register(registry);
            return failures;
        });
    }

    /** Where the totals of all queues are counted. Once, at the start. */
    public void queues(LongSupplier messages, LongSupplier bytes, LongSupplier memory) {
        queuedMessages = messages;
        queuedBytes = bytes;
        queueMemory = memory;
    }

    /** A client was judged. */
    public void authenticated(AuthOutcome outcome) {
        authentications[outcome.ordinal()].increment();
    }

    /**
     * A group of journal entries was written.
     *
     * @param nanos what the storage took
     */
    public void groupCommitted(int entries, long nanos) {
        commits.record(nanos, TimeUnit.NANOSECONDS);
        groups.record(entries);
        groupsCommitted.increment();
        entriesCommitted.add(entries);
    }

    /** A stored record could not be read at the start. */
    public void recordUnreadable() {
        unreadableRecords.increment();
    }

    /**
     * The free space of the disk that has the store.
     *
     * @param low whether it is too little to store more
     */
    public void diskSpace(long free, boolean low) {
        diskFree = free;
        diskLow = low;
    }

    /** Where the storage's figures come from. */
    public void storage(Supplier<Map<String, Long>> figures) {
        storage = figures;
    }

    /** Bytes free on the disk that has the store; -1 if nobody looks. */
    public long diskFree() {
        return diskFree;
    }

    /** Whether the disk is so full that nothing more is stored. */
    public boolean diskLow() {
        return diskLow;
    }

    /** The storage's figures by name, as they are now: see {@link org.ternmq.spi.Storage#statistics}. Not for an event loop. */
    public Map<String, Long> storageFigures() {
        return storage.get();
    }

    /** Network connections now open. */
    public long connectionsOpen() {
        return connectionsOpened.sum() - connectionsClosed.sum();
    }

    /** Clients now connected. */
    public long clientsOnline() {
        return clientsConnected.sum() - clientsDisconnected.sum();
    }

    /** Network connections accepted. */
    public long connectionsOpened() {
        return connectionsOpened.sum();
    }

    /** Clients let in. */
    public long connectsAccepted() {
        return clientsConnected.sum();
    }

    /** Bytes of MQTT from clients. */
    public long bytesReceived() {
        return total(ListenerTraffic::bytesReceived);
    }

    /** Bytes of MQTT to clients. */
    public long bytesSent() {
        return total(ListenerTraffic::bytesSent);
    }

    /** A figure of all listeners together. */
    public long total(ToLongFunction<ListenerTraffic> figure) {
        return listeners.values().stream().mapToLong(figure).sum();
    }

    /** The most clients that were connected at once. */
    public long mostClients() {
        return mostClients.get();
    }

    /** Sessions that have run out. */
    public long sessionsExpired() {
        return sessionsExpired.sum();
    }

    /** Messages that wait for clients now. */
    public long queuedMessages() {
        return queuedMessages.getAsLong();
    }

    /** Bytes of the messages that wait for clients now. */
    public long queuedBytes() {
        return queuedBytes.getAsLong();
    }

    /** Bytes of heap that those in memory take, roughly. */
    public long queueMemory() {
        return queueMemory.getAsLong();
    }

    /** Clients that were judged so. */
    public long authentications(AuthOutcome outcome) {
        return authentications[outcome.ordinal()].sum();
    }

    /** CONNECTs refused. */
    public long connectsRefused() {
        return connectsRefused.sum();
    }

    /** TLS handshakes that succeeded. */
    public long tlsHandshakes() {
        return tlsHandshakes.sum();
    }

    /** TLS handshakes that failed. */
    public long tlsHandshakeFailures() {
        return tlsHandshakeFailures.sum();
    }

    /** PUBLISH packets received of a QoS. */
    public long receivedCount(QoS qos) {
        return received[qos.ordinal()].sum();
    }

    /** PUBLISH packets sent of a QoS. */
    public long sentCount(QoS qos) {
        return sent[qos.ordinal()].sum();
    }

    /** Messages dropped for a reason. */
    public long droppedCount(DropReason reason) {
        return dropped[reason.ordinal()].sum();
    }

    /** Failures of plugins. */
    public long pluginFailures() {
        return pluginFailures.sum();
    }

    /** Groups written by the journal. */
    public long groupsCommitted() {
        return groupsCommitted.sum();
    }

    /** Entries in these groups. */
    public long entriesCommitted() {
        return entriesCommitted.sum();
    }

    /** Stored records that could not be read. */
    public long unreadableRecords() {
        return unreadableRecords.sum();
    }
}
