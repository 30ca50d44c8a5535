package org.ternmq.broker.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.observe.PluginScope;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.PluginFactory;

/**
 * The installed plugins: what is in the plugins folder, one class loader each, their factories by kind and type. Loaded and
 * closed by the main thread, looked through again by one thread at a time; all may ask.
 */
public final class PluginHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PluginHost.class);

    private final @Nullable PluginFolder folder;
    private final @Nullable PluginCopies copies;
    private final @Nullable LogLimit logLimit = Pf4jLog.isLogback() ? LogLimit.install() : null;
    private final Set<InstanceContext> contexts = ConcurrentHashMap.newKeySet();
    /** All that were loaded and are in memory, those that are installed no more among them. */
    private final Set<LoadedPlugin> loaded = ConcurrentHashMap.newKeySet();

    private volatile Installed installed = Installed.of(List.of());

    private PluginHost(@Nullable PluginFolder folder, @Nullable PluginCopies copies) {
        this.folder = folder;
        this.copies = copies;
    }

    /**
     * Loads every plugin of a folder, to be looked at and not run for long: a file must not change while it is in use.
     *
     * @param folder the plugins folder
     * @param problems takes what is wrong with any of them
     */
    public static PluginHost load(Path folder, Problems problems) {
        try {
            return load(folder, PluginCopies.temporary(), problems);
        } catch (IOException e) {
            problems.plugin("no folder for temporary files: " + e);
            return new PluginHost(null, null);
        }
    }

    /**
     * Loads every plugin of a folder from a copy below the data folder, so that what is in the plugins folder may change.
     *
     * @param folder the plugins folder
     * @param data the broker's data folder; made if it is not there. If it cannot be, plugins are loaded where they are
     * @param problems takes what is wrong with any of them
     */
    public static PluginHost load(Path folder, Path data, Problems problems) {
        PluginCopies copies;
        try {
            copies = PluginCopies.below(data);
        } catch (IOException e) {
            LOG.debug(
                    "No copies of plugins",
                    e); // whoever starts the broker is going to say what is wrong with the folder
            return load(folder, problems);
        }
        return load(folder, copies, problems);
    }

    private static PluginHost load(Path folder, PluginCopies copies, Problems problems) {
        Pf4jLog.quiet();
        PluginFolder reader = new PluginFolder(folder, copies);
        PluginHost host = new PluginHost(reader, copies);
        try {
            List<LoadedPlugin> found = reader.load(List.of());
            host.loaded.addAll(found);
            host.installed = Installed.of(found);
            host.installed.problems().forEach(problems::plugin);
        } catch (IOException e) {
            problems.plugin("the plugins folder " + folder + " cannot be read: " + e);
        }
        return host;
    }

    /**
     * A host of factories that are part of the program, for a broker that is embedded or tested.
     *
     * @param factories what would be in jars
     * @param problems takes types that are there twice
     */
    public static PluginHost of(List<? extends PluginFactory> factories, Problems problems) {
        PluginHost host = new PluginHost(null, null);
        host.installed =
                Installed.of(factories.stream().map(LoadedPlugin::builtIn).toList());
        host.installed.problems().forEach(problems::plugin);
        return host;
    }

    /**
     * What is wrong with a plugin, in words, without installing or running it.
     *
     * @param path a jar, a folder or a zip
     * @return nothing if it can be installed
     */
    public static List<String> verify(Path path) {
        if (Files.isSymbolicLink(path) && !Files.exists(path)) {
            return List.of("is a link to nothing");
        }
        if (!Files.exists(path)) {
            return List.of("there is no such file");
        }
        List<String> problems = new ArrayList<>();
        try (PluginCopies copies = PluginCopies.temporary()) {
            Optional<PluginFiles> files = PluginFiles.of(copies.of(path).at(), problems);
            files.ifPresent(found -> problems.addAll(PluginJar.verify(found)));
        } catch (IOException e) {
            problems.add(PluginFolder.unreadable(path, e));
        }
        return problems;
    }

    /** The folder, looked through once more: what would be installed now. To be committed or discarded. */
    public final class Rescan {
        private final Installed found;
        private final List<String> problems;

        private Rescan(Installed found, List<String> problems) {
            this.found = found;
            this.problems = List.copyOf(problems);
        }

        /** What is wrong with what was found; it can only be discarded then. */
        public List<String> problems() {
            return problems;
        }

        /** As {@link PluginHost#find}, of what was found. */
        public <F extends PluginFactory> Optional<F> find(Class<F> kind, String type) {
            return PluginHost.find(found, kind, type);
        }

        /** The plugin that a factory comes from, such as {@code door 1.2.0}. */
        public String pluginOf(PluginFactory factory) {
            return owner(found, factory).map(LoadedPlugin::toString).orElse("");
        }

        /** From now on this is what is installed. */
        public void commit() {
            Installed before = installed;
            found.plugins().forEach(LoadedPlugin::keep);
            installed = found;
            before.plugins().stream()
                    .filter(plugin -> !found.plugins().contains(plugin))
                    .forEach(LoadedPlugin::retire);
            loaded.removeIf(LoadedPlugin::isUnloaded);
        }

        /** As if nobody had looked. */
        public void discard() {
            List<LoadedPlugin> before = installed.plugins();
            found.plugins().stream().filter(plugin -> !before.contains(plugin)).forEach(LoadedPlugin::retire);
            loaded.removeIf(LoadedPlugin::isUnloaded);
        }
    }

    /** Lines that the log left out of a plugin as it is installed now, because they were too many. */
    public long linesLeftOut(String id) {
        return installed.plugins().stream()
                .filter(plugin -> plugin.id().equals(id))
                .flatMap(plugin -> plugin.factories().stream().limit(1))
                .mapToLong(each -> loaderOf(each.factory()) instanceof OwnFirst loader
                        ? loader.budget().refusedInAll()
                        : 0)
                .sum();
    }

    /** Looks through the folder once more; what has not changed stays as it is, what has is loaded beside it. */
    public Rescan rescan() {
        PluginFolder reader = folder;
        if (reader == null) {
            return new Rescan(installed, List.of());
        }
        try {
            Installed found = Installed.of(reader.load(List.copyOf(loaded)));
            loaded.addAll(found.plugins());
            return new Rescan(found, found.problems());
        } catch (IOException e) {
            return new Rescan(installed, List.of("the plugins folder cannot be read: " + e));
        }
    }

    /** Removes copies of what is installed no more. To be called when no other broker can have the data folder. */
    public void removeOldCopies() {
        PluginCopies all = copies;
        if (all != null) {
            try {
                all.removeAllBut(loaded.stream().map(LoadedPlugin::hash).collect(Collectors.toSet()));
            } catch (IOException e) {
                LOG.warn("Cannot remove old copies of plugins: {}", e.toString());
            }
        }
    }

    /** Everything in the folder that is meant to be a plugin, also what cannot be used. */
    public List<PluginDescription> plugins() {
        return installed.descriptions();
    }

    /** The types that are offered of a kind, sorted. */
    public List<String> types(PluginKind kind) {
        return List.copyOf(installed.offersOf(kind).keySet());
    }

    /**
     * The factory of a type.
     *
     * @param kind one of the factory interfaces of the SPI
     * @param type the word after {@code type:}
     */
    public <F extends PluginFactory> Optional<F> find(Class<F> kind, String type) {
        return find(installed, kind, type);
    }

    private static <F extends PluginFactory> Optional<F> find(Installed in, Class<F> kind, String type) {
        return Stream.of(PluginKind.values())
                .filter(k -> k.factory() == kind)
                .findFirst()
                .map(k -> in.offersOf(k).get(type))
                .map(kind::cast);
    }

    private static Optional<LoadedPlugin> owner(Installed in, PluginFactory factory) {
        return in.plugins().stream().filter(plugin -> plugin.has(factory)).findFirst();
    }

    /** Looks for every plugin that a configuration names; a problem at its {@code type:} for each that is not there. */
    public void check(BrokerConfig config, Problems problems) {
        check(config.storage().plugin(), "storage", problems, PluginKind.STORAGE);
        for (PluginBlock block : config.authentication().use()) {
            check(block, "authentication", problems, PluginKind.AUTHENTICATOR, PluginKind.ENHANCED_AUTHENTICATOR);
        }
        config.authorization().use().forEach(b -> check(b, "authorization", problems, PluginKind.AUTHORIZER));
        config.bridges().forEach(b -> check(b, "bridge", problems, PluginKind.BRIDGE));
        config.events().forEach(b -> check(b, "event", problems, PluginKind.EVENT_LISTENER));
        config.interceptors().forEach(b -> check(b, "interceptor", problems, PluginKind.INTERCEPTOR));
        config.admin().ifPresent(a -> check(a.plugin(), "admin", problems, PluginKind.ADMIN));
    }

    private void check(PluginBlock block, String words, Problems problems, PluginKind... kinds) {
        Set<String> there = new TreeSet<>();
        for (PluginKind kind : kinds) {
            there.addAll(types(kind));
        }
        if (!there.contains(block.type())) {
            problems.plugin(
                    block.typePlace(),
                    "no plugin offers " + words + " type '" + block.type() + "'; installed: "
                            + (there.isEmpty() ? "none" : String.join(", ", there)));
            return;
        }
        for (PluginKind kind : kinds) {
            find(kind.factory(), block.type()).ifPresent(factory -> checkSettings(block, factory, problems));
        }
    }

    /**
     * Has every plugin that a configuration without problems names look at what its block names, such as files.
     *
     * @param data the broker's data folder, in which nothing is done
     */
    public void checkFiles(BrokerConfig config, Path data, Problems problems) {
        for (PluginBlock block : config.authentication().use()) {
            checkFiles(block, PluginKind.AUTHENTICATOR, data, problems);
            checkFiles(block, PluginKind.ENHANCED_AUTHENTICATOR, data, problems);
        }
        checkFiles(config.storage().plugin(), PluginKind.STORAGE, data, problems);
        config.authorization().use().forEach(b -> checkFiles(b, PluginKind.AUTHORIZER, data, problems));
        config.bridges().forEach(b -> checkFiles(b, PluginKind.BRIDGE, data, problems));
        config.events().forEach(b -> checkFiles(b, PluginKind.EVENT_LISTENER, data, problems));
        config.interceptors().forEach(b -> checkFiles(b, PluginKind.INTERCEPTOR, data, problems));
    }

    private void checkFiles(PluginBlock block, PluginKind kind, Path data, Problems problems) {
        find(kind.factory(), block.type()).ifPresent(factory -> {
            try (InstanceContext context = contextFor(block, factory, data, Clock.systemUTC())) {
                callIn(loaderOf(factory), () -> {
                    factory.check(context);
                    return context;
                });
            } catch (ConfigurationException e) {
                problems.configuration(e);
            } catch (Exception | LinkageError e) {
                problems.plugin(block.typePlace(), "the plugin cannot check what its settings name: " + e);
            }
        });
    }

    private static void checkSettings(PluginBlock block, PluginFactory factory, Problems problems) {
        try {
            factory.settings().ifPresent(block::bind);
        } catch (ConfigurationException e) {
            problems.configuration(e);
        } catch (RuntimeException | LinkageError e) {
            problems.plugin(block.typePlace(), "the plugin cannot say what its settings are: " + e);
        }
    }

    /**
     * What an instance is handed. Close it after the instance; what is not closed then is closed with this host.
     *
     * @param block the instance's block of the configuration
     * @param factory who makes the instance
     * @param data the broker's data folder
     * @param clock the broker's clock
     */
    public InstanceContext contextFor(PluginBlock block, PluginFactory factory, Path data, Clock clock) {
        Optional<LoadedPlugin> plugin =
                loaded.stream().filter(each -> each.has(factory)).findFirst();
        plugin.ifPresent(LoadedPlugin::use);
        InstanceContext context = new InstanceContext(block, data, clock, loaderOf(factory), closed -> {
            contexts.remove(closed);
            List<String> left = plugin.map(LoadedPlugin::release).orElse(List.of());
            loaded.removeIf(LoadedPlugin::isUnloaded);
            return left;
        });
        contexts.add(context);
        return context;
    }

    /** The class loader of the plugin that a factory, or anything else of a plugin, comes from. */
    public static ClassLoader loaderOf(Object ofPlugin) {
        return PluginScope.loaderOf(ofPlugin);
    }

    /** A thread for a log line, and whose it is, if it is a plugin's. */
    public static String describe(Thread thread) {
        return "Thread '" + thread.getName() + "'"
                + (thread.getContextClassLoader() instanceof OwnFirst loader ? " of plugin " + loader.plugin() : "");
    }

    /**
     * Calls into a plugin with the context class loader set to the plugin's.
     *
     * @param loader the plugin's class loader
     * @param call what to call
     * @throws Exception whatever the call throws
     */
    public static <T> T callIn(ClassLoader loader, Callable<T> call) throws Exception {
        return PluginScope.callIn(loader, call);
    }

    /** As {@link #close}, for a start that came to nothing: no data folder is left behind if there was none before. */
    public void discard() {
        close();
        PluginCopies all = copies;
        if (all != null) {
            try {
                all.forget();
            } catch (IOException e) {
                LOG.warn("Cannot remove copies of plugins: {}", e.toString());
            }
        }
    }

    /** Shuts the executors down and unloads the plugins; deletes nothing. Their instances must be closed before. */
    @Override
    public void close() {
        contexts.forEach(InstanceContext::close);
        contexts.clear();
        loaded.forEach(LoadedPlugin::unload);
        loaded.clear();
        if (logLimit != null) {
            logLimit.close();
        }
        PluginCopies all = copies;
        if (all != null) {
            try {
                all.close();
            } catch (IOException e) {
                LOG.warn("Cannot remove temporary copies of plugins: {}", e.toString());
            }
        }
    }
}
