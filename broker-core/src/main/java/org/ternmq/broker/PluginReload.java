package org.ternmq.broker;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.config.AdminConfig;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.ConfigChanges;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.plugin.InstanceContext;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.broker.plugin.PluginKind;
import org.ternmq.spi.PluginFactory;

/**
 * The running instances of plugins by name, and how one is replaced: with what its block says now, from the plugin that is
 * installed now. The new one is made beside the old one; if it cannot be made, the old one stays in force.
 *
 * <p>Safe for use by all threads; one reload at a time.
 */
final class PluginReload {
    private static final Logger LOG = LoggerFactory.getLogger(PluginReload.class);
    /** For a new instance to be made. */
    private static final Duration START = Duration.ofSeconds(30);
    /** For those who are in the old instance, and for its close. */
    private static final Duration GOODBYE = Duration.ofSeconds(10);

    /** One instance, or an authenticator in both of its forms. */
    private record Running(PluginKind kind, PluginBlock block, Maker maker, Renewal.@Nullable Renewing renewing) {}

    private final PluginHost plugins;
    private final Path data;
    private final Clock clock;
    private final BrokerConfig started;
    private final Function<Problems, BrokerConfig> reading;
    private final BiConsumer<String, InstanceContext> handed;
    private final Map<String, Running> running = new ConcurrentSkipListMap<>();

    /**
     * Nothing runs yet.
     *
     * @param started the configuration of this start
     * @param reading reads the configuration once more
     * @param handed is told the name of each instance and what it is handed, before it is made
     */
    PluginReload(
            PluginHost plugins,
            Path data,
            Clock clock,
            BrokerConfig started,
            Function<Problems, BrokerConfig> reading,
            BiConsumer<String, InstanceContext> handed) {
        this.plugins = plugins;
        this.data = data;
        this.clock = clock;
        this.started = started;
        this.reading = reading;
        this.handed = handed;
    }

    /** Makes what is installed now. */
    Maker maker(PluginBlock block) {
        return new Maker(plugins, plugins::find, data, clock, block, watching(block, factory -> {}));
    }

    private Maker.Watching watching(PluginBlock block, Consumer<PluginFactory> used) {
        return new Maker.Watching() {
            @Override
            public void used(PluginFactory factory) {
                used.accept(factory);
            }

            @Override
            public void handed(InstanceContext context) {
                handed.accept(block.name(), context);
            }
        };
    }

    /**
     * Notes what runs.
     *
     * @param renewing how it is replaced; null if only a restart can
     */
    synchronized void runs(PluginKind kind, Maker maker, Renewal.@Nullable Renewing renewing) {
        PluginBlock block = maker.block();
        running.put(block.name(), new Running(kind, block, maker, renewing));
    }

    /** What was handed to those that run. */
    List<InstanceContext> contexts() {
        return running.values().stream()
                .flatMap(each -> each.maker().contexts().stream())
                .toList();
    }

    /** The names of all that run. */
    List<String> names() {
        return List.copyOf(running.keySet());
    }

    /** Ends what instances were handed, after they were closed; does not wait for a reload that is under way. */
    void end() {
        running.values().forEach(each -> each.maker().end());
    }

    /** Replaces an instance; blocks for as long as that takes, a minute at most. */
    synchronized ReloadResult reload(String name) {
        Running old = running.get(name);
        if (old == null) {
            return new ReloadResult.Unknown(name, names());
        }
        Renewal.Renewing renewing = old.renewing();
        ReloadResult result = renewing == null
                ? new ReloadResult.Refused(
                        name, List.of("the " + old.kind() + " is chosen once: restart the broker for a change of it"))
                : reload(old, renewing);
        if (result instanceof ReloadResult.Done done) {
            LOG.info("{} reloaded: {}", name, String.join("; ", done.changes()));
            if (!done.needRestart().isEmpty()) {
                LOG.warn("Changed too, and in force after a restart: {}", String.join(", ", done.needRestart()));
            }
        } else if (result instanceof ReloadResult.Refused refused) {
            LOG.error(
                    "{} was not reloaded, the old one stays in force: {}", name, String.join("; ", refused.reasons()));
        }
        return result;
    }

