package org.ternmq.broker.config;

import java.time.Duration;
import org.ternmq.spi.Default;

/**
 * What is done about an event loop, or the journal's thread, that does not go on.
 *
 * @param tellAfter after so long the log says what it is at
 * @param downAfter after so long the broker counts as dead: {@code /health/live} is 503, and systemd gets no sign of life
 */
public record HealthConfig(
        @Default("3s") @Rules.Range(min = 100, max = 3_600_000)
        Duration tellAfter,

        @Default("30s") @Rules.Range(min = 100, max = 3_600_000)
        Duration downAfter) {}
