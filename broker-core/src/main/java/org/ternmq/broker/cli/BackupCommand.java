package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq backup}. */
@Command(
        name = "backup",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Copies the store of a broker into a new folder, which can be the data folder of a broker. The broker does not"
                        + " run; or, with --api, it makes the copy itself while it goes on.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:done",
            "1:refused by the running broker",
            "2:configuration or usage",
            "3:plugin",
            "4:the store or the folder"
        })
final class BackupCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "The new folder, in one that is there.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path folder;

    @Option(names = "--api", description = "Asks the running broker, by its admin interface.")
    private boolean running;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private StoreOptions store;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private ApiOptions api;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (running) {
            return ApiCommand.call(spec, api, store.data(), this::ask);
        }
        return store.with(spec, false, stopped -> {
            stopped.backup(folder);
            spec.commandLine().getErr().println("The store was copied to " + folder);
        });
    }

    private void ask(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
        String path = folder.toAbsolutePath().normalize().toString();
        String body = ApiOptions.json(Map.of("folder", path));
        ApiCommand.show(broker, out, broker.ask("POST", "/storage/backup", body, ApiOptions.HOURS));
    }
}
