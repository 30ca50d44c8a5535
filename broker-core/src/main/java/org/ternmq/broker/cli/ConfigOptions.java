package org.ternmq.broker.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.Problems;
import picocli.CommandLine.Option;

/** What tells a command its configuration. */
final class ConfigOptions {
    @Option(names = "--config", paramLabel = "FILE", description = "The configuration; config/ternmq.yaml if left out.")
    private @Nullable Path file;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Sets a key, such as storage.type=memory.")
    private List<String> sets = List.of();

    /** Reads it, and the plugins of the installation with it. */
    Installation.Loaded load(Installation installation, Problems problems) {
        return installation.load(file, sets, problems);
    }

    /** As {@link #load}, for a broker that is going to run. */
    Installation.Loaded loadToRun(Installation installation, @Nullable Path data, Problems problems) {
        return installation.loadToRun(file, sets, data, problems);
    }

    /** Reads the configuration once more. */
    BrokerConfig read(Installation installation, Problems problems) {
        return installation.read(file, sets, problems);
    }
}
