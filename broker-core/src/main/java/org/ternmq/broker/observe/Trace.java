package org.ternmq.broker.observe;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.TopicFilter;
import org.ternmq.spi.control.TraceLine;
import org.ternmq.spi.control.TraceQuery;
import org.ternmq.spi.control.TraceStream;

/** One trace: what it is of, and the lines that wait to be read. Any thread adds, one reads. */
public final class Trace implements TraceStream {
    private static final int LINES = 4_096;

    private record Waiting(Instant at, String clientId, String event, TraceDetails details) {}

    private final @Nullable String clientId;
    private final @Nullable TopicFilter filter;
    private final boolean payload;
    private final Consumer<Trace> onClose;
    private final ArrayBlockingQueue<Waiting> lines = new ArrayBlockingQueue<>(LINES);
    private final LongAdder lost = new LongAdder();

    Trace(TraceQuery query, Consumer<Trace> onClose) {
        this.clientId = query.clientId().orElse(null);
        this.filter = query.topic().orElse(null);
        this.payload = query.payload();
        this.onClose = onClose;
    }

    boolean showsPayload() {
        return payload;
    }

    /** Both that it names have to fit: a client, also as the publisher, and a topic. */
    boolean concerns(String client, @Nullable String publisher, @Nullable String topic) {
        return isOf(client, publisher) && (filter == null || (topic != null && filter.matches(topic)));
    }

    boolean concernsFilter(String client, String subscribed) {
        return isOf(client, null) && (filter == null || overlaps(filter, subscribed));
    }

    private boolean isOf(String client, @Nullable String publisher) {
        return clientId == null || clientId.equals(client) || clientId.equals(publisher);
    }

    private static boolean overlaps(TopicFilter filter, String subscribed) {
        try {
            TopicFilter other = TopicFilter.parse(subscribed);
            return filter.covers(other) || other.covers(filter);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    void add(Instant at, String client, String event, TraceDetails details) {
        if (!lines.offer(new Waiting(at, client, event, details))) {
            lost.increment();
        }
    }

    @Override
    public Optional<TraceLine> next(Duration atMost) throws InterruptedException {
        Waiting next = lines.poll(atMost.toNanos(), TimeUnit.NANOSECONDS);
        return Optional.ofNullable(next)
                .map(line -> new TraceLine(
                        line.at(), line.clientId(), line.event(), line.details().all()));
    }

    @Override
    public long lost() {
        return lost.sum();
    }

    @Override
    public void close() {
        onClose.accept(this);
    }
}
