package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ternmq bridges}. */
@Command(
        name = "bridges",
        mixinStandardHelpOptions = true,
        description = "Lists the bridges of a running broker, and what waits for each.",
        subcommands = BridgesCommand.ListBridges.class)
final class BridgesCommand extends ApiCommand {
    @Override
    void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
        list(broker, out);
    }

    private static void list(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
        table(
                broker,
                out,
                broker.list("/bridges", Map.of()),
                "name",
                "connected",
                "queuedMessages",
                "queuedBytes",
                "sent",
                "received",
                "dropped",
                "detail");
    }

    /** {@code ternmq bridges list}. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "As without a word.")
    static final class ListBridges extends ApiCommand {
        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            BridgesCommand.list(broker, out);
        }
    }
}
