package org.ternmq.spi.control;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One thing that a trace saw.
 *
 * @param at when
 * @param clientId of which client; empty if it is not known yet
 * @param event such as {@code received}, {@code sent}, {@code denied}, {@code routed}, {@code queued}, {@code dropped}
 * @param details names and values, in order; new ones may come with any version
 */
public record TraceLine(Instant at, String clientId, String event, Map<String, String> details) {
    /**
     * Copies the details.
     *
     * @param at when
     * @param clientId of which client
     * @param event what
     * @param details names and values
     */
    public TraceLine {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }
}
