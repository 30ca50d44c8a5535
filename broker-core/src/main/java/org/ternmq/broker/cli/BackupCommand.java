package org.ternmq.broker.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq backup}. */
@Command(
        name = "backup",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Copies the store of a broker that does not run into a new folder, which can be the data folder of a"
                        + " broker.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "2:configuration or usage", "3:plugin", "4:the store or the folder"})
final class BackupCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "The new folder, in one that is there.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path folder;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private StoreOptions store;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        return store.with(spec, false, stopped -> {
            stopped.backup(folder);
            spec.commandLine().getErr().println("The store was copied to " + folder);
        });
    }
}
