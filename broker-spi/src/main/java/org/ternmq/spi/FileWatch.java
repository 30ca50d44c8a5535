package org.ternmq.spi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Looks at a file again and again, and says when it has changed: another file, time or size, or gone. It waits until two looks
 * find the same, so that a file is not read while somebody writes it.
 *
 * <p>Owner: who makes it until {@link #start}, then the executor, one run at a time.
 */
public final class FileWatch {
    /** What tells one version of the file from another; empty if it cannot be looked at. */
    private record State(Object key, long modified, long size) {}

    private final Path file;
    private final Runnable changed;
    private Optional<State> known;
    private Optional<State> seen;

    /**
     * Takes the file as it is now for known; make it before the file is read, so that no change is missed.
     *
     * @param file what to look at; it need not be there
     * @param changed called on the executor after each change; must not throw
     */
    public FileWatch(Path file, Runnable changed) {
        this.file = file;
        this.changed = changed;
        this.known = look();
        this.seen = known;
    }

    /**
     * Begins to look.
     *
     * @param executor looks, and is not blocked but for the look and what follows a change; that of {@link PluginContext} will do
     * @param every the time between two looks, longer than 0
     * @return cancel it to end the watch
     */
    public Future<?> start(ScheduledExecutorService executor, Duration every) {
        return executor.scheduleWithFixedDelay(this::poll, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Optional<State> look() {
        try {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            Object key = found.fileKey() == null ? "" : found.fileKey();
            return Optional.of(new State(key, found.lastModifiedTime().to(TimeUnit.NANOSECONDS), found.size()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    void poll() {
        Optional<State> now = look();
        boolean settled = now.equals(seen);
        seen = now;
        if (settled && !now.equals(known)) {
            known = now;
            changed.run();
        }
    }
}
