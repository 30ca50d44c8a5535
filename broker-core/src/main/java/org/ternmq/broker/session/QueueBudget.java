package org.ternmq.broker.session;

import java.util.concurrent.atomic.AtomicLong;
import org.ternmq.broker.journal.Delivery;

/**
 * What the queues of all sessions together hold, and may: messages and bytes that wait, wherever they are, and the heap that
 * those take which are in memory. A message that is in several queues takes memory once.
 *
 * <p>Safe for use by all threads. Loops that add at the same moment may pass a limit by what each of them adds.
 */
public final class QueueBudget {
    /** What a delivery takes besides its message. */
    private static final int DELIVERY = 96;

    private final long maxMessages;
    private final long maxBytes;
    private final long maxMemory;
    private final AtomicLong messages = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong memory = new AtomicLong();

    /**
     * Empty queues.
     *
     * @param maxMessages messages that may wait; 0 for no limit
     * @param maxBytes bytes that may wait; 0 for no limit
     * @param maxMemory bytes of heap for those in memory
     */
    public QueueBudget(long maxMessages, long maxBytes, long maxMemory) {
        this.maxMessages = maxMessages == 0 ? Long.MAX_VALUE : maxMessages;
        this.maxBytes = maxBytes == 0 ? Long.MAX_VALUE : maxBytes;
        this.maxMemory = maxMemory;
    }

    /** Messages that wait. */
    public long messages() {
        return messages.get();
    }

    /** Their bytes, each message counted for every session that it waits for. */
    public long bytes() {
        return bytes.get();
    }

    /** Bytes of heap that those in memory take, roughly. */
    public long memory() {
        return memory.get();
    }

    /** Whether no message may come in addition. */
    boolean isFull() {
        return !hasRoomFor(1);
    }

    /** Whether a message of so many bytes may come in addition. */
    boolean hasRoomFor(long size) {
        return messages.get() < maxMessages && bytes.get() + size <= maxBytes;
    }

    /** Whether messages in memory take all that they may. */
    boolean isMemoryFull() {
        return memory.get() >= maxMemory;
    }

    void add(long count, long size) {
        messages.getAndAdd(count);
        bytes.getAndAdd(size);
    }

    void remove(long count, long size) {
        add(-count, -size);
    }

    /** A page of so many bytes is being read: it counts before it is there, as very many may come at once. */
    void reserve(long size) {
        memory.getAndAdd(size);
    }

    /** The page is there, and its messages count by themselves. */
    void unreserve(long size) {
        memory.getAndAdd(-size);
    }

    /** A queue keeps it in memory. */
    void keep(Delivery delivery) {
        boolean first = delivery.message().enqueued();
        memory.getAndAdd(DELIVERY + (first ? delivery.message().footprint() : 0));
    }

    /** A queue that kept it in memory does not any more. */
    void letGo(Delivery delivery) {
        boolean last = delivery.message().dequeued();
        memory.getAndAdd(-DELIVERY - (last ? delivery.message().footprint() : 0));
    }
}
