package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ternmq listeners}. */
@Command(name = "listeners", mixinStandardHelpOptions = true, description = "Lists the listeners of a running broker.")
final class ListenersCommand extends ApiCommand {
    @Override
    void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
        table(
                broker,
                out,
                broker.list("/listeners", Map.of()),
                "name",
                "address",
                "tls",
                "websocket",
                "connections",
                "counts.opened",
                "counts.refused",
                "counts.receivedPackets",
                "counts.sentPackets",
                "counts.receivedBytes",
                "counts.sentBytes");
    }
}
