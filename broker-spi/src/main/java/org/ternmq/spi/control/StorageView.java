package org.ternmq.spi.control;

import java.util.Map;

/**
 * The storage.
 *
 * @param type the word after {@code type:}
 * @param durability {@code process} or {@code power}
 * @param bytes what its folder takes on the disk
 * @param freeBytes what is free on that disk
 * @param pendingEntries what the journal has not written yet
 * @param statistics what the backend tells of itself
 */
public record StorageView(
        String type, String durability, long bytes, long freeBytes, int pendingEntries, Map<String, Long> statistics) {
    /**
     * Copies the map.
     *
     * @param type the word after {@code type:}
     * @param durability {@code process} or {@code power}
     * @param bytes what its folder takes on the disk
     * @param freeBytes what is free on that disk
     * @param pendingEntries what the journal has not written yet
     * @param statistics what the backend tells of itself
     */
    public StorageView {
        statistics = Map.copyOf(statistics);
    }
}
