package org.ternmq.broker.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What the load looks like. */
public enum Scenario {
    /** N publishers and N subscribers, a topic for each pair. */
    PAIRS,
    /** All subscribers get what any publisher sends. */
    FAN_OUT,
    /** One subscriber gets what N publishers send. */
    FAN_IN,
    /** The subscribers share one subscription: each message goes to one of them. */
    SHARED,
    /** Connections with one subscription each, and no messages. */
    CONNECT,
    /** Messages for persistent sessions that are away, which then come back and drain. */
    OFFLINE,
    /** Subscribers that get what was retained before they came. */
    RETAINED;

    /** The name on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The scenario with this name on the command line. */
    public static Optional<Scenario> of(String label) {
        return Arrays.stream(values()).filter(s -> s.label().equals(label)).findFirst();
    }
}
