package org.ternmq.storage.rocksdb;

import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/**
 * The settings of {@code storage.type: rocksdb}.
 *
 * @param memory native memory for caches and for writes that are not yet in a table; half of it at most goes to the latter
 * @param damagedLog what to do at start if the write-ahead log is damaged before its end
 */
record RocksDbSettings(
        @Default("64MiB") DataSize memory,
        @Default("refuse") DamagedLog damagedLog) {
    private static final DataSize LEAST = DataSize.parse("8MiB");

    RocksDbSettings {
        if (memory.compareTo(LEAST) < 0) {
            throw new IllegalArgumentException("memory: " + memory + " is less than " + LEAST);
        }
    }

    /**
     * A log that merely ends in the middle of a record is not damaged: this is what a killed process leaves behind, and no
     * write that returned is in that record.
     */
    enum DamagedLog {
        /** Do not start: what was written after the damage is lost otherwise. */
        REFUSE,
        /** Keep what was written before the damage, drop the rest, and start. */
        CUT
    }
}
