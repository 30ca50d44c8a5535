package org.ternmq.broker.control;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.StorageConfig;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.spi.control.StorageView;

/** Looks at the storage from outside, and asks it. Blocks for as long as the disk takes; one caller at a time. */
final class StorageProbe {
    private static final long FRESH_NANOS = 5_000_000_000L;

    private final StorageConfig config;
    private final Path data;
    private final Metrics metrics;
    private final Journal journal;
    private @Nullable StorageView last;
    private long lastAt;

    StorageProbe(StorageConfig config, Path data, Metrics metrics, Journal journal) {
        this.config = config;
        this.data = data;
        this.metrics = metrics;
        this.journal = journal;
    }

    synchronized StorageView view() {
        StorageView known = last;
        if (known == null || System.nanoTime() - lastAt > FRESH_NANOS) {
            known = new StorageView(
                    config.plugin().type(),
                    config.durability().name().toLowerCase(Locale.ROOT),
                    size(data.resolve(config.plugin().folder())),
                    free(),
                    journal.pendingEntries(),
                    metrics.storageFigures());
            last = known;
            lastAt = System.nanoTime();
        }
        return known;
    }

    private static long size(Path folder) {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.mapToLong(StorageProbe::length).sum();
        } catch (IOException | UncheckedIOException e) {
            return 0; // the storage has removed a file meanwhile, or may not be looked at
        }
    }

    private static long length(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    private long free() {
        try {
            return Files.getFileStore(data).getUsableSpace();
        } catch (IOException e) {
            return 0;
        }
    }
}
