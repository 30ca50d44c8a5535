package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.bench.Bench;
import org.ternmq.broker.bench.BenchException;
import org.ternmq.broker.bench.BenchOptions;
import org.ternmq.broker.bench.Report;
import org.ternmq.broker.bench.Scenario;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq bench}: puts load on a broker and says how it did. */
@Command(
        name = "bench",
        description = {
            "Puts load on an MQTT broker and measures rate, latency, losses and the broker's CPU time.",
            "",
            "pairs: N publishers and N subscribers, a topic for each pair",
            "fan-out: every subscriber gets what any publisher sends (default: 1 publisher)",
            "fan-in: N publishers, one subscriber",
            "shared: the subscribers share one subscription",
            "connect: connections (--subscribers) with one subscription each",
            "offline: messages for persistent sessions that are away, which then drain",
            "retained: --count retained messages, then subscribers that get them all",
            ""
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:measured",
            "1:measured, and the broker lost, doubled or reordered what it must not",
            "2:usage",
            "3:could not be measured: no connection, refused, closed"
        })
public final class BenchCommand implements Callable<Integer> {
    private static final int VIOLATED = 1;
    private static final int FAILED = 3;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(
            paramLabel = "SCENARIO",
            completionCandidates = Scenarios.class,
            showDefaultValue = CommandLine.Help.Visibility.NEVER,
            description = "${COMPLETION-CANDIDATES}")
    private String scenario = "";

    @Option(names = "--host", description = "the broker's host")
    private String host = "127.0.0.1";

    @Option(names = "--port", description = "the broker's port")
    private int port = 1883;

    @Option(names = "--protocol", description = "4 for MQTT 3.1.1, 5 for 5.0")
    private int protocol = 4;

    @Option(names = "--username", description = "user to log in as")
    private @Nullable String username;

    @Option(names = "--password", description = "its password", interactive = true, arity = "0..1")
    private @Nullable String password;

    @Option(names = "--qos", description = "of messages and subscriptions")
    private int qos = 0;

    @Option(
            names = {"--publishers", "--pairs"},
            description = "publishers, or pairs (default: 1 with fan-out, else 10)",
            showDefaultValue = CommandLine.Help.Visibility.NEVER)
    private @Nullable Integer publishers;

    @Option(
            names = {"--subscribers", "--connections"},
            description = "subscribers of fan-out, shared and retained; connections of connect")
    private int subscribers = 10;

    @Option(names = "--size", description = "bytes of payload")
    private int size = 64;

    @Option(names = "--count", description = "messages to measure, all publishers together; 0: for --seconds")
    private long count = 0;

    @Option(names = "--seconds", description = "how long to measure, without --count")
    private int seconds = 10;

    @Option(names = "--warmup", description = "seconds of the same load before it is measured")
    private int warmup = 3;

    @Option(
            names = "--rate",
            description =
                    "messages published in a second, all publishers together; latency then counts from the time at"
                            + " which a message was due. 0: as fast as the window lets them")
    private long rate = 0;

    @Option(
            names = "--window",
            description = "messages of one publisher that may be under way: not yet with all subscribers, or not yet"
                    + " acknowledged; with connect: connections opened at once")
    private int window = 100;

    @Option(
            names = "--pid",
            description = "the broker's process on this machine, to read its CPU time and memory (Linux)")
    private @Nullable Long pid;

    @Option(names = "--threads", description = "event loops of the load generator")
    private int threads = 1;

    @Option(
            names = "--persistent",
            description = "with pairs, fan-in, fan-out and shared: the subscribers' sessions outlive their connection,"
                    + " so that what they wait for has to be stored")
    private boolean persistent;

    @Option(names = "--json", description = "print one line of JSON")
    private boolean json;

    /** For picocli. */
    public BenchCommand() {}

    @Override
    public Integer call() {
        BenchOptions options = options();
        PrintWriter out = spec.commandLine().getOut();
        try {
            Report report = Bench.run(options);
            out.print(json ? report.toJson() + System.lineSeparator() : report.toText());
            out.flush();
            return report.violations().isEmpty() ? 0 : VIOLATED;
        } catch (BenchException e) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("ternmq bench: " + e.getMessage());
            err.flush();
            return FAILED;
        }
    }

    private BenchOptions options() {
        Scenario chosen = Scenario.of(scenario)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "unknown scenario '" + scenario + "'; there are " + String.join(", ", new Scenarios())));
        int senders = publishers != null ? publishers : chosen == Scenario.FAN_OUT ? 1 : 10;
        try {
            return new BenchOptions(
                    chosen,
                    host,
                    port,
                    protocol,
                    Optional.ofNullable(username),
                    Optional.ofNullable(password),
                    qos,
                    senders,
                    subscribers,
                    size,
                    count,
                    seconds,
                    warmup,
                    rate,
                    window,
                    pid == null ? OptionalLong.empty() : OptionalLong.of(pid),
                    threads,
                    persistent);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** The names of the scenarios, for help and completion. */
    static final class Scenarios implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Scenario.values()).map(Scenario::label).iterator();
        }
    }
}
