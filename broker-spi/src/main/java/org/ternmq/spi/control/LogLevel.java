package org.ternmq.spi.control;

/**
 * How much a part of the broker, and of its libraries, writes to the log.
 *
 * @param logger the name that the part's logger begins with
 * @param level ERROR, WARN, INFO, DEBUG, TRACE or OFF
 */
public record LogLevel(String logger, String level) {}
