package org.ternmq.broker.session;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.Limits.Overflow;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.Discarded;
import org.ternmq.broker.journal.PagedTail;
import org.ternmq.broker.journal.PagedTail.Entries;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.protocol.ApplicationMessage;

/**
 * QoS 1 and 2 messages that wait for one client, in order: a short head in memory, behind it what is in the store and known
 * by number only ({@link PagedQueue}), and behind that what is not stored and came later. Keeps to the limits of the session
 * and of all sessions together.
 *
 * <p>Owner: the session, but for what other threads may ask.
 */
final class WaitingQueue {
    /** Beyond these, what is stored stays in the store. */
    private static final int HEAD_MESSAGES = 128;

    private static final long HEAD_BYTES = 256 << 10;
    /** With fewer in the head, a connected client's next page is fetched, so that it never waits for one. */
    private static final int LOW_WATER = 256;

    private static final int PAGE_MESSAGES = 512;
    private static final long PAGE_BYTES = 512 << 10;
    /** Enough to go on where memory is short. */
    private static final int SMALL_PAGE_MESSAGES = 16;

    private static final long SMALL_PAGE_BYTES = 16 << 10;
    private static final long NOT_FULL = Long.MIN_VALUE;

    private final Session session;
    private final SessionServices services;
    private final SessionLimits limits;
    private final QueueBudget budget;
    private final Disposal disposal;
    private final ArrayDeque<Delivery> head = new ArrayDeque<>(0);
    /** What came while there was something in the store before it, and is not there itself. */
    private final ArrayDeque<Delivery> behind = new ArrayDeque<>(0);
    /** What is in the store; null before the first. */
    private @Nullable PagedQueue paged;

    private long headBytes;
    private int messages;
    private long bytes;
    /** No message in memory expires before. */
    private long earliestInMemory = ApplicationMessage.NEVER;

    private boolean online;

    private final WaitingAge age = new WaitingAge();

    /** Read by other threads. */
    private volatile int waiting;

    private volatile long waitingBytes;
    /** Until when it is full, since expired messages then make room; {@link #NOT_FULL} if it is not. */
    private volatile long fullUntil = NOT_FULL;

    WaitingQueue(Session session, SessionServices services, Disposal disposal) {
        this.session = session;
        this.services = services;
        this.limits = services.limits();
        this.budget = services.budget();
        this.disposal = disposal;
    }

    // ---- for any thread

    /** Messages that wait. */
    int size() {
        return waiting;
    }

    /** Their bytes. */
    long bytes() {
        return waitingBytes;
    }

    /** When the oldest that waits was added, or found in the store, in milliseconds since the epoch; 0 if nothing waits. */
    long waitingSince() {
        return age.since();
    }

    /** Whether a message would only be dropped. */
    boolean isFull(long now) {
        return fullUntil > now;
    }

    // ---- in and out

    boolean isEmpty() {
        return messages == 0;
    }

    void online(boolean now) {
        online = now;
        if (now && paged != null) {
            paged.keepAll();
        }
    }

    /** Adds a message, or drops one: this or others, as the limits say. False if it was this. */
    boolean add(Delivery delivery) {
        int size = delivery.message().footprint();
        DropReason full = reasonAgainst(delivery, size);
        if (full != null) {
            removeExpired(session.now());
            full = reasonAgainst(delivery, size);
        }
        if (full != null && limits.overflow() == Overflow.DROP_OLDEST) {
            full = makeRoom(delivery, size, full);
        }
        // With reject, what is stored was let in before the queue was seen to be full, and its publisher has been told
        // so.
        if (full != null && !(limits.overflow() == Overflow.REJECT && delivery.isStored())) {
            disposal.drop(delivery, full);
            show();
            return false;
        }
        place(delivery, size);
        show();
        return true;
    }

    private @Nullable DropReason reasonAgainst(Delivery delivery, int size) {
        if (messages >= limits.queueMessages() || bytes + size > limits.queueBytes()) {
            return DropReason.QUEUE_FULL;
        }
        if (!budget.hasRoomFor(size) || (!delivery.isStored() && budget.isMemoryFull())) {
            return DropReason.TOTAL_FULL;
        }
        return null;
    }

    /** Drops the oldest ones; of this session only, and for the sake of the total no more than the new one takes. */
    private @Nullable DropReason makeRoom(Delivery delivery, int size, DropReason first) {
        DropReason full = first;
        long freed = 0;
        while (full != null && messages > 0 && (full == DropReason.QUEUE_FULL || freed < size)) {
            long before = bytes;
            dropOldest(full);
            freed += before - bytes;
            full = reasonAgainst(delivery, size);
        }
        return full == DropReason.TOTAL_FULL && freed >= size ? null : full;
    }

    private void dropOldest(DropReason reason) {
        Delivery oldest = head.poll();
        if (oldest != null) {
            headBytes -= oldest.message().footprint();
            forget(oldest);
            disposal.drop(oldest, reason);
        } else if (paged != null && !paged.isEmpty()) {
            paged.dropOldest(reason);
        } else {
            Delivery next = behind.remove();
            forget(next);
            disposal.drop(next, reason);
        }
    }

    private void place(Delivery delivery, int size) {
        joinParts();
        boolean isPaged = paged != null && !paged.isEmpty();
        if (isPaged ? delivery.isStored() && behind.isEmpty() : delivery.isStored() && isHeadFull()) {
            paged().add(delivery);
        } else {
            if (isPaged || !behind.isEmpty()) {
                behind.add(delivery);
            } else {
                head.add(delivery);
                headBytes += size;
            }
            keep(delivery);
        }
        count(1, size);
    }

