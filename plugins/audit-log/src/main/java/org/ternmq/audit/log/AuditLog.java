package org.ternmq.audit.log;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.BrokerEvent;
import org.ternmq.spi.BrokerListener;
import org.ternmq.spi.PluginContext;

/**
 * Writes a line for each event. What cannot be written is counted, said in the log once a minute, and said in the file as soon
 * as that can be written again.
 */
final class AuditLog implements BrokerListener {
    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration BETWEEN_COMPLAINTS = Duration.ofMinutes(1);
    private static final int LARGEST_WRITE = 64 << 10;

    private final String name;
    private final Clock clock;
    private final AuditFile file;
    private final AuditRecords records;
    private final boolean each;
    private final ScheduledFuture<?> ticking;
    private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
    private long waitingRecords;
    private long unwritten;
    private long unwrittenInAll;
    private @Nullable Instant complained;
    private boolean closed;

    /**
     * Takes over the file.
     *
     * @param flushAfter zero to write each record at once
     */
    AuditLog(PluginContext context, AuditFile file, AuditRecords records, Duration flushAfter) {
        this.name = context.name();
        this.clock = context.clock();
        this.file = file;
        this.records = records;
        this.each = flushAfter.isZero();
        long period = (each ? TICK : flushAfter).toMillis();
        this.ticking = context.executor().scheduleWithFixedDelay(this::tick, period, period, TimeUnit.MILLISECONDS);
    }

    @Override
    public synchronized void onEvent(BrokerEvent event) {
        byte[] line = records.line(event).orElse(null);
        if (line == null || closed) {
            return;
        }
        waiting.writeBytes(line);
        waitingRecords++;
        if (each || waiting.size() >= LARGEST_WRITE) {
            flush();
        }
    }

    /** Writes what waits, and looks whether the file is still there. */
    private synchronized void tick() {
        if (closed) {
            return;
        }
        try {
            file.followPath();
        } catch (IOException e) {
            complain("cannot be opened: " + Reasons.of(e));
        }
        flush();
    }

    private void flush() {
        if (waitingRecords == 0 && unwritten == 0) {
            return;
        }
        try {
            if (unwritten > 0) {
                file.append(records.lost(clock.instant(), unwritten, "could not be written"));
                LOG.info("{}: the file can be written again; {} records are missing", name, unwritten);
                unwritten = 0;
                complained = null;
            }
            if (waitingRecords > 0 && !file.append(waiting.toByteArray())) {
                complain("is larger than max-size, and cannot be renamed");
            }
        } catch (IOException e) {
            unwritten += waitingRecords;
            unwrittenInAll += waitingRecords;
            complain("cannot be written: " + Reasons.of(e));
        }
        waiting.reset();
        waitingRecords = 0;
    }

    private void complain(String what) {
        Instant now = clock.instant();
        if (complained == null || !now.isBefore(complained.plus(BETWEEN_COMPLAINTS))) {
            complained = now;
            LOG.error("{}: the file {}; {} records are missing so far", name, what, unwrittenInAll);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            ticking.cancel(false);
            flush();
            file.close();
        }
    }
}
