package org.ternmq.storage.mapdb;

import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/**
 * The settings of {@code storage.type: mapdb}.
 *
 * @param memory heap for changes that are in no table yet; half of it is filled while the other half is written out. The log of
 *     these changes is kept below the same size
 * @param damagedLog what to do at start if the log is damaged before its end
 */
record MapDbSettings(
        @Default("64MiB") DataSize memory,
        @Default("refuse") DamagedLog damagedLog) {
    private static final DataSize LEAST = DataSize.parse("1MiB");

    MapDbSettings {
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
