package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ternmq config}. */
@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description = "Shows the configuration in force of a running broker, and where each value comes from.")
final class ConfigCommand extends ApiCommand {
    @Override
    void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
        table(broker, out, broker.list("/config", Map.of()), "path", "value", "source", "origin");
    }
}
