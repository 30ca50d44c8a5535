package org.ternmq.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.Broker;
import org.ternmq.broker.StartException;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.transport.Listener;
import org.ternmq.spi.PluginFactory;

/**
 * A broker in this process. Several may run at once; none calls {@code System.exit}, and all log through the program's slf4j.
 *
 * <pre>{@code
 * try (EmbeddedBroker broker = EmbeddedBroker.builder().start()) {
 *     connect("127.0.0.1", broker.port());
 * }
 * }</pre>
 *
 * <p>Without further words it listens on a free port of 127.0.0.1, lets everybody in and keeps its data in memory. Plugins are
 * those on the class path, those given as instances and those given as jars; as in any broker, they do nothing unless the
 * settings name their type.
 *
 * <p>Safe for use by several threads.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private final Builder told;
    private final EmbeddedConfig config;
    private final WorkFolder work = new WorkFolder();

    private @Nullable Broker broker;
    private @Nullable EmbeddedPlugins plugins;
    private boolean closed;

    private EmbeddedBroker(Builder told) {
        this.told = told;
        this.config = new EmbeddedConfig(told);
    }

    /** With all defaults, to be changed. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts it; returns when every listener is open. After {@link #stop} it has the same ports as before, and its data if
     * they are on disk. Blocks.
     *
     * @return this
     * @throws EmbeddedStartException if it cannot start; it may be tried again
     * @throws IllegalStateException if it runs, or was closed
     */
    public synchronized EmbeddedBroker start() {
        if (closed || broker != null) {
            throw new IllegalStateException(closed ? "the broker was closed" : "the broker runs");
        }
        Problems problems = new Problems();
        BrokerConfig read = config.read(problems);
        EmbeddedPlugins loaded = loadPlugins(problems);
        try {
            loaded.host().check(read, problems);
            if (!problems.isEmpty()) {
                throw new EmbeddedStartException(problems.lines());
            }
            Path data = told.data.or(read::data).orElseGet(work::data).toAbsolutePath();
            Broker started = new Broker(read, loaded.host(), data, told.clock);
            started.onFailure(told.onFailure);
            config.keepPorts(read, started.listeners());
            broker = started;
            plugins = loaded;
            return this;
        } catch (StartException e) {
            throw new EmbeddedStartException(e);
        } finally {
            if (plugins != loaded) {
                loaded.close();
            }
        }
    }

    private EmbeddedPlugins loadPlugins(Problems problems) {
        try {
            Optional<Path> folder =
                    told.jars.isEmpty() ? Optional.empty() : Optional.of(work.plugins(List.copyOf(told.jars)));
            return EmbeddedPlugins.load(told.factories, folder, problems);
        } catch (IOException e) {
            throw new EmbeddedStartException(List.of("a plugin's jar cannot be read: " + e));
        }
    }

    /**
     * Stops it as a broker stops: clients are told, the journal is written to its end, storage and plugins are closed. Does
     * nothing if it does not run. Blocks until its threads have ended, for a few seconds at most.
     */
    public synchronized void stop() {
        Broker running = broker;
        EmbeddedPlugins loaded = plugins;
        broker = null;
        plugins = null;
        if (running != null) {
            running.close();
        }
        if (loaded != null) {
            loaded.close();
        }
    }

    /** Stops it and removes what it had in a temporary folder; a folder that was given stays. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            try {
                stop();
            } finally {
                work.close();
            }
        }
    }

    /** Whether it was started and not stopped since. */
    public synchronized boolean isRunning() {
        return broker != null;
    }

    /**
     * The address of the first listener, such as {@code 127.0.0.1}.
     *
     * @throws IllegalStateException if it does not run
     */
    public String host() {
        return first().address().getAddress().getHostAddress();
    }

    /**
     * The port of the first listener.
     *
     * @throws IllegalStateException if it does not run
     */
    public int port() {
        return first().address().getPort();
    }

    /**
     * The port of a listener.
     *
     * @param listener its name in the settings
     * @throws NoSuchElementException if there is no listener of that name
     * @throws IllegalStateException if the broker does not run
     */
    public int port(String listener) {
        List<Listener> all = running().listeners();
        return all.stream()
                .filter(each -> each.name().equals(listener))
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("no listener '" + listener + "'; there are "
                        + all.stream().map(Listener::name).collect(Collectors.joining(", "))))
                .address()
                .getPort();
    }

    /**
     * As SIGHUP: has plugins and listeners read their files again.
     *
     * @return whether all went well; what was in force stays so where it did not
     * @throws IllegalStateException if it does not run
     */
    public boolean reload() {
        return running().reload();
    }

    private Listener first() {
        return running().listeners().get(0);
    }

    private synchronized Broker running() {
        if (broker == null) {
            throw new IllegalStateException("the broker does not run");
        }
        return broker;
    }

    /** Such as {@code EmbeddedBroker[mqtt=127.0.0.1:40123]}. */
    @Override
    public synchronized String toString() {
        return "EmbeddedBroker"
                + (broker == null ? "[stopped]" : broker.listeners().toString());
    }

    /** Collects what a broker is to be like. Each {@link #build} makes another broker. For use by one thread. */
    public static final class Builder {
        String yaml = "";
        int port;
        Optional<Path> data = Optional.empty();
        Clock clock = Clock.systemUTC();
        Consumer<Throwable> onFailure = failure -> {};
        final List<String> settings = new ArrayList<>();
        final List<PluginFactory> factories = new ArrayList<>();
        final List<Path> jars = new ArrayList<>();

        private Builder() {}

        private Builder(Builder from) {
            yaml = from.yaml;
            port = from.port;
            data = from.data;
            clock = from.clock;
            onFailure = from.onFailure;
            settings.addAll(from.settings);
            factories.addAll(from.factories);
            jars.addAll(from.jars);
        }

        /**
         * The configuration, as in {@code ternmq.yaml}. Relative paths in it are relative to the working folder.
         *
         * @param text replaces what was given before
         */
        public Builder yaml(String text) {
            yaml = text;
            return this;
        }

        /**
         * One setting over those of the YAML, as {@code --set} of {@code ternmq start}; later ones win.
         *
         * @param path such as {@code limits.in-flight} or {@code listeners[0].bind}
         * @param value a word or a number, or a list or a block as YAML: <code>[{type: door, code: "1234"}]</code>
         */
        public Builder set(String path, Object value) {
            settings.add(path + "=" + value);
            return this;
        }

        /**
         * The port on 127.0.0.1, unless the settings have listeners of their own.
         *
         * @param number 0, as it is to begin with, for one that the system chooses
         */
        public Builder port(int number) {
            port = number;
            return this;
        }

        /**
         * Keeps data in a folder, which stays. The storage is then the broker's default, {@code rocksdb}, unless the settings
         * name another: its plugin, {@code org.ternmq:storage-rocksdb}, has to be on the class path.
         *
         * @param folder made if it is not there
         */
        public Builder data(Path folder) {
            data = Optional.of(folder);
            return this;
        }

        /**
         * Installs a plugin that is part of the program. It need not be annotated, and takes the place of one of the same
         * class on the class path.
         *
         * @param factory used by every broker of this builder
         */
        public Builder plugin(PluginFactory factory) {
            factories.add(factory);
            return this;
        }

        /**
         * Installs a plugin as a broker's plugins folder would: checked, and in a class loader of its own.
         *
         * @param jar copied at each start
         */
        public Builder pluginJar(Path jar) {
            jars.add(jar);
            return this;
        }

        /**
         * What tells the time for expiry.
         *
         * @param source the system's clock to begin with
         */
        public Builder clock(Clock source) {
            clock = source;
            return this;
        }

        /**
         * Who is told, once, of a failure after which nothing more can be acknowledged; the broker is then to be stopped, by
         * another thread than the one that tells.
         *
         * @param action must not block
         */
        public Builder onFailure(Consumer<Throwable> action) {
            onFailure = action;
            return this;
        }

        /** A broker that is not started. */
        public EmbeddedBroker build() {
            return new EmbeddedBroker(new Builder(this));
        }

        /**
         * A broker that runs. Blocks.
         *
         * @throws EmbeddedStartException if it cannot start; nothing is left then
         */
        public EmbeddedBroker start() {
            EmbeddedBroker made = build();
            try {
                return made.start();
            } catch (RuntimeException | Error e) {
                made.close();
                throw e;
            }
        }
    }
}
