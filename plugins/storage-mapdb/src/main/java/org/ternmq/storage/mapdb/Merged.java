package org.ternmq.storage.mapdb;

import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Walks over several sorted sources at once, the newest first among equals. Removals are entries too. Used by one thread. */
final class Merged implements Iterator<Entry> {
    /** No entries. */
    static final Iterator<Entry> NOTHING = Collections.emptyIterator();

    private final List<Iterator<Entry>> sources;
    private final @Nullable Entry[] heads;
    private int smallest = -1;

    /** From the newest source to the oldest. */
    Merged(List<Iterator<Entry>> sources) {
        this.sources = sources.stream().filter(source -> source != NOTHING).toList();
        this.heads = new @Nullable Entry[this.sources.size()];
        for (int i = 0; i < heads.length; i++) {
            advance(i);
        }
        findSmallest();
    }

    @Override
    public boolean hasNext() {
        return smallest >= 0;
    }

    @Override
    public Entry next() {
        Entry next = smallest < 0 ? null : heads[smallest];
        if (next == null) {
            throw new NoSuchElementException();
        }
        for (int i = heads.length - 1; i >= smallest; i--) {
            Entry head = heads[i];
            if (i == smallest || (head != null && Arrays.equals(head.key(), next.key()))) {
                advance(i);
            }
        }
        findSmallest();
        return next;
    }

    private void advance(int i) {
        Iterator<Entry> source = sources.get(i);
        heads[i] = source.hasNext() ? source.next() : null;
    }

    private void findSmallest() {
        smallest = -1;
        Entry least = null;
        for (int i = 0; i < heads.length; i++) {
            Entry head = heads[i];
            if (head != null && (least == null || Arrays.compareUnsigned(head.key(), least.key()) < 0)) {
                smallest = i;
                least = head;
            }
        }
    }
}
