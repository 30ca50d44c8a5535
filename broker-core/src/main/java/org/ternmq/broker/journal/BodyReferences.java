package org.ternmq.broker.journal;

/**
 * How many queue records refer to each body that is stored apart. Only counts above one are kept: a body that is not in here
 * has one reference. So bodies for one session cost nothing, and the others some 20 bytes, without an object each.
 *
 * <p>Owner: the journal's thread, once the recovery has filled it.
 */
final class BodyReferences {
    private static final int FIRST_CAPACITY = 64;

    /** Body numbers by open addressing; 0 is a free place, as no body has it. */
    private long[] ids = new long[FIRST_CAPACITY];

    private int[] counts = new int[FIRST_CAPACITY];
    private int size;

    /** Notes the references of a body that is new here. */
    void set(long id, int references) {
        if (references > 1) {
            if (size >= ids.length / 3 * 2) {
                grow();
            }
            int place = find(ids, id);
            size += ids[place] == 0 ? 1 : 0;
            ids[place] = id;
            counts[place] = references;
        }
    }

    /** Takes one away. True if it was the last, so that nothing refers to the body any more. */
    boolean release(long id) {
        int place = find(ids, id);
        if (ids[place] == 0) {
            return true;
        }
        if (--counts[place] == 1) {
            remove(place);
        }
        return false;
    }

    /** Bodies with more than one reference. */
    int size() {
        return size;
    }

    private static int home(long[] table, long id) {
        long mixed = id * 0x9E3779B97F4A7C15L;
        return (int) (mixed >>> 32) & (table.length - 1);
    }

    /** Where it is, or where it would go. */
    private static int find(long[] table, long id) {
        int place = home(table, id);
        while (table[place] != 0 && table[place] != id) {
            place = (place + 1) & (table.length - 1);
        }
        return place;
    }

    /** Closes the gap, so that what was pushed on by its neighbours is still found. */
    private void remove(int place) {
        int mask = ids.length - 1;
        int gap = place;
        for (int next = (gap + 1) & mask; ids[next] != 0; next = (next + 1) & mask) {
            int fromHome = (next - home(ids, ids[next])) & mask;
            if (fromHome >= ((next - gap) & mask)) {
                ids[gap] = ids[next];
                counts[gap] = counts[next];
                gap = next;
            }
        }
        ids[gap] = 0;
        size--;
    }

    private void grow() {
        long[] moreIds = new long[ids.length * 2];
        int[] moreCounts = new int[moreIds.length];
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] != 0) {
                int place = find(moreIds, ids[i]);
                moreIds[place] = ids[i];
                moreCounts[place] = counts[i];
            }
        }
        ids = moreIds;
        counts = moreCounts;
    }
}
