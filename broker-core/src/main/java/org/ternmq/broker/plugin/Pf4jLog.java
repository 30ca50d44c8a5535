package org.ternmq.broker.plugin;

import ch.qos.logback.classic.Level;
import org.slf4j.LoggerFactory;

/** PF4J logs as errors what this broker reports as a problem in words: once is enough. */
final class Pf4jLog {
    private Pf4jLog() {}

    /** Turns it off, unless the logging configuration has a level for it. */
    static void quiet() {
        if (LoggerFactory.getLogger("org.pf4j") instanceof ch.qos.logback.classic.Logger logger
                && logger.getLevel() == null) {
            logger.setLevel(Level.OFF);
        }
    }
}
