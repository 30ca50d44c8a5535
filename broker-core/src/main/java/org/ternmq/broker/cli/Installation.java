package org.ternmq.broker.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.ConfigSource;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.plugin.PluginHost;

/**
 * Where this broker is installed; what the launcher says, or the working folder.
 *
 * @param home the folder with {@code bin}, {@code lib}, {@code plugins} and {@code config}
 */
record Installation(Path home) {
    static Installation find() {
        return new Installation(
                Path.of(System.getProperty("ternmq.home", "")).toAbsolutePath().normalize());
    }

    Path plugins() {
        return home.resolve("plugins");
    }

    /** The data folder: what the command line says, else the configuration, else {@code data} next to {@code bin}. */
    Path data(@Nullable Path option, BrokerConfig config) {
        return option != null ? option : config.data().orElse(home.resolve("data"));
    }

    /** A configuration and the plugins it was checked against. */
    record Loaded(BrokerConfig config, PluginHost plugins) {}

    /**
     * Reads a configuration and loads the plugins for a look; says everything that is wrong with either.
     *
     * @param file null for the one that is shipped, if it is there
     */
    Loaded load(@Nullable Path file, List<String> sets, Problems problems) {
        BrokerConfig config = read(file, sets, problems);
        return checked(config, PluginHost.load(plugins(), problems), problems);
    }

    /**
     * As {@link #load}, for a broker that is going to run.
     *
     * @param option the data folder, if the command line names one
     */
    Loaded loadToRun(@Nullable Path file, List<String> sets, @Nullable Path option, Problems problems) {
        BrokerConfig config = read(file, sets, problems);
        return checked(config, PluginHost.load(plugins(), data(option, config), problems), problems);
    }

    /** Reads a configuration alone. */
    BrokerConfig read(@Nullable Path file, List<String> sets, Problems problems) {
        Path shipped = home.resolve("config").resolve("ternmq.yaml");
        Optional<Path> source =
                file != null ? Optional.of(file) : Files.exists(shipped) ? Optional.of(shipped) : Optional.empty();
        return BrokerConfig.load(
                ConfigSource.read(source, Path.of("").toAbsolutePath(), sets, System.getenv(), problems), problems);
    }

    private static Loaded checked(BrokerConfig config, PluginHost plugins, Problems problems) {
        plugins.check(config, problems);
        return new Loaded(config, plugins);
    }
}
