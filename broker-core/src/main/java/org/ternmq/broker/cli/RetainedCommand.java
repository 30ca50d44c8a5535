package org.ternmq.broker.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code ternmq retained}. */
@Command(
        name = "retained",
        mixinStandardHelpOptions = true,
        description = "Retained messages of a running broker.",
        subcommands = {RetainedCommand.ListMessages.class, RetainedCommand.Show.class, RetainedCommand.Delete.class})
final class RetainedCommand extends ApiCommand.Group {
    /** {@code ternmq retained list}. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists those that a filter matches.")
    static final class ListMessages extends ApiCommand {
        @Parameters(paramLabel = "FILTER", arity = "0..1", description = "# if left out.")
        private String filter = "#";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            table(
                    broker,
                    out,
                    broker.list("/retained", query("filter", filter, "limit", "1000")),
                    "topic",
                    "qos",
                    "bytes",
                    "expiresAt");
        }
    }

    /** {@code ternmq retained show}. */
    @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows one.")
    static final class Show extends ApiCommand {
        @Parameters(paramLabel = "TOPIC")
        private String topic = "";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            show(broker, out, broker.ask("GET", "/retained/message" + ApiOptions.query(query("topic", topic))));
        }
    }

    /** {@code ternmq retained delete}. */
    @Command(
            name = "delete",
            mixinStandardHelpOptions = true,
            description = "Deletes those that a filter matches; no client is told.")
    static final class Delete extends ApiCommand {
        @Parameters(paramLabel = "FILTER")
        private String filter = "";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            show(broker, out, broker.ask("DELETE", "/retained" + ApiOptions.query(query("filter", filter))));
        }
    }
}
