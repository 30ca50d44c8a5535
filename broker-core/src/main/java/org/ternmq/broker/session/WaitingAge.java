package org.ternmq.broker.session;

import java.util.ArrayDeque;

/**
 * How old the oldest message of a queue is, without a time kept for each: of what was added it marks one message a second, fewer when
 * that gets many. So the answer is exact to a second, or to a small part of the age. What leaves the middle of the queue counts as if it
 * had been the first.
 *
 * <p>Owner: the session, but for {@link #since}.
 */
final class WaitingAge {
    private static final int MOST = 64;
    private static final long NOTHING = 0;

    /** The message of that number was added at that time; so were those behind it, up to the next mark, or a little later. */
    private record Mark(long number, long at) {}

    private ArrayDeque<Mark> marks = new ArrayDeque<>(0);
    private long added;
    private long left;
    private long resolution = 1000;
    private volatile long since = NOTHING;

    /** So many wait now, and one was added to them or some have left. */
    void waiting(int messages, long now) {
        if (messages == 0) {
            if (added != left) {
                marks = new ArrayDeque<>(0);
                resolution = 1000;
                left = added;
                since = NOTHING;
            }
            return;
        }
        long before = added - left;
        if (messages > before) {
            if (marks.isEmpty() || now - marks.getLast().at() >= resolution) {
                marks.add(new Mark(added, now));
                thin();
            }
            added += messages - before;
        } else {
            left += before - messages;
            while (marks.size() > 1 && second().number() <= left) {
                marks.remove();
            }
        }
        long oldest = marks.getFirst().at();
        if (since != oldest) {
            since = oldest;
        }
    }

    private Mark second() {
        Mark first = marks.removeFirst();
        Mark second = marks.getFirst();
        marks.addFirst(first);
        return second;
    }

    private void thin() {
        if (marks.size() > MOST) {
            ArrayDeque<Mark> fewer = new ArrayDeque<>(MOST);
            int i = 0;
            for (Mark mark : marks) {
                if (i++ % 2 == 0) {
                    fewer.add(mark);
                }
            }
            marks = fewer;
            resolution *= 2;
        }
    }

    /** When the oldest that waits was added, in milliseconds since the epoch; 0 if nothing waits. Any thread. */
    long since() {
        return since;
    }
}
