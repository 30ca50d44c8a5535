package org.ternmq.broker.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ternmq clients}. */
@Command(
        name = "clients",
        mixinStandardHelpOptions = true,
        description = "Clients that are connected to a running broker.",
        subcommands = {ClientsCommand.ListClients.class, ClientsCommand.Show.class, ClientsCommand.Kick.class})
final class ClientsCommand extends ApiCommand.Group {
    /** {@code ternmq clients list}. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    static final class ListClients extends ApiCommand {
        @Option(names = "--client-id", description = "Only those whose client id has this in it.")
        private String clientId = "";

        @Option(names = "--username", description = "Only those of this user.")
        private String username = "";

        @Option(names = "--listener", description = "Only those of this listener.")
        private String listener = "";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            table(
                    broker,
                    out,
                    broker.list(
                            "/clients",
                            query("client-id", clientId, "username", username, "listener", listener, "limit", "1000")),
                    "clientId",
                    "username",
                    "connection.address",
                    "connection.listener",
                    "connection.connectedSince",
                    "queuedMessages",
                    "inFlight");
        }
    }

    /** {@code ternmq clients show}. */
    @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows one.")
    static final class Show extends ApiCommand {
        @Parameters(paramLabel = "CLIENT")
        private String clientId = "";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            show(broker, out, broker.ask("GET", "/clients/" + ApiOptions.escape(clientId)));
        }
    }

    /** {@code ternmq clients kick}. */
    @Command(
            name = "kick",
            mixinStandardHelpOptions = true,
            description = "Ends a client's connection; its session stays if it outlives that.")
    static final class Kick extends ApiCommand {
        @Parameters(paramLabel = "CLIENT")
        private String clientId = "";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            broker.ask("DELETE", "/clients/" + ApiOptions.escape(clientId));
        }
    }
}
