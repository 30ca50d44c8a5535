package org.ternmq.broker.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ternmq sessions}. */
@Command(
        name = "sessions",
        mixinStandardHelpOptions = true,
        description = "Sessions of a running broker, connected or not.",
        subcommands = {SessionsCommand.ListSessions.class, SessionsCommand.Show.class, SessionsCommand.Purge.class})
final class SessionsCommand extends ApiCommand.Group {
    /** {@code ternmq sessions list}. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    static final class ListSessions extends ApiCommand {
        @Option(names = "--client-id", description = "Only those whose client id has this in it.")
        private String clientId = "";

        @Option(names = "--username", description = "Only those of this user.")
        private String username = "";

        @Option(names = "--offline", description = "Only those without a connection.")
        private boolean offline;

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            table(
                    broker,
                    out,
                    broker.list(
                            "/sessions",
                            query(
                                    "client-id",
                                    clientId,
                                    "username",
                                    username,
                                    "connected",
                                    offline ? "false" : "",
                                    "limit",
                                    "1000")),
                    "clientId",
                    "username",
                    "connected",
                    "persistent",
                    "subscriptions",
                    "queuedMessages",
                    "queuedBytes");
        }
    }

    /** {@code ternmq sessions show}. */
    @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows one.")
    static final class Show extends ApiCommand {
        @Parameters(paramLabel = "CLIENT")
        private String clientId = "";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            show(broker, out, broker.ask("GET", "/sessions/" + ApiOptions.escape(clientId)));
        }
    }

    /** {@code ternmq sessions purge}. */
    @Command(
            name = "purge",
            mixinStandardHelpOptions = true,
            description = "Ends a session and its connection: its subscriptions and all that waits are gone.")
    static final class Purge extends ApiCommand {
        @Parameters(paramLabel = "CLIENT")
        private String clientId = "";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            broker.ask("DELETE", "/sessions/" + ApiOptions.escape(clientId));
        }
    }
}
