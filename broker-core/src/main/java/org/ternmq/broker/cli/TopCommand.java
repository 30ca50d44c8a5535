package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ternmq top}. */
@Command(
        name = "top",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Shows what a running broker does, who sends and gets most, and for whom most waits, again and again; once if"
                        + " the output is no terminal.")
final class TopCommand extends ApiCommand {
    private static final String CLEAR = "\u001b[H\u001b[2J";
    private static final Duration EVERY = Duration.ofSeconds(2);

    @Option(names = "--once", description = "Shows it once.")
    private boolean once;

    @Option(names = "--lines", paramLabel = "N", description = "Clients and sessions at most; 10 if left out.")
    private int lines = 10;

    @Option(
            names = "--order",
            paramLabel = "ORDER",
            description = "Of clients: messages, received-messages, sent-messages or bytes.")
    private String order = "messages";

    @Option(
            names = "--slow-order",
            paramLabel = "ORDER",
            description = "Of sessions for which something waits: queue or wait.")
    private String slowOrder = "queue";

    @Override
    void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
        boolean again = !once && !broker.json() && Boolean.getBoolean("ternmq.terminal.out");
        do {
            Map<String, Object> overview = ApiOptions.map(broker.ask("GET", "/overview"));
            List<Map<String, Object>> talkers = top(broker, "/top/talkers", order);
            List<Map<String, Object>> slow = top(broker, "/top/slow", slowOrder);
            if (broker.json()) {
                Map<String, Object> all = new LinkedHashMap<>();
                all.put("overview", overview);
                all.put("talkers", talkers);
                all.put("slow", slow);
                out.println(ApiOptions.json(all));
                return;
            }
            if (again) {
                out.print(CLEAR);
            }
            show(broker, out, overview, talkers, slow);
            out.flush();
            if (again) {
                LockSupport.parkNanos(EVERY.toNanos());
            }
        } while (again && !Thread.currentThread().isInterrupted() && !out.checkError());
    }

    private List<Map<String, Object>> top(ApiOptions broker, String path, String by) throws ApiOptions.Refused {
        return broker.list(path, query("order", by, "limit", Integer.toString(lines)));
    }

    private static void show(
            ApiOptions broker,
            PrintWriter out,
            Map<String, Object> overview,
            List<Map<String, Object>> talkers,
            List<Map<String, Object>> slow) {
        out.printf(
                Locale.ROOT,
                "TernMQ %s  up %s s  clients %s  sessions %s  subscriptions %s%n",
                overview.get("version"),
                overview.get("uptimeSeconds"),
                overview.get("clients"),
                overview.get("sessions"),
                overview.get("subscriptions"));
        out.printf(
                Locale.ROOT,
                "messages/s in %s out %s dropped %s  waiting %s (%s bytes)  retained %s%n%n",
                number(overview.get("receivedPerSecond")),
                number(overview.get("sentPerSecond")),
                number(overview.get("droppedPerSecond")),
                overview.get("queuedMessages"),
                overview.get("queuedBytes"),
                overview.get("retainedMessages"));
        talkers.forEach(TopCommand::round);
        slow.forEach(TopCommand::round);
        table(
                broker,
                out,
                talkers,
                "clientId",
                "receivedMessages",
                "sentMessages",
                "receivedBytes",
                "sentBytes",
                "listener",
                "address");
        out.println();
        table(
                broker,
                out,
                slow,
                "clientId",
                "connected",
                "queuedMessages",
                "queuedBytes",
                "inFlight",
                "waitingSeconds");
    }

    private static void round(Map<String, Object> row) {
        row.replaceAll((name, value) -> value instanceof Double ? number(value) : value);
    }

    private static String number(@Nullable Object value) {
        return value instanceof Number n ? String.format(Locale.ROOT, "%.1f", n.doubleValue()) : String.valueOf(value);
    }
}
