package org.ternmq.broker.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.Metrics;

/**
 * Watches the free space of the disk that has the store. A store that finds its disk full fails, and the broker ends; before
 * that, while there is still room for deletions and acknowledgements, nothing new is taken in that would be stored.
 *
 * <p>It is low below the reserve, and not any more with a fourth above it, so that it does not change with every message. Any
 * thread may ask.
 */
public final class DiskGuard implements AutoCloseable {
    /** Tells the free space. */
    public interface Space {
        /** Bytes that this process may still write. */
        long free() throws IOException;
    }

    /** Is told when the state changes, on the guard's thread. */
    public interface Listener {
        /**
         * The space became low, or enough again.
         *
         * @param free bytes
         * @param enough so many bytes would be enough
         */
        void changed(boolean low, long free, long enough);
    }

    private static final Logger LOG = LoggerFactory.getLogger(DiskGuard.class);
    private static final int MARGIN_PART = 4;

    private final Space space;
    private final long reserve;
    private final Metrics metrics;
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "disk-guard");
        thread.setDaemon(true);
        return thread;
    });
    private Listener listener = (low, free, enough) -> {};
    private boolean unknown;
    private volatile boolean low;

    /**
     * A guard that does not look yet.
     *
     * @param reserve bytes that are to stay free; 0 for no guard
     */
    public DiskGuard(Space space, long reserve, Metrics metrics) {
        this.space = space;
        this.reserve = reserve;
        this.metrics = metrics;
    }

    /** For the disk that has a folder. */
    public static Space of(Path folder) {
        return () -> Files.getFileStore(folder).getUsableSpace();
    }

    /** Looks once, and then again and again. */
    public void start(Duration every, Listener told) {
        listener = told;
        if (reserve > 0) {
            look();
            executor.scheduleWithFixedDelay(this::look, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Whether nothing more should be stored. */
    public boolean isLow() {
        return low;
    }

    private void look() {
        try {
            long free = space.free();
            unknown = false;
            long enough = low ? reserve + reserve / MARGIN_PART : reserve;
            boolean now = free < enough;
            metrics.diskSpace(free, now);
            if (now != low) {
                low = now;
                listener.changed(now, free, reserve + reserve / MARGIN_PART);
            }
        } catch (IOException | RuntimeException e) {
            if (!unknown) { // said once, and again after it was known
                LOG.warn("The free space of the disk is not known: {}", e.toString());
            }
            unknown = true;
        }
    }

    /** Looks no more. */
    @Override
    public void close() {
        executor.shutdownNow();
    }
}
