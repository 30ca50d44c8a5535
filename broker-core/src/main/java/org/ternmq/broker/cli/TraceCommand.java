package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ternmq trace}. */
@Command(
        name = "trace",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Shows the packets of a client or a topic of a running broker as they come, and what becomes of them. Give"
                        + " --client, --topic, or both. Passwords are never shown.")
final class TraceCommand extends ApiCommand {
    private static final Duration LONGEST = Duration.ofHours(1);

    @Option(
            names = "--client",
            paramLabel = "ID",
            description = "Packets of this client, and what becomes of what it publishes.")
    private @Nullable String client;

    @Option(
            names = "--topic",
            paramLabel = "FILTER",
            description = "Messages and subscriptions of topics that this matches.")
    private @Nullable String topic;

    @Option(names = "--for", paramLabel = "TIME", description = "How long: 30s, 5m, up to 1h; 1m if left out.")
    private String length = "1m";

    @Option(names = "--payload", description = "Shows payloads.")
    private boolean payload;

    @Override
    void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
        String query = ApiOptions.query(query(
                "client-id", client == null ? "" : client,
                "topic", topic == null ? "" : topic,
                "payload", payload ? "true" : "",
                "for", Long.toString(seconds())));
        broker.lines("/trace" + query, line -> {
            out.println(broker.json() ? line : text(line));
            out.flush();
        });
    }

    private long seconds() throws ApiOptions.Refused {
        if (length.matches("[1-9][0-9]{0,4}[smh]")) {
            long number = Long.parseLong(length.substring(0, length.length() - 1));
            long seconds = switch (length.charAt(length.length() - 1)) {
                case 's' -> number;
                case 'm' -> number * 60;
                default -> number * 3600;
            };
            if (seconds <= LONGEST.toSeconds()) {
                return seconds;
            }
        }
        throw new ApiOptions.Refused("--for: expected a time of up to 1h, such as 30s or 5m");
    }

    /** Time, client, event, and then all else as {@code name=value}. */
    private static String text(String line) {
        Map<String, Object> fields;
        try {
            fields = ApiOptions.map(line);
        } catch (ApiOptions.Refused e) {
            return LogSetup.escape(line);
        }
        String at = String.valueOf(fields.getOrDefault("at", ""));
        Object who = fields.getOrDefault("clientId", "");
        StringBuilder text = new StringBuilder();
        text.append(at.replaceAll(".*T|Z$", ""))
                .append(' ')
                .append(who.equals("") ? "-" : who)
                .append(' ');
        text.append(fields.get("event"));
        fields.forEach((name, value) -> {
            if (!name.equals("at") && !name.equals("clientId") && !name.equals("event")) {
                text.append(' ').append(name).append('=').append(value);
            }
        });
        return LogSetup.escape(text.toString());
    }
}
