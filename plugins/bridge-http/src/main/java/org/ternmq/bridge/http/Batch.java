package org.ternmq.bridge.http;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;

/** Messages that were taken together, and what is left of them: a part that is refused as a whole is cut in two. Owner: the bridge's loop. */
final class Batch {
    private final Deque<List<Pending>> parts = new ArrayDeque<>();
    private String key = UUID.randomUUID().toString();
    private int attempts;

    Batch(List<Pending> all) {
        parts.add(all);
    }

    /** What is to be posted next; empty when all is done. */
    List<Pending> part() {
        List<Pending> first = parts.peek();
        return first == null ? List.of() : first;
    }

    /** Names this part in all attempts to post it. */
    String key() {
        return key;
    }

    /** How often this part was posted. */
    int attempts() {
        return attempts;
    }

    void attempted() {
        attempts++;
    }

    /** Messages are gone from the part: it is another one. */
    void keep(List<Pending> left) {
        if (left.size() < part().size()) {
            parts.remove();
            parts.addFirst(left);
            renew();
        }
    }

    /** The part is done. */
    void next() {
        parts.remove();
        renew();
    }

    /** Two smaller parts in place of this one, to be posted in order. */
    void split() {
        List<Pending> whole = parts.remove();
        int half = whole.size() / 2;
        parts.addFirst(whole.subList(half, whole.size()));
        parts.addFirst(whole.subList(0, half));
        renew();
    }

    private void renew() {
        key = UUID.randomUUID().toString();
        attempts = 0;
    }
}
