package org.ternmq.broker.plugin;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pf4j.PluginState;
import org.pf4j.PluginWrapper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Problems;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.PluginFactory;

/**
 * The installed plugins: one jar each in the plugins folder, one class loader each, their factories by kind and type.
 * Loaded and closed by the main thread; in between, all may ask.
 */
public final class PluginHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PluginHost.class);
    private static final String TYPE = "[a-z0-9][a-z0-9-]{0,63}";

    private record Offered(PluginFactory factory, String file) {}

    private final @Nullable PluginManager manager;
    private final List<PluginDescription> descriptions = new ArrayList<>();
    private final Map<PluginKind, Map<String, Offered>> offers = new EnumMap<>(PluginKind.class);
    private final Set<InstanceContext> contexts = ConcurrentHashMap.newKeySet();

    private PluginHost(@Nullable PluginManager manager) {
        this.manager = manager;
        for (PluginKind kind : PluginKind.values()) {
            offers.put(kind, new TreeMap<>());
        }
    }

    /**
     * Loads every jar of a folder.
     *
     * @param folder the plugins folder
     * @param problems takes what is wrong with any of them
     */
    public static PluginHost load(Path folder, Problems problems) {
        Pf4jLog.quiet();
        PluginManager manager = new PluginManager(folder);
        PluginHost host = new PluginHost(manager);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path jar : files.filter(PluginHost::isJar).sorted().toList()) {
                PluginDescription loaded = host.loadJar(manager, jar);
                host.descriptions.add(loaded);
                loaded.problems().forEach(problem -> problems.plugin(jar + ": " + problem));
            }
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
        PluginHost host = new PluginHost(null);
        for (PluginFactory factory : factories) {
            List<PluginDescription.Offer> offered = new ArrayList<>();
            List<String> wrong = new ArrayList<>();
            String id = factory.getClass().getName();
            host.offer(factory, id, offered, wrong);
            host.descriptions.add(new PluginDescription(id, "", "", Optional.empty(), offered, wrong));
            wrong.forEach(problem -> problems.plugin(id + ": " + problem));
        }
        return host;
    }

    static boolean isJar(Path path) {
        return path.toString().endsWith(".jar") && !Files.isDirectory(path);
    }

    /**
     * What is wrong with a jar, in words, without installing or running it.
     *
     * @return nothing if it can be installed
     */
    public static List<String> verify(Path jar) {
        if (!Files.exists(jar)) {
            return List.of("there is no such file");
        }
        if (Files.isDirectory(jar)) {
            return List.of("is a folder; a plugin is a jar");
        }
        return PluginJar.verify(jar);
    }

    private PluginDescription loadJar(PluginManager pf4j, Path jar) {
        PluginJar read = PluginJar.read(jar);
        List<String> wrong = new ArrayList<>(read.problems());
        List<PluginDescription.Offer> offered = new ArrayList<>();
        String id = read.id().isEmpty() ? String.valueOf(jar.getFileName()) : read.id();
        descriptions.stream()
                .filter(other -> other.id().equals(id))
                .findFirst()
                .ifPresent(other -> wrong.add("has the Plugin-Id '" + id + "', which " + other.file() + " has too"));
        if (wrong.isEmpty()) {
            ClassLoader loader = start(pf4j, jar, wrong);
            if (loader != null) {
                for (String name : read.extensions()) {
                    PluginFactory factory = make(name, loader, wrong);
                    if (factory != null) {
                        offer(factory, String.valueOf(jar.getFileName()), offered, wrong);
                    }
                }
            }
        }
        return new PluginDescription(id, read.version(), read.requires(), Optional.of(jar), offered, wrong);
    }

    /** PF4J marks and logs what fails, and goes on: so its verdict is looked at after every step. */
    private static @Nullable ClassLoader start(PluginManager pf4j, Path jar, List<String> wrong) {
        try {
            String id = pf4j.loadPlugin(jar);
            PluginWrapper wrapper = pf4j.getPlugin(id);
            if (wrapper.getPluginState() == PluginState.DISABLED) {
                wrong.add("was refused by PF4J: Plugin-Requires '"
                        + wrapper.getDescriptor().getRequires() + "' does not fit");
                return null;
            }
            PluginState state = callIn(wrapper.getPluginClassLoader(), () -> pf4j.startPlugin(id));
            if (state != PluginState.STARTED) {
                Throwable cause = wrapper.getFailedException();
                wrong.add(
                        "did not start" + (cause == null ? ": PF4J left it " + state : ": " + PluginJar.words(cause)));
                return null;
            }
            return wrapper.getPluginClassLoader();
        } catch (Exception | LinkageError e) {
            wrong.add("cannot be loaded: " + PluginJar.words(e));
            return null;
        }
    }

    private static @Nullable PluginFactory make(String name, ClassLoader loader, List<String> wrong) {
        List<String> unfit = PluginJar.extensionProblems(name, loader);
        if (!unfit.isEmpty()) {
            wrong.addAll(unfit);
            return null;
        }
        try {
            return callIn(
                    loader,
                    () -> Class.forName(name, true, loader)
                            .asSubclass(PluginFactory.class)
                            .getConstructor()
                            .newInstance());
        } catch (Exception | LinkageError e) {
            Throwable cause = e instanceof InvocationTargetException && e.getCause() != null ? e.getCause() : e;
            wrong.add(name + " cannot be made: " + PluginJar.words(cause));
            LOG.debug("The constructor of {} failed", name, cause);
            return null;
        }
    }

    private void offer(PluginFactory factory, String file, List<PluginDescription.Offer> offered, List<String> wrong) {
        String name = factory.getClass().getName();
        String type;
        try {
            type = callIn(loaderOf(factory), factory::type);
        } catch (Exception | LinkageError e) {
            wrong.add(name + " does not tell its type: " + PluginJar.words(e));
            return;
        }
        if (type == null || !type.matches(TYPE)) {
            wrong.add(
                    name + " has the type '" + type + "', which is not made of lower-case letters, digits and hyphens");
            return;
        }
        for (PluginKind kind : PluginKind.of(factory.getClass())) {
            Offered first = offersOf(kind).putIfAbsent(type, new Offered(factory, file));
            if (first == null) {
                offered.add(new PluginDescription.Offer(kind, type));
            } else {
                wrong.add("offers " + kind + " type '" + type + "' (" + name + "), which " + first.file()
                        + " offers too: remove one of the two");
            }
        }
    }

    private Map<String, Offered> offersOf(PluginKind kind) {
        Map<String, Offered> ofKind = offers.get(kind);
        if (ofKind == null) {
            throw new IllegalStateException("no offers of kind " + kind);
        }
        return ofKind;
    }

    /** Every jar of the folder, also those that cannot be used. */
    public List<PluginDescription> plugins() {
        return List.copyOf(descriptions);
    }

    /** The types that are offered of a kind, sorted. */
    public List<String> types(PluginKind kind) {
        return List.copyOf(offersOf(kind).keySet());
    }

    /**
     * The factory of a type.
     *
     * @param kind one of the factory interfaces of the SPI
     * @param type the word after {@code type:}
     */
    public <F extends PluginFactory> Optional<F> find(Class<F> kind, String type) {
        return Stream.of(PluginKind.values())
                .filter(k -> k.factory() == kind)
                .findFirst()
                .map(k -> offersOf(k).get(type))
                .map(offered -> kind.cast(offered.factory()));
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
        contexts.removeIf(context -> context.executor().isShutdown());
        InstanceContext context = new InstanceContext(block, data, clock, loaderOf(factory));
        contexts.add(context);
        return context;
    }

    /** The class loader of the plugin that a factory, or anything else of a plugin, comes from. */
    public static ClassLoader loaderOf(Object ofPlugin) {
        ClassLoader loader = ofPlugin.getClass().getClassLoader();
        return loader == null ? ClassLoader.getPlatformClassLoader() : loader;
    }

    /**
     * Calls into a plugin with the context class loader set to the plugin's.
     *
     * @param loader the plugin's class loader
     * @param call what to call
     * @throws Exception whatever the call throws
     */
    public static <T> T callIn(ClassLoader loader, Callable<T> call) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return call.call();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** Shuts the executors down and unloads the plugins; deletes nothing. Their instances must be closed before. */
    @Override
    public void close() {
        contexts.forEach(InstanceContext::close);
        contexts.clear();
        if (manager == null) {
            return;
        }
        for (PluginWrapper wrapper : List.copyOf(manager.getPlugins())) {
            String id = wrapper.getPluginId();
            try {
                callIn(wrapper.getPluginClassLoader(), () -> manager.unloadPlugin(id));
            } catch (Exception | LinkageError e) {
                LOG.warn("Plugin {} did not stop in order", id, e);
            }
        }
    }
}
