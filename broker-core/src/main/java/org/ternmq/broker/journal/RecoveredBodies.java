package org.ternmq.broker.journal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import org.ternmq.broker.protocol.ApplicationMessage;

/**
 * What the recovery has to know of the bodies stored apart while it reads the queues: sizes, times of expiry, and how often each is
 * referred to. 16 bytes a body, 24 where some expire; numbers come in ascending order and are found by halving.
 *
 * <p>Owner: the recovery.
 */
final class RecoveredBodies {
    private static final int CHUNK = 4096;

    private static final class Chunk {
        private final long[] ids = new long[CHUNK];
        private final int[] footprints = new int[CHUNK];
        private final int[] references = new int[CHUNK];
        /** Empty as long as none of them expires. */
        private long[] expiries = {};

        private int size;
    }

    private final List<Chunk> chunks = new ArrayList<>();

    /** Adds a body; its number is above all before. */
    void add(long id, ApplicationMessage message) {
        Chunk last = chunks.isEmpty() ? null : chunks.get(chunks.size() - 1);
        if (last == null || last.size == CHUNK) {
            last = new Chunk();
            chunks.add(last);
        }
        last.ids[last.size] = id;
        last.footprints[last.size] = message.footprint();
        if (message.expires()) {
            if (last.expiries.length == 0) {
                last.expiries = new long[CHUNK];
                Arrays.fill(last.expiries, ApplicationMessage.NEVER);
            }
            last.expiries[last.size] = message.expiresAt();
        }
        last.size++;
    }

    /** Its place, negative if there is no such body. */
    int find(long id) {
        int low = 0;
        int high = chunks.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (chunks.get(middle).ids[0] <= id) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        if (chunks.isEmpty()) {
            return -1;
        }
        Chunk chunk = chunks.get(low);
        int at = Arrays.binarySearch(chunk.ids, 0, chunk.size, id);
        return at < 0 ? -1 : low * CHUNK + at;
    }

    int footprint(int place) {
        return chunks.get(place / CHUNK).footprints[place % CHUNK];
    }

    long expiresAt(int place) {
        long[] expiries = chunks.get(place / CHUNK).expiries;
        return expiries.length == 0 ? ApplicationMessage.NEVER : expiries[place % CHUNK];
    }

    void refer(int place) {
        chunks.get(place / CHUNK).references[place % CHUNK]++;
    }

    /** Hands the counts over, and tells of bodies that nothing refers to. Empty afterwards. */
    void finish(BodyReferences counts, LongConsumer unreferred) {
        for (Chunk chunk : chunks) {
            for (int k = 0; k < chunk.size; k++) {
                if (chunk.references[k] == 0) {
                    unreferred.accept(chunk.ids[k]);
                } else {
                    counts.set(chunk.ids[k], chunk.references[k]);
                }
            }
        }
        chunks.clear();
    }
}
