package org.ternmq.broker.control;

import io.micrometer.core.instrument.FunctionCounter;
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
import java.util.function.ToDoubleFunction;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Version;
import org.ternmq.broker.plugin.InstanceContext;
import org.ternmq.broker.plugin.PluginDescription;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.transport.Listener;
import org.ternmq.broker.transport.Transport;
import org.ternmq.spi.control.BridgeView;

/** What is measured only where somebody can ask for it: the state of the parts, the loops, and the JVM. */
final class Gauges implements AutoCloseable {
    private static final String BRIDGE = "bridge";

    private final JvmGcMetrics collections = new JvmGcMetrics();

    Gauges(Parts parts, StorageProbe storage, BridgeQueries bridges) {
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
        storage(registry, storage);
        bridges.names().forEach(name -> bridge(registry, bridges, name));
        plugins(parts, registry);
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

    /** The backend's own figures are those that it had at the start. */
    private static void storage(MeterRegistry registry, StorageProbe storage) {
        gauge(
                registry,
                "ternmq.storage.bytes",
                "What the store takes on the disk",
                () -> storage.view().bytes());
        for (String figure : storage.view().statistics().keySet()) {
            Gauge.builder(
                            "ternmq.storage.figure",
                            () -> storage.view().statistics().getOrDefault(figure, 0L))
                    .description("What the storage tells of itself")
                    .tag("figure", figure)
                    .register(registry);
        }
    }

    private static void bridge(MeterRegistry registry, BridgeQueries bridges, String name) {
        Gauge.builder(
                        "ternmq.bridge.connected",
                        bridges,
                        b -> b.known(name)
                                .filter(BridgeView::connected)
                                .map(view -> 1)
                                .orElse(0))
                .description("1 while the other side is there")
                .tag(BRIDGE, name)
                .register(registry);
        Gauge.builder("ternmq.bridge.queued.messages", bridges, b -> value(b, name, BridgeView::queuedMessages))
                .description("Messages that wait for a bridge")
                .tag(BRIDGE, name)
                .register(registry);
        Gauge.builder("ternmq.bridge.queued.bytes", bridges, b -> value(b, name, BridgeView::queuedBytes))
                .description("Bytes of the messages that wait for a bridge")
                .tag(BRIDGE, name)
                .register(registry);
        Gauge.builder("ternmq.bridge.oldest.seconds", bridges, b -> b.oldestSeconds(name))
                .description("How long the oldest message that waits for a bridge has waited")
                .tag(BRIDGE, name)
                .register(registry);
        counter(registry, bridges, name, "sent", BridgeView::sent, "Messages that a bridge took and completed");
        counter(registry, bridges, name, "received", BridgeView::received, "Messages that a bridge published here");
        counter(registry, bridges, name, "dropped", BridgeView::dropped, "Messages that a bridge gave up");
        counter(registry, bridges, name, "failures", BridgeView::failures, "How often a bridge had to be made anew");
    }

    private static void counter(
            MeterRegistry registry,
            BridgeQueries bridges,
            String name,
            String what,
            ToDoubleFunction<BridgeView> value,
            String description) {
        FunctionCounter.builder("ternmq.bridge." + what, bridges, b -> value(b, name, value))
                .description(description)
                .tag(BRIDGE, name)
                .register(registry);
    }

    private static double value(BridgeQueries bridges, String name, ToDoubleFunction<BridgeView> value) {
        return bridges.known(name).map(value::applyAsDouble).orElse(0.0);
    }

    private static void plugins(Parts parts, MeterRegistry registry) {
        for (PluginBlock block : parts.config().plugins()) {
            parts.metrics().pluginKnown(block.name());
            FunctionCounter.builder(
                            "ternmq.plugin.failed.tasks",
                            parts,
                            p -> p.contexts().get().stream()
                                    .filter(context -> context.name().equals(block.name()))
                                    .mapToLong(InstanceContext::failedTasks)
                                    .sum())
                    .description("Tasks of an instance of a plugin that threw")
                    .tag("instance", block.name())
                    .register(registry);
        }
        for (PluginDescription plugin : parts.plugins().plugins()) {
            FunctionCounter.builder(
                            "ternmq.plugin.log.lines.left.out", parts.plugins(), host -> host.linesLeftOut(plugin.id()))
                    .description("Lines of a plugin that the log left out, because they were too many")
                    .tag("plugin", plugin.id())
                    .register(registry);
        }
    }

    private static void gauge(MeterRegistry registry, String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
    }

    @Override
    public void close() {
        collections.close();
    }
}
