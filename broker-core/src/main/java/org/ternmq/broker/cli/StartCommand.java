package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.Broker;
import org.ternmq.broker.StartException;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.config.Version;
import org.ternmq.broker.plugin.PluginHost;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ternmq start}: the broker, in the foreground, until it is asked to stop. */
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Starts the broker in the foreground. SIGTERM and SIGINT stop it, SIGHUP re-reads the files of"
                + " authentication, access control and TLS.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:asked to stop",
            "2:configuration or usage",
            "3:plugin",
            "4:storage",
            "5:a listener could not open",
            "70:a bug"
        })
final class StartCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(StartCommand.class);

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private ConfigOptions config;

    @Option(names = "--data", paramLabel = "DIR", description = "The data folder; data next to bin if left out.")
    private @Nullable Path data;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, e) -> LOG.error("{} has ended: nobody caught its error", PluginHost.describe(thread), e));
        Installation installation = Installation.find();
        Problems problems = new Problems();
        Installation.Loaded loaded = config.loadToRun(installation, data, problems);
        if (!problems.isEmpty()) {
            problems.lines().forEach(err::println);
            loaded.plugins().discard();
            return problems.exitCode();
        }
        CompletableFuture<Integer> end = new CompletableFuture<>();
        Signals.on("TERM", () -> end.complete(0));
        Signals.on("INT", () -> end.complete(0));
        try (Broker broker = new Broker(
                loaded.config(),
                loaded.plugins(),
                installation.data(data, loaded.config()).toAbsolutePath(),
                Clock.systemUTC(),
                again -> config.read(installation, again))) {
            broker.onFailure(e -> end.complete(ExitCode.STORAGE.status()));
            Signals.on("HUP", () -> {
                LOG.info("Re-reading the files of authentication, access control and TLS");
                broker.reload();
            });
            String listeners = Stream.concat(
                            broker.listeners().stream().map(Object::toString),
                            broker.adminAddress().map(address -> "admin=" + address).stream())
                    .collect(Collectors.joining(" "));
            PrintWriter out = spec.commandLine().getOut();
            out.println("TernMQ " + Version.current().broker() + " ready " + listeners);
            out.flush();
            try (SystemdWatchdog signs = SystemdWatchdog.start(System.getenv(), broker::stalled)) {
                return end.join();
            }
        } catch (StartException e) {
            err.println(e.getMessage());
            if (e.exitCode() == ExitCode.BUG) {
                e.printStackTrace(err);
            }
            loaded.plugins().close();
            return e.exitCode().status();
        }
    }
}
