package org.ternmq.broker.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.Problems;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What tells a command the data folder of a broker. */
final class DataOptions {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private ConfigOptions config;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "The data folder; what the configuration says, or data next to bin, if left out.")
    private @Nullable Path data;

    ConfigOptions config() {
        return config;
    }

    /** What the command line says of it. */
    @Nullable
    Path option() {
        return data;
    }

    /** The data folder. What else the configuration says, right or wrong, is not looked at. */
    Path folder() {
        Installation installation = Installation.find();
        return data != null ? data : installation.data(null, config.read(installation, new Problems()));
    }
}
