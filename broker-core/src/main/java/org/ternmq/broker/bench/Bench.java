package org.ternmq.broker.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Runs one scenario and says what came out. */
public final class Bench {
    /** A fixed rate that the broker does not reach is ended after so many times the time it should have taken. */
    private static final int PATIENCE = 3;

    private final BenchOptions options;
    private final Rig rig;

    private Bench(BenchOptions options, Rig rig) {
        this.options = options;
        this.rig = rig;
    }

    /**
     * Connects, warms up, measures, and closes.
     *
     * @throws BenchException when it could not be measured
     */
    public static Report run(BenchOptions options) {
        try (Rig rig = new Rig(options)) {
            Bench bench = new Bench(options, rig);
            return switch (options.scenario()) {
                case PAIRS, FAN_OUT, FAN_IN, SHARED -> bench.traffic();
                case CONNECT -> bench.connections();
                case OFFLINE -> bench.offline();
                case RETAINED -> bench.retained();
            };
        }
    }

    // Messages from publishers to subscribers that are there.

    private Report traffic() {
        int number = options.publishers();
        List<Rig.Wanted> publisherLinks = new ArrayList<>();
        List<Publisher> publishers = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            Publisher publisher = publisher(i, copies(), publishTopic(i));
            publishers.add(publisher);
            publisherLinks.add(new Rig.Wanted(rig.loop(i), rig.clientId("p" + i), true, publisher));
        }
        int readers = switch (options.scenario()) {
            case PAIRS -> number;
            case FAN_IN -> 1;
            default -> options.subscribers();
        };
        Publisher[] all = publishers.toArray(Publisher[]::new);
        SequenceCheck[] common = Subscriber.checks(number);
        List<Rig.Wanted> subscriberLinks = new ArrayList<>();
        List<String> filters = new ArrayList<>();
        for (int i = 0; i < readers; i++) {
            Subscriber subscriber = switch (options.scenario()) {
                case PAIRS -> new Subscriber(i, new Publisher[] {all[i]}, Subscriber.checks(1));
                case SHARED -> new Subscriber(0, all, common);
                default -> new Subscriber(0, all, Subscriber.checks(number));
            };
            // Those who share a subscription share what has arrived, so they share a loop.
            BenchLoop loop = rig.loop(options.scenario() == Scenario.SHARED ? 0 : i);
            subscriberLinks.add(new Rig.Wanted(loop, rig.clientId("s" + i), !options.persistent(), subscriber));
            filters.add(filter(i));
        }
        List<Link> subscribers = rig.open(subscriberLinks);
        rig.subscribe(subscribers, filters);
        rig.open(publisherLinks);
        if (options.warmup() > 0) {
            rig.await(publish(publishers, Long.MAX_VALUE, options.warmup()));
        }
        Rig.Measured measured = rig.measure(
                () -> publish(publishers, options.count() > 0 ? options.count() : Long.MAX_VALUE, options.seconds()));
        if (options.persistent()) {
            rig.close(subscribers);
            forget(subscriberLinks);
        }
        Report report = head(readers);
        boolean ordered = options.scenario() != Scenario.SHARED;
        messages(report, measured, measured.stats().sent * copies(), ordered);
        return report;
    }

    private int copies() {
        return options.scenario() == Scenario.FAN_OUT ? options.subscribers() : 1;
    }

    private String publishTopic(int publisher) {
        return switch (options.scenario()) {
            case FAN_OUT, SHARED -> rig.topic("all");
            default -> rig.topic("p" + publisher);
        };
    }

    private String filter(int subscriber) {
        return switch (options.scenario()) {
            case FAN_OUT -> rig.topic("all");
            case FAN_IN -> rig.topic("+");
            case SHARED -> "$share/bench/" + rig.topic("all");
            default -> rig.topic("p" + subscriber);
        };
    }

    private Publisher publisher(int number, int copies, String topic) {
        return new Publisher(
                rig.loop(number),
                new PublishTemplate[] {
                    new PublishTemplate(options.protocol(), topic, options.qos(), false, number, options.size())
                },
                options.qos(),
                new Window(options.window(), copies, options.qos() > 0));
    }

    /** Publishes so many messages, or for so long when there is no such number. */
    private CompletableFuture<?> publish(List<Publisher> publishers, long count, int seconds) {
        long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1);
        double interval = options.rate() == 0 ? 0 : 1e9 * publishers.size() / options.rate();
        boolean timed = count == Long.MAX_VALUE;
        long whole = timed ? TimeUnit.SECONDS.toNanos(seconds) : TimeUnit.HOURS.toNanos(24);
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (int i = 0; i < publishers.size(); i++) {
            long quota = timed
                    ? interval == 0 ? Long.MAX_VALUE : Math.max(1, (long) (whole / interval))
                    : count / publishers.size() + (i < count % publishers.size() ? 1 : 0);
            // With a fixed rate, all that was due is sent, even late: leaving it out would hide how late it was.
            long deadline = start + (interval > 0 && timed ? PATIENCE * whole : whole);
            long first = start + (long) (interval * i / publishers.size());
            running.add(publishers.get(i).run(quota, deadline, interval, first));
        }
        return BenchLoop.all(running);
    }

    // Connections, each with a subscription.

    private Report connections() {
        int number = options.subscribers();
        if (options.warmup() > 0) {
            int some = Math.min(number, 200 * options.warmup());
            List<Link> links = new ArrayList<>();
            connect("w", some, links, new LoopStats());
            rig.close(links);
        }
        Optional<Long> before = rig.brokerResidentBytes();
        List<Link> links = new ArrayList<>();
        LoopStats latency = new LoopStats();
        Rig.Measured measured = rig.measure(() -> {
            connect("c", number, links, latency);
            return CompletableFuture.completedFuture(links);
        });
        Optional<Long> after = rig.brokerResidentBytes();
        rig.close(links);
        Report report = head(number)
                .add("connections", "connections", links.size())
                .add("seconds", "seconds", measured.wholeNanos() / 1e9)
                .add("rate", "connections per second", links.size() * 1e9 / measured.wholeNanos());
        latencies(report, latency.latency, "from connect to SUBACK");
        measured.brokerCpuNanos()
                .ifPresent(cpu ->
                        report.add("brokerCpuMicros", "broker CPU per connection, µs", cpu / 1e3 / links.size()));
        report.add("ownCpuMicros", "own CPU per connection, µs", measured.ownCpuNanos() / 1e3 / links.size());
        before.ifPresent(b -> after.ifPresent(a -> report.add("brokerRssKiB", "broker memory, KiB", a / 1024)
                .add("rssPerConnectionBytes", "memory per connection, bytes", (double) (a - b) / links.size())));
        return report;
    }

    private void connect(String prefix, int number, List<Link> links, LoopStats latency) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        List<CompletableFuture<Link>> opening = new ArrayList<>();
        rig.throttled(options.window(), number, i -> {
            long start = System.nanoTime();
            Subscriber nothing = new Subscriber(0, new Publisher[0], new SequenceCheck[0]);
            CompletableFuture<Link> link =
                    rig.open(new Rig.Wanted(rig.loop(i), rig.clientId(prefix + i), true, nothing));
            opening.add(link);
            CompletableFuture<Void> subscribed = link.thenCompose(
                            open -> open.subscribe(options.protocol(), rig.topic(prefix + i), options.qos()))
                    .thenRun(() -> {
                        long nanos = System.nanoTime() - start;
                        synchronized (latency) {
                            latency.latency(nanos);
                        }
                    });
            done.add(subscribed);
            return subscribed;
        });
        rig.await(BenchLoop.all(done));
        opening.forEach(link -> links.add(link.join()));
    }

    // Messages for those who are away.

    private Report offline() {
        int number = options.publishers();
        List<Publisher> publishers = new ArrayList<>();
        List<Rig.Wanted> publisherLinks = new ArrayList<>();
        List<Rig.Wanted> sessions = new ArrayList<>();
        List<String> filters = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            Publisher publisher = publisher(i, 0, publishTopic(i));
            publishers.add(publisher);
            publisherLinks.add(new Rig.Wanted(rig.loop(i), rig.clientId("p" + i), true, publisher));
            Subscriber subscriber = new Subscriber(i, new Publisher[0], Subscriber.checks(1));
            sessions.add(new Rig.Wanted(rig.loop(i), rig.clientId("s" + i), false, subscriber));
            filters.add(filter(i));
        }
        List<Link> away = rig.open(sessions);
        rig.subscribe(away, filters);
        rig.close(away);
        rig.open(publisherLinks);
        long count = options.count() > 0 ? options.count() : Long.MAX_VALUE;
        Rig.Measured filled = rig.measure(() -> publish(publishers, count, options.seconds()));
        long sent = filled.stats().sent;
        List<Link> back = new ArrayList<>();
        Rig.Measured drained = rig.measure(() -> {
            back.addAll(rig.open(sessions));
            return rig.untilQuiet(sent);
        });
        rig.close(back);
        forget(sessions);
        Report report = head(number).add("fillRate", "fill: published per second", sent * 1e9 / filled.wholeNanos());
        filled.brokerCpuNanos()
                .ifPresent(cpu -> report.add(
                        "fillBrokerCpuMicros", "fill: broker CPU per message, µs", cpu / 1e3 / Math.max(1, sent)));
        drained.stats().sent = sent;
        drained.stats().refused += filled.stats().refused;
        drained.stats().latency.reset();
        messages(report, drained, sent, true);
        return report;
    }

    /** A session begun anew and clean is one that the broker may forget. */
    private void forget(List<Rig.Wanted> sessions) {
        rig.close(rig.open(sessions.stream()
                .map(s -> new Rig.Wanted(s.loop(), s.clientId(), true, s.traffic()))
                .toList()));
    }

    // What was retained before.

    private Report retained() {
        int topics = (int) Math.min(1_000_000, options.count() > 0 ? options.count() : 10_000);
        // Acknowledged at least, so that all are there before the first subscriber is; it gets them with its own QoS.
        int qos = Math.max(1, options.qos());
        PublishTemplate[] templates = new PublishTemplate[topics];
        for (int i = 0; i < topics; i++) {
            templates[i] = new PublishTemplate(options.protocol(), rig.topic("r" + i), qos, true, 0, options.size());
        }
        Publisher publisher = new Publisher(rig.loop(0), templates, qos, new Window(options.window(), 0, true));
        List<Link> link = rig.open(List.of(new Rig.Wanted(rig.loop(0), rig.clientId("p"), true, publisher)));
        rig.await(publish(List.of(publisher), topics, 0));
        List<Rig.Wanted> subscribers = new ArrayList<>();
        for (int i = 0; i < options.subscribers(); i++) {
            Subscriber subscriber = new Subscriber(0, new Publisher[0], Subscriber.checks(1));
            subscribers.add(new Rig.Wanted(rig.loop(i), rig.clientId("s" + i), true, subscriber));
        }
        List<Link> links = rig.open(subscribers);
        long expected = (long) topics * links.size();
        Rig.Measured measured = rig.measure(() -> {
            rig.subscribe(links, links.stream().map(l -> rig.topic("+")).toList());
            return rig.untilQuiet(expected);
        });
        rig.close(links);
        rig.clear(link.get(0), topics);
        Report report = head(links.size()).add("retainedMessages", "retained messages", topics);
        measured.stats().sent = topics;
        measured.stats().latency.reset();
        messages(report, measured, expected, false);
        return report;
    }

    // What is said of it.

    private Report head(int readers) {
        Report report = new Report()
                .add("scenario", "scenario", options.scenario().label())
                .add("protocol", "protocol level", options.protocol())
                .add("qos", "QoS", options.qos());
        if (options.scenario() != Scenario.CONNECT) {
            report.add("size", "payload, bytes", options.size())
                    .add("publishers", "publishers", options.scenario() == Scenario.RETAINED ? 1 : options.publishers())
                    .add("subscribers", "subscribers", readers);
        }
        report.add("window", "window", options.window());
        if (options.rate() > 0) {
            report.add("targetRate", "published per second, wanted", options.rate());
        }
        return report;
    }

    private void messages(Report report, Rig.Measured measured, long expected, boolean ordered) {
        LoopStats stats = measured.stats();
        long lost = Math.max(0, expected - (stats.delivered - stats.duplicated));
        report.add("sent", "sent", stats.sent)
                .add("delivered", "delivered", stats.delivered)
                .add("lost", "lost", lost)
                .add("duplicated", "duplicated", stats.duplicated);
        if (ordered) {
            report.add("outOfOrder", "out of order", stats.outOfOrder);
        }
        if (options.qos() > 0) {
            report.add("refused", "refused by the broker", stats.refused);
        }
        report.add("seconds", "seconds", measured.nanos() / 1e9)
                .add("rate", "delivered per second", stats.delivered * 1e9 / measured.nanos());
        if (stats.latency.getTotalCount() > 0) {
            latencies(report, stats.latency, options.rate() > 0 ? "from the intended time" : "end to end");
        }
        if (stats.ackLatency.getTotalCount() > 0) {
            report.add("ackP50Micros", "p50 to PUBACK or PUBREC, µs", stats.ackLatency.getValueAtPercentile(50) / 1e3)
                    .add("ackP99Micros", "p99, µs", stats.ackLatency.getValueAtPercentile(99) / 1e3)
                    .add("ackMaxMicros", "highest, µs", stats.ackLatency.getMaxValue() / 1e3);
        }
        long divisor = Math.max(1, stats.delivered);
        measured.brokerCpuNanos()
                .ifPresent(cpu -> report.add("brokerCpuMicros", "broker CPU per delivery, µs", cpu / 1e3 / divisor));
        report.add("ownCpuMicros", "own CPU per delivery, µs", measured.ownCpuNanos() / 1e3 / divisor);
        rig.brokerResidentBytes().ifPresent(b -> report.add("brokerRssKiB", "broker memory, KiB", b / 1024));
        if (options.qos() > 0 && lost > 0) {
            report.violation(lost + " messages of QoS " + options.qos() + " were lost");
        }
        if (options.qos() == 2 && stats.duplicated > 0) {
            report.violation(stats.duplicated + " messages of QoS 2 came more than once");
        }
        if (ordered && stats.outOfOrder > 0) {
            report.violation(stats.outOfOrder + " messages came out of order");
        }
    }

    private static void latencies(Report report, Histogram histogram, String what) {
        report.add("latencyP50Micros", "p50 " + what + ", µs", histogram.getValueAtPercentile(50) / 1e3)
                .add("latencyP99Micros", "p99, µs", histogram.getValueAtPercentile(99) / 1e3)
                .add("latencyP999Micros", "p99.9, µs", histogram.getValueAtPercentile(99.9) / 1e3)
                .add("latencyMaxMicros", "highest, µs", histogram.getMaxValue() / 1e3);
    }
}
