package org.ternmq.broker.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ternmq subscriptions}. */
@Command(
        name = "subscriptions",
        mixinStandardHelpOptions = true,
        description = "Subscriptions of a running broker.",
        subcommands = {SubscriptionsCommand.ListSubscriptions.class, SubscriptionsCommand.Routes.class})
final class SubscriptionsCommand extends ApiCommand.Group {
    /** {@code ternmq subscriptions list}. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    static final class ListSubscriptions extends ApiCommand {
        @Option(names = "--client-id", description = "Only those of this client.")
        private String clientId = "";

        @Option(names = "--filter", description = "Only this filter.")
        private String filter = "";

        @Option(names = "--under", description = "Only filters that this one covers.")
        private String under = "";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            table(
                    broker,
                    out,
                    broker.list(
                            "/subscriptions",
                            query("client-id", clientId, "filter", filter, "under", under, "limit", "1000")),
                    "clientId",
                    "filter",
                    "qos",
                    "noLocal",
                    "identifier");
        }
    }

    /** {@code ternmq subscriptions routes}. */
    @Command(
            name = "routes",
            mixinStandardHelpOptions = true,
            description = "Lists who would get a message of a topic, and why.")
    static final class Routes extends ApiCommand {
        @Parameters(paramLabel = "TOPIC")
        private String topic = "";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            table(
                    broker,
                    out,
                    broker.list("/routes", query("topic", topic, "limit", "1000")),
                    "clientId",
                    "filters",
                    "qos",
                    "shared",
                    "outcome");
        }
    }
}
