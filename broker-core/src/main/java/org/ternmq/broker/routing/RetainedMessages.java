package org.ternmq.broker.routing;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.TopicFilter;

/**
 * The last retained message of each topic, in memory. May be used from any thread; reading takes no lock.
 *
 * <p><b>Marks.</b> Every change gets the next number, its mark, at the moment in which it becomes visible. This lets a new
 * subscription have each retained message once, though publishers do not wait for it:
 *
 * <ul>
 *   <li>the subscriber adds the subscription (with {@link Subscription#since()} {@link Long#MAX_VALUE}) to the index, then
 *       calls {@link #mark(Subscription)}, then {@linkplain #scan scans} up to that mark;
 *   <li>the publisher puts the message, then matches, and gives it live to those whose {@code since} is less than the
 *       message's mark.
 * </ul>
 *
 * <p>A message put before the mark was taken is in the scan, and not live: {@code since} is then still the maximum or
 * already the mark. One put after it is not in the scan, and live: the subscription was in the index by then, and its
 * {@code since}, set in the same critical section that took the mark, is smaller.
 */
public final class RetainedMessages {
    private final ConcurrentSkipListMap<TopicName, Entry> entries = new ConcurrentSkipListMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final long maxCount;
    private final long maxBytes;
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    /** Under the lock only. */
    private long mark;

    /**
     * No messages yet.
     *
     * @param maxCount see {@link #wouldExceed}; 0 for no limit
     * @param maxBytes see {@link #wouldExceed}; 0 for no limit
     */
    public RetainedMessages(long maxCount, long maxBytes) {
        this.maxCount = maxCount;
        this.maxBytes = maxBytes;
    }

    /** A message and the mark of the change that put it there. */
    record Entry(ApplicationMessage message, long mark) {}

    /**
     * Retains a message in the place of the one of its topic (MQTT-3.3.1-5). Does not look at the limits.
     *
     * @return the mark of the change
     */
    public long put(ApplicationMessage message) {
        lock.lock();
        try {
            long next = mark + 1;
            Entry old = entries.put(message.topic(), new Entry(message, next));
            count(old, message);
            mark = next;
            return next;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Removes the message of a topic, if there is one (MQTT-3.3.1-6).
     *
     * @return the mark of the change, which the message that asked for it goes by also if there was nothing to remove
     */
    public long remove(TopicName topic) {
        lock.lock();
        try {
            long next = mark + 1;
            count(entries.remove(topic), null);
            mark = next;
            return next;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Removes a message unless another one has taken its place: one that has expired.
     *
     * @return whether it was still there
     */
    public boolean removeIfSame(ApplicationMessage message) {
        lock.lock();
        try {
            Entry there = entries.get(message.topic());
            if (there == null || there.message != message) {
                return false;
            }
            entries.remove(message.topic());
            count(there, null);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void count(@Nullable Entry old, @Nullable ApplicationMessage message) {
        size.addAndGet((message == null ? 0 : 1) - (old == null ? 0 : 1));
        bytes.addAndGet((message == null ? 0L : message.footprint()) - (old == null ? 0L : old.message.footprint()));
    }

    /** The mark of the last change: all changes with this mark or a smaller one can be seen. */
    public long mark() {
        lock.lock();
        try {
            return mark;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes the mark up to which a subscription is going to scan, and makes it the subscription's
     * {@linkplain Subscription#since() since} before any later change gets its mark.
     *
     * @return the mark
     */
    public long mark(Subscription subscription) {
        lock.lock();
        try {
            subscription.since(mark);
            return mark;
        } finally {
            lock.unlock();
        }
    }

    /** How many messages there are. */
    public int size() {
        return size.get();
    }

    /** The {@linkplain ApplicationMessage#footprint footprints} of all messages. */
    public long bytes() {
        return bytes.get();
    }

    /**
     * Whether there would be more messages or bytes than allowed if this one were put now; false for one that takes no
     * more room than the one it replaces. Exact if nobody else changes anything meanwhile.
     */
    public boolean wouldExceed(ApplicationMessage message) {
        Entry old = entries.get(message.topic());
        long more = message.footprint() - (old == null ? 0L : old.message.footprint());
        return (maxCount > 0 && old == null && size.get() >= maxCount)
                || (maxBytes > 0 && more > 0 && bytes.get() + more > maxBytes);
    }

    /** The message of a topic, expired or not; null if there is none. */
    public @Nullable ApplicationMessage get(TopicName topic) {
        Entry e = entries.get(topic);
        return e == null ? null : e.message;
    }

    /** All messages whose topics a filter matches, in the order of {@link TopicName}. */
    public RetainedCursor scan(TopicFilter filter) {
        return new RetainedCursor(this, filter);
    }

    /** The first message behind a topic, or also at it; null if there is none. */
    public @Nullable ApplicationMessage next(TopicName from, boolean inclusive) {
        Map.Entry<TopicName, Entry> found = seek(from, inclusive);
        return found == null ? null : found.getValue().message;
    }

    /** The first entry behind a topic, or also at it. */
    Map.@Nullable Entry<TopicName, Entry> seek(TopicName from, boolean inclusive) {
        return inclusive ? entries.ceilingEntry(from) : entries.higherEntry(from);
    }
}
