package org.ternmq.broker.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.cli.migrate.MosquittoMigration;
import org.ternmq.broker.cli.migrate.StoreMigration;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.journal.DumpCounts;
import org.ternmq.broker.journal.DumpException;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.spi.BridgeFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq migrate}. */
@Command(
        name = "migrate",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "BROKER",
        description = "Takes over what another broker has: its configuration, or its store.")
final class MigrateCommand {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Command(
            name = "mosquitto",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description =
                    "Reads mosquitto.conf and the files it names, changes none of them, and writes ternmq.yaml, users, acl and a"
                            + " report of every line into a new folder.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:all was taken over or is not needed",
                "1:written, but the report names lines that were refused or have no equivalent",
                "2:usage, or a file that cannot be read or written"
            })
    int mosquitto(
            @Parameters(paramLabel = "FILE", description = "The configuration, such as /etc/mosquitto/mosquitto.conf.")
                    Path file,
            @Option(
                            names = "--out",
                            paramLabel = "DIR",
                            required = true,
                            description = "A folder that is new or empty.")
                    Path out,
            @Option(names = "--json", description = "Prints the report as JSON, not as text.") boolean json) {
        PrintWriter output = spec.commandLine().getOut();
        PrintWriter errors = spec.commandLine().getErr();
        Installation installation = Installation.find();
        Problems unusable = new Problems();
        boolean bridges;
        try (PluginHost plugins = PluginHost.load(installation.plugins(), unusable)) {
            bridges = plugins.find(BridgeFactory.class, "mqtt").isPresent();
        }
        MosquittoMigration migration = new MosquittoMigration(file, out, bridges);
        try {
            migration.run();
            check(installation, migration).forEach(migration.report()::problem);
            migration.writeReport();
        } catch (IOException e) {
            errors.println("ternmq: " + Words.of(e));
            return ExitCode.CONFIGURATION.status();
        }
        output.print(json ? migration.report().json() : migration.report().text());
        output.flush();
        return migration.report().needsAttention() ? 1 : 0;
    }

    @Command(
            name = "mosquitto-store",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description =
                    "Reads the snapshot of a Mosquitto that does not run, such as /var/lib/mosquitto/mosquitto.db, and"
                            + " writes its sessions, their messages and the retained messages as 'ternmq import' reads them.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:all was taken over",
                "1:written, but some things were left out, which are named",
                "2:usage, or a file that cannot be read or written"
            })
    int mosquittoStore(
            @Parameters(paramLabel = "FILE", description = "The snapshot, which is not changed.") Path file,
            @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to.") Path out,
            @Option(names = "--overwrite", description = "Replaces what is there.") boolean overwrite) {
        PrintWriter errors = spec.commandLine().getErr();
        Progress progress = new Progress(errors, "Taken over");
        try {
            StoreMigration migration = new StoreMigration(file, System.currentTimeMillis());
            DumpCounts counts =
                    DumpFile.write(out.toAbsolutePath(), overwrite, stream -> migration.write(stream, progress));
            progress.end();
            errors.println("Written " + counts + " to " + out + "; 'ternmq import' reads it into a store");
            migration.leftOut().forEach((what, number) -> errors.println("left out: " + number + " " + what));
            return migration.leftOut().isEmpty() ? 0 : 1;
        } catch (IOException e) {
            progress.end();
            errors.println("ternmq: " + Words.of(e));
            return ExitCode.CONFIGURATION.status();
        } catch (DumpException e) {
            errors.println("ternmq: " + e.getMessage());
            return ExitCode.CONFIGURATION.status();
        }
    }

    /** What {@code ternmq check} will say of the new configuration. */
    private static List<String> check(Installation installation, MosquittoMigration migration) {
        Problems problems = new Problems();
        Installation.Loaded loaded = installation.load(migration.config(), List.of(), problems);
        try (PluginHost plugins = loaded.plugins()) {
            if (problems.isEmpty()) {
                plugins.checkFiles(loaded.config(), installation.data(null, loaded.config()), problems);
            }
        }
        return problems.lines();
    }
}