    private boolean isHeadFull() {
        return head.size() >= HEAD_MESSAGES || headBytes >= HEAD_BYTES || budget.isMemoryFull();
    }

    private void keep(Delivery delivery) {
        budget.keep(delivery);
        earliestInMemory = Math.min(earliestInMemory, delivery.message().expiresAt());
    }

    /** It leaves memory, and the queue. */
    private void forget(Delivery delivery) {
        budget.letGo(delivery);
        count(-1, -delivery.message().footprint());
    }

    /** Once nothing is in the store any more, what came behind that is next. */
    private void joinParts() {
        if (!behind.isEmpty() && (paged == null || paged.isEmpty())) {
            for (Delivery delivery : behind) {
                headBytes += delivery.message().footprint();
            }
            head.addAll(behind);
            behind.clear();
        }
    }

    /** Takes the first message; null if there is none in memory, though some may be on their way there. */
    @Nullable
    Delivery poll() {
        joinParts();
        Delivery next = head.poll();
        if (next != null) {
            headBytes -= next.message().footprint();
            forget(next);
            show();
        }
        return next;
    }

    /** Has the next page fetched if it is time to. */
    void prefetch() {
        if (paged != null) {
            paged.next();
        }
    }

    /** Puts back what was found in the store. */
    void restore(PagedTail found) {
        if (!found.isEmpty()) {
            count(found.size(), found.bytes());
            paged().restore(found);
            show();
        }
    }

    // ---- for what is in the store

    private PagedQueue paged() {
        PagedQueue known = paged;
        if (known == null) {
            known = new PagedQueue(session, this, services, disposal);
            paged = known;
        }
        return known;
    }

    /** Whether a page for the head is wanted. */
    boolean wantsPage() {
        return online && head.size() < (budget.isMemoryFull() ? SMALL_PAGE_MESSAGES : LOW_WATER);
    }

    /** Takes the numbers of a page from a list. */
    Entries takePage(PagedTail from) {
        return budget.isMemoryFull()
                ? from.poll(SMALL_PAGE_MESSAGES, SMALL_PAGE_BYTES)
                : from.poll(PAGE_MESSAGES, PAGE_BYTES);
    }

    /** A message was read; it was counted before. */
    void arrived(Delivery delivery) {
        head.add(delivery);
        headBytes += delivery.message().footprint();
        keep(delivery);
    }

    /** Messages in the store are not part of the queue any more, or are again. */
    void count(int number, long size) {
        messages += number;
        bytes += size;
        budget.add(number, size);
    }

    /** Shows other threads how things stand. */
    void show() {
        if (waiting != messages) {
            waiting = messages;
            age.waiting(messages, session.now());
        }
        if (waitingBytes != bytes) {
            waitingBytes = bytes;
        }
        boolean full = messages >= limits.queueMessages() || bytes >= limits.queueBytes();
        long until = full ? earliestExpiry() : NOT_FULL;
        if (fullUntil != until) {
            fullUntil = until;
        }
    }

    private long earliestExpiry() {
        return paged == null ? earliestInMemory : Math.min(earliestInMemory, paged.earliestExpiry());
    }

    // ---- what goes without being sent

    /** Expired messages hold no places against new ones. */
    private void removeExpired(long now) {
        if (earliestInMemory <= now) {
            earliestInMemory = ApplicationMessage.NEVER;
            removeIf(delivery -> {
                boolean expired = delivery.message().isExpired(now);
                if (expired) {
                    disposal.drop(delivery, DropReason.EXPIRED);
                } else {
                    earliestInMemory =
                            Math.min(earliestInMemory, delivery.message().expiresAt());
                }
                return expired;
            });
        }
        if (paged != null) {
            paged.removeExpired(now);
        }
    }

    private void removeIf(Predicate<Delivery> gone) {
        for (Iterator<Delivery> each = head.iterator(); each.hasNext(); ) {
            Delivery delivery = each.next();
            if (gone.test(delivery)) {
                each.remove();
                headBytes -= delivery.message().footprint();
                forget(delivery);
            }
        }
        behind.removeIf(delivery -> {
            boolean goes = gone.test(delivery);
            if (goes) {
                forget(delivery);
            }
            return goes;
        });
    }

    /** The client leaves: others of the shared subscriptions get what they can take. */
    void passOn(boolean ends) {
        removeIf(delivery -> delivery.group() != null && session.passOn(delivery, ends));
        if (paged != null && !ends) {
            paged.passOn();
        }
        show();
    }

    /** Drops what is not to be sent any more: the client has lost the right to it. */
    void discardUnwanted() {
        removeIf(delivery -> {
            boolean unwanted = !session.wants(delivery);
            if (unwanted) {
                disposal.drop(delivery, DropReason.RECEIVE_DENIED);
            }
            return unwanted;
        });
        if (paged != null) {
            paged.recheck();
        }
        show();
    }

    /**
     * The session ends: what shared subscriptions cannot pass on is dropped.
     *
     * @return the note for the store, if there is something in the store that will go only after the session itself
     */
    @Nullable
    Discarded discard() {
        passOn(true);
        removeIf(delivery -> {
            disposal.drop(delivery, DropReason.SESSION_ENDED);
            return true;
        });
        budget.remove(messages, bytes);
        messages = 0;
        bytes = 0;
        show();
        return paged == null ? null : paged.discard();
    }

    /** What a session that has ended in an earlier life of the broker has left goes now. */
    void discard(PagedTail remnant, List<Discarded> notes) {
        paged().discard(remnant, notes);
    }
}
