package org.ternmq.broker.control;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.util.function.Supplier;
import org.ternmq.broker.config.Version;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.transport.Listener;
import org.ternmq.broker.transport.Transport;

/** What is measured only where somebody can ask for it: the state of the parts, the loops, and the JVM. */
final class Gauges implements AutoCloseable {
    private final JvmGcMetrics collections = new JvmGcMetrics();

    Gauges(Parts parts) {
        MeterRegistry registry = parts.metrics().registry();
        gauge(
                registry,
                "ternmq.sessions",
                "Sessions, connected or not",
                () -> parts.registry().size());
        gauge(
                registry,
                "ternmq.subscriptions",
                "Subscriptions of all sessions",
                () -> parts.router().index().size());
        gauge(
                registry,
                "ternmq.retained.messages",
                "Retained messages",
                () -> parts.router().retained().size());
        gauge(
                registry,
                "ternmq.retained.bytes",
                "What retained messages take in memory",
                () -> parts.router().retained().bytes());
        gauge(
                registry,
                "ternmq.journal.pending.entries",
                "Entries of the journal that are not safe yet",
                () -> parts.journal().pendingEntries());
        gauge(
                registry,
                "ternmq.bans",
                "Addresses and users that are banned",
                () -> parts.bans().inForce().size());
        Gauge.builder("ternmq.build.info", () -> 1)
                .description("The version")
                .tag("version", Version.current().broker())
                .register(registry);
        for (Listener listener : parts.listeners()) {
            Gauge.builder(
                            "ternmq.listener.connections",
                            () -> listener.connections().size())
                    .description("Connections of a listener")
                    .tag("listener", listener.name())
                    .register(registry);
        }
        for (Shard shard : parts.shards().all()) {
            LoopDelay.measure(shard, registry);
        }
        Transport.measure(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    private static void gauge(MeterRegistry registry, String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
    }

    @Override
    public void close() {
        collections.close();
    }
}
