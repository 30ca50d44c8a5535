package org.ternmq.broker.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.cli.ClientConnection.Arrived;
import org.ternmq.broker.cli.ClientConnection.Wanted;
import org.ternmq.spi.TopicFilter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ternmq sub}. */
@Command(
        name = "sub",
        sortOptions = false,
        description = "Subscribes and prints what comes, with the options of mosquitto_sub.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ended by -C, -E, or a signal",
            "1:no connection",
            "2:usage",
            "27:ended by -W before -C",
            "other:the reason code with which the connection or all subscriptions were refused"
        })
final class SubCommand extends ClientCommand {
    private static final int TIMED_OUT = 27;

    @Option(
            names = {"-t", "--topic"},
            paramLabel = "FILTER",
            description = "A topic filter to subscribe to; any number.")
    private List<String> topicFilters = new ArrayList<>();

    @Option(
            names = {"-T", "--filter-out"},
            paramLabel = "FILTER",
            description = "Does not print messages whose topic this matches; any number.")
    private List<String> filteredOut = new ArrayList<>();

    @Option(
            names = {"-U", "--unsubscribe"},
            paramLabel = "FILTER",
            description = "Unsubscribes first; with -c, to be rid of what the session had.")
    private List<String> unsubscribed = new ArrayList<>();

    @Option(
            names = {"-q", "--qos"},
            description = "0 (the default), 1 or 2.")
    private int qos;

    @Option(
            names = {"-C", "--count"},
            paramLabel = "N",
            description = "Ends after so many messages.")
    private long count;

    @Option(
            names = {"-W", "--wait"},
            paramLabel = "SECONDS",
            description = "Ends after so long.")
    private long seconds;

    @Option(
            names = {"-E", "--exit-after-subscribe"},
            description = "Ends once subscribed; with -c, to make a session.")
    private boolean onlySubscribe;

    @Option(
            names = {"-v", "--verbose"},
            description = "Prints the topic before the payload.")
    private boolean verbose;

    @Option(
            names = {"-F", "--format"},
            description =
                    "Prints by this format: %%t topic, %%p payload, %%x hexadecimal, %%q QoS, %%r retained, %%l length, %%I date and"
                            + " time, %%j JSON, and more of mosquitto_sub's.")
    private @Nullable String format;

    @Option(names = "-N", description = "Prints no line end after a payload.")
    private boolean noLineEnd;

    @Option(
            names = {"-R", "--no-retained"},
            description = "Does not print what was retained before.")
    private boolean noRetained;

    @Option(names = "--retained-only", description = "Prints only what was retained before.")
    private boolean retainedOnly;

    @Option(names = "--retain-as-published", description = "The RETAIN flag comes as it was published (5.0).")
    private boolean retainAsPublished;

    private final CountDownLatch enough = new CountDownLatch(1);
    private List<TopicFilter> out = List.of();
    private MessageFormat printed = new MessageFormat("%p\\n");
    private long left;

    @Override
    void check() {
        options().checkProperties(List.of("connect", "subscribe", "will"));
        options().checkQos(qos);
        options().urlTopic().ifPresent(topicFilters::add);
        if (topicFilters.isEmpty() && unsubscribed.isEmpty()) {
            throw options().usage("-t says what to subscribe to");
        }
        if (count < 0 || seconds < 0) {
            throw options().usage("-C and -W are not negative");
        }
        if (noRetained && retainedOnly) {
            throw options().usage("either -R or --retained-only");
        }
        if (retainAsPublished && !options().isVersion5()) {
            throw options().usage("--retain-as-published is of MQTT 5.0: add -V mqttv5");
        }
        topicFilters.forEach(TopicFilter::parse);
        out = filteredOut.stream().map(TopicFilter::parse).toList();
        String wanted = format != null ? format : verbose ? "%t %p" : "%p";
        printed = new MessageFormat(noLineEnd ? wanted : wanted + "\\n");
        left = count;
    }

    @Override
    boolean reconnects() {
        return true;
    }

    @Override
    void prepare(ClientConnection connection) {
        connection.receive(this::arrived);
    }

    private void arrived(Arrived arrived) {
        if (enough.getCount() == 0) {
            return; // not acknowledged: a session that goes on has it still
        }
        String topic = arrived.message().getTopic().toString();
        boolean shown = !(noRetained && arrived.message().isRetain())
                && !(retainedOnly && !arrived.message().isRetain())
                && out.stream().noneMatch(filter -> filter.matches(topic));
        if (shown) {
            try {
                OutputStream stream = System.out;
                stream.write(printed.format(arrived.message(), Instant.now()));
                stream.flush();
            } catch (IOException e) {
                enough.countDown(); // nobody reads any more
                return;
            }
            arrived.acknowledge().run();
            left--;
            if (count > 0 && left == 0) {
                enough.countDown();
            }
        } else {
            arrived.acknowledge().run();
        }
    }

    @Override
    int work(ClientConnection connection) throws ClientException, InterruptedException {
        if (!unsubscribed.isEmpty()) {
            await(connection.unsubscribe(unsubscribed), "unsubscribe");
        }
        if (!topicFilters.isEmpty()) {
            Wanted wanted = new Wanted(
                    topicFilters,
                    qos,
                    retainAsPublished,
                    noRetained && options().isVersion5());
            List<Integer> codes = await(connection.subscribe(wanted), "subscribe");
            for (int i = 0; i < codes.size(); i++) {
                if (codes.get(i) >= 0x80) {
                    say("'" + topicFilters.get(i) + "' was refused: " + Codes.text(codes.get(i)));
                }
            }
            if (codes.stream().allMatch(code -> code >= 0x80)) {
                say("all subscriptions were denied");
                leave(connection);
                return codes.get(0);
            }
            debug("Subscribed");
        }
        boolean ended = true;
        if (!onlySubscribe && !topicFilters.isEmpty()) {
            if (seconds > 0) {
                ended = enough.await(seconds, TimeUnit.SECONDS);
                enough.countDown();
            } else {
                enough.await();
            }
        }
        leave(connection);
        return ended || count == 0 ? 0 : TIMED_OUT;
    }

    private static void leave(ClientConnection connection) throws ClientException, InterruptedException {
        CompletableFuture<Void> left = connection.disconnect();
        await(left.exceptionally(e -> null), "disconnect");
    }
}
