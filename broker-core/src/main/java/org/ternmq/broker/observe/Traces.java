package org.ternmq.broker.observe;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.control.TraceQuery;

/**
 * The traces that run, nearly always none. Whoever has something to tell asks {@link #isOn} first, which is all that this costs while
 * there is none: one read of a volatile field. Safe for use by all threads; nothing blocks.
 */
public final class Traces {
    /** Each costs the loops something, and a thread of the admin interface. */
    private static final int MOST = 8;

    private final Clock clock;
    private volatile boolean on;
    private volatile List<Trace> running = List.of();

    /** None. */
    public Traces(Clock clock) {
        this.clock = clock;
    }

    /** Whether it is of use to tell anything. */
    public boolean isOn() {
        return on;
    }

    /**
     * Begins one.
     *
     * @throws IllegalStateException if there are too many
     */
    public synchronized Trace begin(TraceQuery query) {
        if (running.size() >= MOST) {
            throw new IllegalStateException(MOST + " traces run already");
        }
        Trace trace = new Trace(query, this::end);
        List<Trace> more = new ArrayList<>(running);
        more.add(trace);
        running = List.copyOf(more);
        on = true;
        return trace;
    }

    private synchronized void end(Trace trace) {
        running = running.stream().filter(each -> each != trace).toList();
        on = !running.isEmpty();
    }

    /**
     * Tells those that it concerns.
     *
     * @param clientId whose session or connection it is
     * @param publisher who published the message that it is about, if it is about one and a client has
     * @param topic the message's topic
     * @param event in one word
     * @param details adds what there is to say; called once for each trace, before this returns
     */
    public void tell(
            String clientId,
            @Nullable String publisher,
            @Nullable TopicName topic,
            String event,
            Consumer<TraceDetails> details) {
        for (Trace trace : running) {
            if (trace.concerns(clientId, publisher, topic == null ? null : topic.toString())) {
                tell(trace, clientId, event, details);
            }
        }
    }

    /** Tells those that a subscription concerns: one of the client, or by this filter. */
    public void tellFilter(String clientId, String filter, String event, Consumer<TraceDetails> details) {
        for (Trace trace : running) {
            if (trace.concernsFilter(clientId, filter)) {
                tell(trace, clientId, event, details);
            }
        }
    }

    private void tell(Trace trace, String clientId, String event, Consumer<TraceDetails> details) {
        TraceDetails made = new TraceDetails(trace.showsPayload());
        details.accept(made);
        trace.add(clock.instant(), clientId, event, made);
    }
}
