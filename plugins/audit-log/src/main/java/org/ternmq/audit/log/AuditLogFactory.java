package org.ternmq.audit.log;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pf4j.Extension;
import org.ternmq.spi.BrokerListener;
import org.ternmq.spi.BrokerListenerFactory;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;
import org.ternmq.spi.PluginContext;

/** {@code type: audit-log}. */
@Extension
public final class AuditLogFactory implements BrokerListenerFactory {
    /**
     * The settings.
     *
     * @param path the file, relative to the configuration file
     * @param ascii whether all that is not ASCII is written as an escape
     * @param maxSize above this size a file becomes an old one
     * @param keep how many old files stay
     * @param flush when records are handed to the operating system: {@code each}, or at latest after a time
     */
    record Settings(
            Path path,
            @Default("true") boolean ascii,
            @Default("64MiB") DataSize maxSize,
            @Default("5") int keep,
            @Default("each") String flush) {
        private static final Pattern TIME = Pattern.compile("(\\d{1,5})(ms|s)");
        private static final DataSize SMALLEST = DataSize.parse("128KiB");
        private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);
        private static final int MOST_KEPT = 1000;

        Settings {
            if (maxSize.compareTo(SMALLEST) < 0) {
                throw new IllegalArgumentException("max-size must be " + SMALLEST + " or more");
            }
            if (keep < 1 || keep > MOST_KEPT) {
                throw new IllegalArgumentException("keep must be 1 to " + MOST_KEPT);
            }
            flushAfter(flush);
        }

        /** Zero for each record. */
        Duration flushAfter() {
            return flushAfter(flush);
        }

        private static Duration flushAfter(String flush) {
            if (flush.equals("each")) {
                return Duration.ZERO;
            }
            Matcher m = TIME.matcher(flush);
            if (m.matches()) {
                long amount = Long.parseLong(m.group(1));
                Duration time = m.group(2).equals("s") ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
                if (time.compareTo(Duration.ZERO) > 0 && time.compareTo(LONGEST_WAIT) <= 0) {
                    return time;
                }
            }
            throw new IllegalArgumentException(
                    "flush must be 'each' or a time such as 1s, at most 60s: '" + flush + "'");
        }
    }

    /** For the plugin host. */
    public AuditLogFactory() {}

    @Override
    public String type() {
        return "audit-log";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    /**
     * Opens the file.
     *
     * @throws ConfigurationException if it cannot be written
     */
    @Override
    public BrokerListener create(PluginContext context) {
        Settings settings = context.config(Settings.class);
        try {
            AuditFile file = new AuditFile(settings.path(), settings.maxSize().bytes(), settings.keep());
            return new AuditLog(context, file, new AuditRecords(settings.ascii()), settings.flushAfter());
        } catch (IOException e) {
            throw new ConfigurationException(
                    context.name() + ": cannot write " + settings.path() + ": " + Reasons.of(e));
        }
    }
}
