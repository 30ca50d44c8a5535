package org.ternmq.bridge.kafka;

import java.util.ArrayDeque;
import java.util.OptionalLong;

/** How far one partition has been taken in. Owner: the thread of the consumer. */
final class Progress {
    private static final class Step {
        private final long offset;
        private boolean done;

        Step(long offset) {
            this.offset = offset;
        }
    }

    private final ArrayDeque<Step> open = new ArrayDeque<>();
    private long behind = -1;
    private long committed = -1;

    /** A record is on its way; offsets grow. */
    void begin(long offset) {
        open.add(new Step(offset));
    }

    /** A record is safe, or given up. */
    void done(long offset) {
        for (Step each : open) {
            if (each.offset == offset) {
                each.done = true;
                break;
            }
        }
        while (!open.isEmpty() && open.element().done) {
            behind = open.remove().offset + 1;
        }
    }

    /** Records that are on their way, with those that are done behind others that are not. */
    int size() {
        return open.size();
    }

    /** What to commit: everything before it is done. Empty if that was committed before. */
    OptionalLong toCommit() {
        return behind > committed ? OptionalLong.of(behind) : OptionalLong.empty();
    }

    void committed(long offset) {
        committed = Math.max(committed, offset);
    }
}
