package org.ternmq.broker.cli;

import java.nio.file.Path;
import org.ternmq.broker.StartException;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.StoppedStore;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.journal.DumpException;
import org.ternmq.spi.StorageException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;

/** What tells a command which store it works on: that of a broker that does not run. */
final class StoreOptions {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DataOptions data;

    DataOptions data() {
        return data;
    }

    /** What a command does with the open store. */
    interface Work {
        void on(StoppedStore store) throws Exception;
    }

    /**
     * Opens the store, works on it, closes it, and says what is wrong if something is.
     *
     * @param create whether to begin a new store where there is none
     * @return the status for the process
     */
    int with(CommandSpec command, boolean create, Work work) throws Exception {
        Installation installation = Installation.find();
        Problems problems = new Problems();
        Installation.Loaded loaded = data.config().load(installation, problems);
        try {
            if (!problems.isEmpty()) {
                problems.lines().forEach(command.commandLine().getErr()::println);
                return problems.exitCode();
            }
            Path folder = installation.data(data.option(), loaded.config()).toAbsolutePath();
            try (StoppedStore store = StoppedStore.open(loaded.config(), loaded.plugins(), folder, create)) {
                work.on(store);
                return 0;
            }
        } catch (StartException e) {
            command.commandLine().getErr().println(e.getMessage());
            return e.exitCode().status();
        } catch (DumpException | StorageException e) {
            command.commandLine().getErr().println("ternmq " + command.name() + ": " + e.getMessage());
            return ExitCode.STORAGE.status();
        } finally {
            loaded.plugins().close();
        }
    }
}
