package org.ternmq.spi.control;

import java.time.Instant;

/**
 * How the last connection of a client ended, or why it was refused.
 *
 * @param at when
 * @param reasonCode the MQTT 5.0 reason code
 * @param detail in words
 */
public record LastEnd(Instant at, int reasonCode, String detail) {}
