package org.ternmq.broker.control;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.control.LogLevel;

/** The levels of the log, where the log is Logback, as in the shipped broker. Safe for use by all threads. */
final class LogLevels {
    private static final Set<String> LEVELS = Set.of("OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE");

    private LogLevels() {}

    private static Optional<LoggerContext> log() {
        return LoggerFactory.getILoggerFactory() instanceof LoggerContext context
                ? Optional.of(context)
                : Optional.empty();
    }

    static List<LogLevel> all() {
        return log().stream()
                .flatMap(context -> context.getLoggerList().stream())
                .filter(logger -> logger.getLevel() != null)
                .map(logger -> new LogLevel(logger.getName(), logger.getLevel().toString()))
                .toList();
    }

    static void set(LogLevel level) {
        if (!LEVELS.contains(level.level())) {
            throw new IllegalArgumentException("no level of the log: expected one of " + String.join(", ", LEVELS));
        }
        LoggerContext context = log().orElseThrow(
                        () -> new IllegalArgumentException("the log of this broker cannot be changed at run time"));
        if (!level.logger().equals("ROOT") && context.exists(level.logger()) == null && !isOurs(level.logger())) {
            throw new IllegalArgumentException("there is no such logger"); // each one that is made stays for ever
        }
        context.getLogger(level.logger()).setLevel(Level.toLevel(level.level()));
    }

    private static boolean isOurs(String logger) {
        return logger.matches("(org\\.)?ternmq(\\.[a-z]{1,30}){0,3}");
    }
}