    private ReloadResult reload(Running old, Renewal.Renewing renewing) {
        String name = old.block().name();
        Problems problems = new Problems();
        BrokerConfig config = reading.apply(problems);
        if (!problems.isEmpty()) {
            return new ReloadResult.Refused(name, problems.lines());
        }
        Optional<PluginBlock> block = section(config, old.kind()).stream()
                .filter(each -> each.name().equals(name))
                .findFirst();
        if (block.isEmpty()) {
            return new ReloadResult.Refused(
                    name, List.of("the configuration has no such block any more: restart the broker to end it"));
        }
        PluginHost.Rescan found = plugins.rescan();
        if (!found.problems().isEmpty()) {
            found.discard();
            return new ReloadResult.Refused(name, found.problems());
        }
        AtomicReference<@Nullable String> plugin = new AtomicReference<>();
        Maker.Factories factories = new Maker.Factories() {
            @Override
            public <F extends PluginFactory> Optional<F> find(Class<F> kind, String type) {
                return found.find(kind, type);
            }
        };
        Maker maker = new Maker(
                plugins,
                factories,
                data,
                clock,
                block.get(),
                watching(block.get(), factory -> plugin.set(found.pluginOf(factory))));
        Renewal renewal;
        try {
            renewal = prepare(name, maker, renewing);
        } catch (StartException e) {
            maker.end();
            found.discard();
            return new ReloadResult.Refused(name, Broker.message(e).lines().toList());
        }
        renewal.swap();
        running.put(name, new Running(old.kind(), block.get(), maker, renewing));
        found.commit();
        List<String> changes = new ArrayList<>();
        changes.add(
                ConfigChanges.between(old.block().place(), block.get().place()).isEmpty()
                        ? "the same configuration"
                        : "a new configuration");
        Optional.ofNullable(plugin.get())
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> changes.add("plugin " + text));
        changes.addAll(endOld(name, old, renewal));
        return new ReloadResult.Done(name, changes, needRestart(config));
    }

    private static List<PluginBlock> section(BrokerConfig config, PluginKind kind) {
        return switch (kind) {
            case STORAGE -> List.of(config.storage().plugin());
            case AUTHENTICATOR, ENHANCED_AUTHENTICATOR ->
                config.authentication().use();
            case AUTHORIZER -> config.authorization().use();
            case BRIDGE -> config.bridges();
            case ADMIN -> config.admin().map(AdminConfig::plugin).stream().toList();
            case EVENT_LISTENER -> config.events();
            case INTERCEPTOR -> config.interceptors();
        };
    }

    private static Renewal prepare(String name, Maker maker, Renewal.Renewing renewing) throws StartException {
        FutureTask<Renewal> making = new FutureTask<>(() -> renewing.prepare(maker));
        Thread thread = inBackground("reload-" + name, making);
        try {
            return making.get(START.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StartException cannot) {
                throw cannot;
            }
            throw new StartException(StartException.ExitCode.BUG, String.valueOf(e.getCause()), e);
        } catch (TimeoutException e) {
            thread.interrupt();
            inBackground("reload-" + name + "-late", () -> discardLate(making));
            throw new StartException(
                    StartException.ExitCode.PLUGIN, name + " did not start within " + START.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw new StartException(StartException.ExitCode.BUG, "interrupted", e);
        }
    }

    private static void discardLate(FutureTask<Renewal> making) {
        try {
            making.get().discard();
        } catch (Exception | LinkageError e) {
            LOG.debug("What came too late", e);
        }
    }

    private static Thread inBackground(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Drains, closes and unloads; says what did not go well. */
    private static List<String> endOld(String name, Running old, Renewal renewal) {
        List<String> remarks = new ArrayList<>();
        if (!renewal.drain(GOODBYE)) {
            remarks.add(
                    "the old one was still in use after " + GOODBYE.toSeconds() + " s and was closed under its users");
        }
        Callable<Boolean> close = () -> {
            renewal.closeOld();
            return true;
        };
        FutureTask<Boolean> closing = new FutureTask<>(() -> old.maker().in(close));
        Thread thread = inBackground("close-" + name, closing);
        try {
            closing.get(GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            remarks.add("the old one failed to close: " + e.getCause());
        } catch (TimeoutException e) {
            thread.interrupt();
            remarks.add("the old one did not close within " + GOODBYE.toSeconds() + " s");
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
        for (String left : old.maker().end()) {
            remarks.add("the old one has left the thread '" + left + "' running");
        }
        return remarks;
    }

    /** What differs from the start, but for blocks that were reloaded since. */
    private List<String> needRestart(BrokerConfig now) {
        List<String> changed = new ArrayList<>(ConfigChanges.between(started.place(), now.place()));
        for (PluginBlock block : now.plugins()) {
            Running inForce = running.get(block.name());
            if (inForce != null
                    && ConfigChanges.between(inForce.block().place(), block.place())
                            .isEmpty()) {
                String path = block.place().path();
                changed.removeIf(key -> key.equals(path) || key.startsWith(path + "."));
            }
        }
        return changed;
    }
}
