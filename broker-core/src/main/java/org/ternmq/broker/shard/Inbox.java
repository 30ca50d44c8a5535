package org.ternmq.broker.shard;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jctools.queues.unpadded.MpscLinkedUnpaddedQueue;

/**
 * What others have for an actor: many may offer, one takes. The count of pending elements is also the right to drain:
 * whoever raises it from 0 must have one drain scheduled, and the drain keeps the right until the count is 0 again.
 *
 * @param <E> the elements
 */
public final class Inbox<E> {
    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<Inbox> PENDING =
            AtomicIntegerFieldUpdater.newUpdater(Inbox.class, "pending");

    /** Without padding, which would be 400 bytes for each session, connected or not. */
    private final MpscLinkedUnpaddedQueue<E> queue = new MpscLinkedUnpaddedQueue<>();

    private volatile int pending;

    /** Adds an element, from any thread. True if the caller now has to schedule the drain. */
    public boolean offer(E element) {
        queue.offer(element);
        return PENDING.getAndIncrement(this) == 0;
    }

    /** Elements offered and not yet {@linkplain #done done}, from any thread. */
    public int pending() {
        return pending;
    }

    /** Takes an element that {@link #pending} counts. Only for the drain. */
    public E take() {
        return queue.poll();
    }

    /** Gives back the right to this many elements taken. True if there are more, and so the right is still held. */
    public boolean done(int taken) {
        return PENDING.addAndGet(this, -taken) > 0;
    }
}
