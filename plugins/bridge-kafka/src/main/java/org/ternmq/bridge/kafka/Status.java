package org.ternmq.bridge.kafka;

import java.util.Optional;
import org.ternmq.spi.Bridge.BrokerLink;
import org.ternmq.spi.Bridge.State;

/** Tells the broker how it is with Kafka and with both flows. Safe for use by all threads. */
final class Status {
    /** After which it is not just a pause of Kafka's. */
    private static final long GONE_NANOS = 15_000_000_000L;

    private final BrokerLink broker;
    private boolean there;
    private long lastThere = System.nanoTime();
    private String detail = "not asked yet";
    private Optional<String> out = Optional.empty();
    private Optional<String> in = Optional.empty();

    Status(BrokerLink broker) {
        this.broker = broker;
    }

    /** Whether Kafka is there, with words on where, or why not. */
    synchronized void kafka(boolean isThere, String words) {
        there = isThere;
        if (isThere) {
            lastThere = System.nanoTime();
        }
        detail = words;
        tell();
    }

    synchronized boolean isThere() {
        return there;
    }

    /** Whether it has not been there for so long that clients that try to connect would only fill the log. */
    synchronized boolean isGone() {
        return !there && System.nanoTime() - lastThere > GONE_NANOS;
    }

    /** What keeps messages from going out, if anything does. */
    synchronized void out(Optional<String> problem) {
        if (!problem.equals(out)) {
            out = problem;
            tell();
        }
    }

    /** What keeps records from coming in, if anything does. */
    synchronized void in(Optional<String> problem) {
        if (!problem.equals(in)) {
            in = problem;
            tell();
        }
    }

    private void tell() {
        if (there) {
            Optional<String> problem = out.or(() -> in);
            broker.state(problem.isEmpty() ? State.CONNECTED : State.DISCONNECTED, problem.orElse(detail));
        } else {
            broker.state(State.DISCONNECTED, detail);
        }
    }
}
