package org.ternmq.broker.cli;

import java.util.concurrent.Callable;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.plugin.PluginHost;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ternmq check}. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = "Prints every problem of a configuration and of the installed plugins, or ok.")
final class CheckCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private ConfigOptions config;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        Problems problems = new Problems();
        Installation installation = Installation.find();
        Installation.Loaded loaded = config.load(installation, problems);
        try (PluginHost plugins = loaded.plugins()) {
            if (problems.isEmpty()) {
                plugins.checkFiles(loaded.config(), installation.data(null, loaded.config()), problems);
            }
        }
        if (problems.isEmpty()) {
            spec.commandLine().getOut().println("ok");
            return 0;
        }
        problems.lines().forEach(spec.commandLine().getOut()::println);
        return Problems.EXIT_CONFIGURATION;
    }
}
