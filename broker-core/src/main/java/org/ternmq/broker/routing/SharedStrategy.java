package org.ternmq.broker.routing;

/** How a shared group chooses the member that gets a message. Each prefers members that accept it now. */
public enum SharedStrategy {
    /** One after the other. */
    ROUND_ROBIN,
    /** Any. */
    RANDOM,
    /** The same member for the same publisher, as long as it accepts; few publishers move when members come and go. */
    STICKY,
    /** The one with the fewest messages on their way to it. */
    LEAST_IN_FLIGHT
}
