package org.ternmq.broker.cli;

import java.util.concurrent.Callable;
import org.ternmq.broker.StartException.ExitCode;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ternmq}. */
@Command(
        name = "ternmq",
        description = "An MQTT 3.1, 3.1.1 and 5.0 broker.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionCommand.Provider.class,
        subcommands = {
            StartCommand.class,
            AclCommand.class,
            AuthCommand.class,
            BackupCommand.class,
            BenchCommand.class,
            BridgesCommand.class,
            CheckCommand.class,
            ClientsCommand.class,
            ConfigCommand.class,
            ExportCommand.class,
            ImportCommand.class,
            ListenersCommand.class,
            MigrateCommand.class,
            PasswdCommand.class,
            PluginsCommand.class,
            PubCommand.class,
            RetainedCommand.class,
            SessionsCommand.class,
            SubCommand.class,
            SubscriptionsCommand.class,
            TokenCommand.class,
            TopCommand.class,
            TraceCommand.class,
            VersionCommand.class,
            AutoComplete.GenerateCompletion.class,
            CommandLine.HelpCommand.class
        })
public final class TernmqCommand implements Callable<Integer> {
    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            scope = CommandLine.ScopeType.INHERIT,
            description = "ERROR, WARN, INFO (the default), DEBUG or TRACE.")
    private String logLevel = "INFO";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    /** Runs a command line; the status for the process. */
    public static int run(String[] args) {
        TernmqCommand command = new TernmqCommand();
        CommandLine line = new CommandLine(command);
        line.setExecutionStrategy(result -> {
            LogSetup.configure(command.logLevel);
            return new CommandLine.RunLast().execute(result);
        });
        line.setExecutionExceptionHandler((e, failed, result) -> {
            failed.getErr().println("ternmq: internal error, please report it: " + e);
            e.printStackTrace(failed.getErr());
            return ExitCode.BUG.status();
        });
        return line.execute(args);
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCode.CONFIGURATION.status();
    }
}
