package org.ternmq.broker.plugin;

import ch.qos.logback.classic.Level;
import org.slf4j.LoggerFactory;

/** PF4J logs as errors what this broker reports as a problem in words: once is enough. */
final class Pf4jLog {
    private static final String LOGBACK = "ch.qos.logback.classic.Logger";

    private Pf4jLog() {}

    /** Whether the log is Logback's, as in the shipped broker. A program that embeds a broker may log by other means. */
    static boolean isLogback() {
        return LoggerFactory.getLogger("org.pf4j").getClass().getName().equals(LOGBACK);
    }

    /** Turns it off, unless the logging configuration has a level for it. */
    static void quiet() {
        if (isLogback()
                && LoggerFactory.getLogger("org.pf4j") instanceof ch.qos.logback.classic.Logger logger
                && logger.getLevel() == null) {
            logger.setLevel(Level.OFF);
        }
    }
}
