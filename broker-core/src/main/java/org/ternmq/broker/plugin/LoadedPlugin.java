package org.ternmq.broker.plugin;

import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pf4j.PluginState;
import org.pf4j.PluginWrapper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.PluginFactory;

/**
 * One plugin as it was at one time: its class loader, its factories, and how many instances of it there are. Of a plugin whose
 * file was replaced there may be two, until the last instance of the old one is closed. Guarded by itself.
 */
final class LoadedPlugin {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedPlugin.class);
    private static final String TYPE = "[a-z0-9][a-z0-9-]{0,63}";

    /** A factory and what it said when it was asked for its type. */
    record Typed(PluginFactory factory, String type) {}

    private final PluginJar read;
    private final String id;
    private final Optional<Path> path;
    private final String hash;
    private final List<Typed> factories;
    private final List<String> problems;
    private final @Nullable PluginManager manager;
    private int instances;
    private boolean retired;
    private boolean unloaded;

    private LoadedPlugin(
            PluginJar read,
            String id,
            Optional<Path> path,
            String hash,
            List<Typed> factories,
            List<String> problems,
            @Nullable PluginManager manager) {
        this.read = read;
        this.id = id;
        this.path = path;
        this.hash = hash;
        this.factories = List.copyOf(factories);
        this.problems = List.copyOf(problems);
        this.manager = manager;
    }

    /** One that cannot be loaded at all. */
    static LoadedPlugin unusable(Path path, String hash, PluginJar read, List<String> problems) {
        String id = read.id().isEmpty() ? PluginFiles.name(path) : read.id();
        return new LoadedPlugin(read, id, Optional.of(path), hash, List.of(), problems, null);
    }

    /** A factory that is part of the program. */
    static LoadedPlugin builtIn(PluginFactory factory) {
        List<String> wrong = new ArrayList<>();
        List<Typed> typed = typed(factory, wrong);
        PluginJar nothing = new PluginJar("", "", "", List.of(), List.of());
        return new LoadedPlugin(nothing, factory.getClass().getName(), Optional.empty(), "", typed, wrong, null);
    }

    /**
     * Loads one in which nothing was found wrong so far.
     *
     * @param path as the operator knows it
     * @param files where its classes are
     */
    static LoadedPlugin load(Path path, String hash, PluginFiles files, PluginJar read) {
        PluginManager manager = new PluginManager(files, read);
        List<String> wrong = new ArrayList<>();
        List<Typed> factories = new ArrayList<>();
        ClassLoader loader = start(manager, files.main(), wrong);
        if (loader != null) {
            for (String name : read.extensions()) {
                PluginFactory factory = make(name, loader, wrong);
                if (factory != null) {
                    factories.addAll(typed(factory, wrong));
                }
            }
        }
        return new LoadedPlugin(read, read.id(), Optional.of(path), hash, factories, wrong, manager);
    }

    /** PF4J marks and logs what fails, and goes on: so its verdict is looked at after every step. */
    private static @Nullable ClassLoader start(PluginManager pf4j, Path main, List<String> wrong) {
        try {
            String id = pf4j.loadPlugin(main);
            PluginWrapper wrapper = pf4j.getPlugin(id);
            if (wrapper.getPluginState() == PluginState.DISABLED) {
                wrong.add("was refused by PF4J: Plugin-Requires '"
                        + wrapper.getDescriptor().getRequires() + "' does not fit");
                return null;
            }
            PluginState state = PluginHost.callIn(wrapper.getPluginClassLoader(), () -> pf4j.startPlugin(id));
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
            return PluginHost.callIn(
                    loader,
                    () -> Class.forName(name, true, loader)
                            .asSubclass(PluginFactory.class)
                            .getConstructor()
                            .newInstance());
        } catch (Throwable e) { // whatever a plugin throws, the operator is to read its name and not a stack trace
            Throwable cause = e instanceof InvocationTargetException && e.getCause() != null ? e.getCause() : e;
            wrong.add(name + " cannot be made: " + PluginJar.words(cause));
            LOG.debug("The constructor of {} failed", name, cause);
            return null;
        }
    }

    private static List<Typed> typed(PluginFactory factory, List<String> wrong) {
        String name = factory.getClass().getName();
        String type;
        try {
            type = PluginHost.callIn(PluginHost.loaderOf(factory), factory::type);
        } catch (Throwable e) {
            wrong.add(name + " does not tell its type: " + PluginJar.words(e));
            return List.of();
        }
        if (type == null || !type.matches(TYPE)) {
            wrong.add(
                    name + " has the type '" + type + "', which is not made of lower-case letters, digits and hyphens");
            return List.of();
        }
        return List.of(new Typed(factory, type));
    }

    String id() {
        return id;
    }

    String version() {
        return read.version();
    }

    String requires() {
        return read.requires();
    }

    Optional<Path> path() {
        return path;
    }

    String hash() {
        return hash;
    }

    List<Typed> factories() {
        return factories;
    }

    List<String> problems() {
        return problems;
    }

    /** The file's name, or the id if there is no file. */
    String file() {
        return path.map(PluginFiles::name).orElse(id);
    }

    /** Such as {@code door 1.2.0}. */
    @Override
    public String toString() {
        return (id + " " + read.version()).trim();
    }

    boolean has(PluginFactory factory) {
        return factories.stream().anyMatch(typed -> typed.factory() == factory);
    }

    /** Whether it is the content of a file with that hash, and can still be used. */
    synchronized boolean isStill(String content) {
        return !unloaded && problems.isEmpty() && hash.equals(content);
    }

    /** An instance is being made. */
    synchronized void use() {
        instances++;
        retired = false;
    }

    /** An instance is closed. The last one of a plugin that is installed no more takes it out of memory. */
    List<String> release() {
        synchronized (this) {
            instances--;
        }
        return unloadIfUnused();
    }

    /** It is installed no more, or in another version. */
    List<String> retire() {
        synchronized (this) {
            retired = true;
        }
        return unloadIfUnused();
    }

    synchronized void keep() {
        retired = false;
    }

    private List<String> unloadIfUnused() {
        synchronized (this) {
            if (!retired || instances > 0) {
                return List.of();
            }
        }
        return unload();
    }

    synchronized boolean isUnloaded() {
        return unloaded;
    }

    /**
     * Takes it out of memory.
     *
     * @return threads of it that do not end
     */
    List<String> unload() {
        synchronized (this) {
            if (unloaded) {
                return List.of();
            }
            unloaded = true;
        }
        PluginManager pf4j = manager;
        if (pf4j == null || pf4j.getPlugins().isEmpty()) {
            return List.of();
        }
        ClassLoader loader = pf4j.getPlugins().get(0).getPluginClassLoader();
        List<String> left = ThreadsLeft.end(toString(), loader);
        try {
            PluginHost.callIn(
                    loader, () -> pf4j.unloadPlugin(pf4j.getPlugins().get(0).getPluginId()));
        } catch (Exception | LinkageError e) {
            LOG.warn("Plugin {} did not stop in order", this, e);
        }
        return left;
    }
}
