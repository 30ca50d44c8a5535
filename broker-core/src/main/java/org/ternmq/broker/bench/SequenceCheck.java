package org.ternmq.broker.bench;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The sequence numbers of one publisher as one subscriber sees them: which are missing, came twice or too late. Belongs to the
 * event loop of the subscriber.
 */
final class SequenceCheck {
    private long next;

    /** What was left out so far: first number to last number of each gap. Only a broker that loses or reorders has any. */
    private @Nullable TreeMap<Long, Long> gaps;

    /**
     * A message has arrived.
     *
     * @return how many messages the publisher need no longer wait for: this one and those it overtook; 0 if it was given up
     */
    long arrived(long sequence, LoopStats stats) {
        stats.delivered++;
        if (sequence == next) {
            next++;
            return 1;
        }
        if (sequence > next) {
            TreeMap<Long, Long> known = gaps;
            if (known == null) {
                known = new TreeMap<>();
                gaps = known;
            }
            known.put(next, sequence - 1);
            long accounted = sequence - next + 1;
            next = sequence + 1;
            return accounted;
        }
        if (fill(sequence)) {
            stats.outOfOrder++;
        } else {
            stats.duplicated++;
        }
        return 0;
    }

    private boolean fill(long sequence) {
        Map.Entry<Long, Long> gap = gaps == null ? null : gaps.floorEntry(sequence);
        if (gaps == null || gap == null || gap.getValue() < sequence) {
            return false;
        }
        long first = gap.getKey();
        long last = gap.getValue();
        gaps.remove(first);
        if (first < sequence) {
            gaps.put(first, sequence - 1);
        }
        if (sequence < last) {
            gaps.put(sequence + 1, last);
        }
        return true;
    }
}
