package org.ternmq.broker.journal;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** How many records of each keyspace went through, and how many could not be read. Used by one thread. */
public final class DumpCounts {
    private final Map<String, Long> byKeyspace = new TreeMap<>();
    private long records;
    private long unreadable;

    void record(String keyspace) {
        byKeyspace.merge(keyspace, 1L, Long::sum);
        records++;
    }

    void unreadable() {
        unreadable++;
    }

    /** By the name of the keyspace; those without records are left out. */
    public Map<String, Long> byKeyspace() {
        return Collections.unmodifiableMap(byKeyspace);
    }

    /** All together. */
    public long records() {
        return records;
    }

    /** Those that are in the file as bytes only. */
    public long unreadableRecords() {
        return unreadable;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder().append(records).append(records == 1 ? " record" : " records");
        if (!byKeyspace.isEmpty()) {
            StringBuilder parts = new StringBuilder();
            byKeyspace.forEach((space, count) -> parts.append(parts.isEmpty() ? "" : ", ")
                    .append(space)
                    .append(' ')
                    .append(count));
            text.append(" (").append(parts).append(')');
        }
        return text.toString();
    }
}
