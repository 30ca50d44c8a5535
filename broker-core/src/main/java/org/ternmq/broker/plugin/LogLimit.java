package org.ternmq.broker.plugin;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/**
 * Keeps a plugin from filling the log: what it logs on its own threads and in calls from the broker counts, and is left out
 * where it is too much; the count is logged under its name with the next line that gets through.
 */
final class LogLimit extends TurboFilter implements AutoCloseable {
    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(LogLimit.class);
    private static final String OWN = "org.ternmq.broker.";
    private static final String CLIENTS = "ternmq.";

    private LogLimit() {
        setName("flood of a plugin");
    }

    /** Puts a limit before the log of this process, if it is one that can have it. Close it to take it out again. */
    static LogLimit install() {
        LogLimit limit = new LogLimit();
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            limit.setContext(context);
            limit.start();
            context.addTurboFilter(limit);
        }
        return limit;
    }

    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            Object @Nullable [] params,
            @Nullable Throwable t) {
        if (format == null
                || !(Thread.currentThread().getContextClassLoader() instanceof OwnFirst plugin)
                || !level.isGreaterOrEqual(logger.getEffectiveLevel())
                || logger.getName().startsWith(OWN)
                || logger.getName().startsWith(CLIENTS)) {
            return FilterReply.NEUTRAL;
        }
        if (!plugin.budget().take(System.nanoTime())) {
            return FilterReply.DENY;
        }
        report(plugin);
        return FilterReply.NEUTRAL;
    }

    /** Says how much was left out since the last time. */
    static void report(OwnFirst plugin) {
        long refused = plugin.budget().takeRefused();
        if (refused > 0) {
            LOG.warn("Plugin {} logs too much: {} lines of it were left out", plugin.plugin(), refused);
        }
    }

    @Override
    public void close() {
        if (getContext() instanceof LoggerContext context) {
            stop();
            context.getTurboFilterList().remove(this);
        }
    }
}
