package org.ternmq.broker.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.ternmq.spi.QoS;

/** The counters under their names for Prometheus: docs/metrics.md. They are read when somebody asks, and cost nothing before. */
final class Meters {
    private final Metrics metrics;
    private final MeterRegistry registry;

    private Meters(Metrics metrics, MeterRegistry registry) {
        this.metrics = metrics;
        this.registry = registry;
    }

    /** Registers all counters. */
    static void bind(Metrics metrics, MeterRegistry registry) {
        Meters m = new Meters(metrics, registry);
        m.gauge("ternmq.connections", "", Metrics::connectionsOpen, "Network connections that are open");
        m.gauge("ternmq.clients", "", Metrics::clientsOnline, "Clients that are in");
        m.gauge("ternmq.queued", "messages", Metrics::queuedMessages, "Messages that wait for clients");
        m.gauge("ternmq.queued", "bytes", Metrics::queuedBytes, "Bytes of the messages that wait for clients");
        m.counter("ternmq.connections.opened", "", Metrics::connectionsOpened, "Network connections accepted");
        m.counter("ternmq.connects.accepted", "", Metrics::connectsAccepted, "Clients let in");
        m.counter("ternmq.connects.refused", "", Metrics::connectsRefused, "Connections refused");
        m.counter("ternmq.received", "bytes", Metrics::bytesReceived, "Bytes of MQTT from clients");
        m.counter("ternmq.sent", "bytes", Metrics::bytesSent, "Bytes of MQTT to clients");
        m.gauge("ternmq.clients.most", "", Metrics::mostClients, "The most clients that were in at once");
        m.counter("ternmq.sessions.expired", "", Metrics::sessionsExpired, "Sessions that have run out");
        m.gauge("ternmq.queue.memory", "bytes", Metrics::queueMemory, "Heap that waiting messages take");
        m.gauge("ternmq.disk.low", "", x -> x.diskLow() ? 1 : 0, "1 while nothing more is stored for want of space");
        m.gauge(
                "ternmq.disk.free",
                "bytes",
                x -> x.diskFree() < 0 ? Double.NaN : x.diskFree(),
                "Free on the disk that has the store; NaN if nobody looks");
        m.counter("ternmq.store.unreadable.records", "", Metrics::unreadableRecords, "Records that could not be read");
        m.counter("ternmq.tls.handshakes", Metrics::tlsHandshakes, "outcome", "succeeded", "TLS handshakes");
        m.counter("ternmq.tls.handshakes", Metrics::tlsHandshakeFailures, "outcome", "failed", "TLS handshakes");
        for (QoS qos : QoS.values()) {
            String value = Integer.toString(qos.value());
            m.counter("ternmq.messages.received", x -> x.receivedCount(qos), "qos", value, "PUBLISH from clients");
            m.counter("ternmq.messages.sent", x -> x.sentCount(qos), "qos", value, "PUBLISH to clients");
        }
        for (DropReason reason : DropReason.values()) {
            m.counter(
                    "ternmq.messages.dropped",
                    x -> x.droppedCount(reason),
                    "reason",
                    reason.word(),
                    "Messages, or one subscriber's copies, that went no further");
        }
        for (AuthOutcome outcome : AuthOutcome.values()) {
            m.counter(
                    "ternmq.authentications",
                    x -> x.authentications(outcome),
                    "outcome",
                    outcome.name().toLowerCase(Locale.ROOT),
                    "Clients that were judged");
        }
    }

    private void gauge(String name, String unit, ToDoubleFunction<Metrics> value, String description) {
        Gauge.builder(unit.isEmpty() ? name : name + "." + unit, metrics, value)
                .description(description)
                .register(registry);
    }

    private void counter(String name, String unit, ToDoubleFunction<Metrics> value, String description) {
        FunctionCounter.builder(unit.isEmpty() ? name : name + "." + unit, metrics, value)
                .description(description)
                .register(registry);
    }

    private void counter(
            String name, ToDoubleFunction<Metrics> value, String label, String labelValue, String description) {
        FunctionCounter.builder(name, metrics, value)
                .tag(label, labelValue)
                .description(description)
                .register(registry);
    }
}
