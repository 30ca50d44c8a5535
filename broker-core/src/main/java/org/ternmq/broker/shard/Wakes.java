package org.ternmq.broker.shard;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects who is to be drained, and tells each shard once, however many they are. Owned by one thread: a shard's loop, or
 * the journal's.
 */
public final class Wakes {
    private List<Drainable>[] byShard;

    /** For all shards. */
    public Wakes(int shards) {
        byShard = lists(shards);
    }

    @SuppressWarnings("unchecked")
    private static List<Drainable>[] lists(int shards) {
        List<Drainable>[] lists = (List<Drainable>[]) new List<?>[shards];
        for (int i = 0; i < shards; i++) {
            lists[i] = new ArrayList<>();
        }
        return lists;
    }

    /** Adds one whose inbox gave the right to drain. */
    public void add(Drainable drainable) {
        byShard[drainable.home().index()].add(drainable);
    }

    boolean isEmpty(int shard) {
        return byShard[shard].isEmpty();
    }

    /** Takes those for one shard; an empty list if there are none. */
    List<Drainable> take(int shard) {
        List<Drainable> taken = byShard[shard];
        if (!taken.isEmpty()) {
            byShard[shard] = new ArrayList<>(Math.min(taken.size(), 64));
        }
        return taken;
    }

    /** Tells every shard but one (-1 for none) of those collected for it. */
    void send(Shards shards, int but) {
        for (int i = 0; i < byShard.length; i++) {
            if (i != but && !byShard[i].isEmpty()) {
                List<Drainable> taken = take(i);
                Shard shard = shards.get(i);
                shard.execute(() -> shard.drainAll(taken));
            }
        }
    }
}
