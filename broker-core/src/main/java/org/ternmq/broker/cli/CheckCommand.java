package org.ternmq.broker.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.Problems;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ternmq check}. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = "Prints every problem of a configuration and of the installed plugins, or ok.")
final class CheckCommand implements Callable<Integer> {
    @Option(names = "--config", paramLabel = "FILE", description = "The configuration; config/ternmq.yaml if left out.")
    private @Nullable Path file;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Sets a key, such as storage.type=memory.")
    private List<String> sets = List.of();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        Problems problems = new Problems();
        Installation.find().load(file, sets, problems).plugins().close();
        if (problems.isEmpty()) {
            spec.commandLine().getOut().println("ok");
            return 0;
        }
        problems.lines().forEach(spec.commandLine().getOut()::println);
        return Problems.EXIT_CONFIGURATION;
    }
}
