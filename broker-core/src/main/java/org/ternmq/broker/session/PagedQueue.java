package org.ternmq.broker.session;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.Discarded;
import org.ternmq.broker.journal.Page;
import org.ternmq.broker.journal.PagedTail;
import org.ternmq.broker.journal.PagedTail.Entries;
import org.ternmq.broker.journal.Pager;
import org.ternmq.broker.observe.DropReason;

/**
 * The part of a session's queue that is in the store only. Pages of it are read when the client is about to need them, when a
 * leaving member of a shared subscription passes messages on, and when rights have changed; one page is on its way at a time,
 * so that the order stays. It may come when the client is gone again: then it is in the head for the next connection.
 *
 * <p>Owner: the session.
 */
final class PagedQueue {
    private static final int REMOVED_AT_ONCE = 4_096;

    private final Session session;
    private final WaitingQueue queue;
    private final Pager pager;
    private final QueueBudget budget;
    private final Disposal disposal;
    /** What a sweep has looked at and kept; it comes before the page that is read, and that before the rest. */
    private PagedTail swept = new PagedTail();

    private PagedTail rest = new PagedTail();
    /** Dropped, with records that are still to be removed. */
    private final PagedTail garbage = new PagedTail();

    private boolean removing;
    /** The page that is being read, or removed after the session's end. */
    private @Nullable Entries reading;
    /** Whether the page is for a sweep, and how many of its first messages were dropped meanwhile. */
    private boolean readingForSweep;

    private int dropped;
    /** What sweeps are for: to pass on, and to drop what the client may not have any more. */
    private boolean passesOn;

    private boolean rechecks;
    private boolean sweepsAgain;
    private long highest;
    private boolean ended;
    private List<Discarded> notes = List.of();

    PagedQueue(Session session, WaitingQueue queue, SessionServices services, Disposal disposal) {
        this.session = session;
        this.queue = queue;
        this.pager = services.pager();
        this.budget = services.budget();
        this.disposal = disposal;
    }

    boolean isEmpty() {
        return rest.isEmpty() && swept.isEmpty() && (reading == null || dropped == reading.size());
    }

    long earliestExpiry() {
        return Math.min(rest.earliestExpiry(), swept.earliestExpiry());
    }

    /** Adds a message behind all others. */
    void add(Delivery delivery) {
        keep(rest, delivery);
        highest = Math.max(highest, delivery.sequence());
    }

    private static void keep(PagedTail tail, Delivery delivery) {
        tail.add(
                delivery.sequence(),
                delivery.message().footprint(),
                delivery.message().expiresAt(),
                delivery.group() != null);
    }

    void restore(PagedTail found) {
        rest.takeAll(found);
        highest = rest.highest();
    }

    // ---- pages

    /** Does what is due next, if nothing is on its way. */
    void next() {
        if (reading != null) {
            return;
        }
        if (ended) {
            discardNext();
            return;
        }
        PagedTail front = swept.isEmpty() ? rest : swept;
        if (queue.wantsPage() && !front.isEmpty()) {
            read(front, false);
        } else if (passesOn || rechecks) {
            sweepNext();
        }
    }

    private void read(PagedTail from, boolean forSweep) {
        readingForSweep = forSweep;
        read(queue.takePage(from));
    }

    private void read(Entries page) {
        reading = page;
        dropped = 0;
        budget.reserve(page.bytes());
        pager.read(session.clientId(), page.sequences(), read -> session.tell(s -> onPage(page, read)));
    }

    private void onPage(Entries page, Page read) {
        int skip = dropped;
        boolean forSweep = readingForSweep;
        reading = null;
        budget.unreserve(page.bytes());
        for (int i = 0; i < page.size(); i++) {
            Delivery delivery = read.get(i);
            if (i < skip) {
                if (delivery != null) {
                    disposal.settle(delivery);
                }
            } else if (delivery == null) {
                disposal.dropUnseen(DropReason.UNREADABLE, 1);
                leaves(1, page.footprint(i));
            } else if (ended) {
                end(delivery);
            } else {
                take(delivery, forSweep);
            }
        }
        queue.show();
        if (ended) {
            discardNext();
        } else {
            session.outbound().pump();
            next(); // the pump does so only for a client that is connected
        }
    }

    private void leaves(int number, long bytes) {
        if (!ended) {
            queue.count(-number, -bytes);
        }
    }

    private void take(Delivery delivery, boolean forSweep) {
        if (rechecks && !session.wants(delivery)) {
            leaves(1, delivery.message().footprint());
            disposal.drop(delivery, DropReason.RECEIVE_DENIED);
        } else if (passesOn && delivery.group() != null && passOn(delivery)) {
            leaves(1, delivery.message().footprint());
        } else if (forSweep) {
            keep(swept, delivery);
        } else {
            queue.arrived(delivery);
        }
    }

    /** If others cannot take one, they cannot take those behind it either. */
    private boolean passOn(Delivery delivery) {
        passesOn = session.passOn(delivery, false);
        return passesOn;
    }

    // ---- sweeps

    /** The client has left: what came by shared subscriptions is offered to their other members. */
    void passOn() {
        passesOn = true;
        sweepsAgain = !swept.isEmpty() || reading != null;
        next();
    }

    /** The client is back: what was not passed on is its own. */
    void keepAll() {
        passesOn = false;
    }

    /** The client has lost rights: what it may not have is looked for. */
    void recheck() {
        rechecks = true;
        sweepsAgain = !swept.isEmpty() || reading != null;
        next();
    }

    private void sweepNext() {
        if (!rechecks) {
            swept.takeUnshared(rest);
        }
        if (!rest.isEmpty()) {
            read(rest, true);
            return;
        }
        PagedTail all = swept;
        swept = rest;
        rest = all;
        if (sweepsAgain && !rest.isEmpty()) {
            sweepsAgain = false;
            sweepNext();
        } else {
            passesOn = false;
            rechecks = false;
        }
    }

    // ---- what goes unseen

    /** Drops the first message. */
    void dropOldest(DropReason reason) {
        Entries page = reading;
        boolean pageIsLeft = page != null && dropped < page.size();
        if (!swept.isEmpty() && (readingForSweep || !pageIsLeft)) {
            dropFirst(swept, reason);
        } else if (page != null && pageIsLeft) {
            leaves(1, page.footprint(dropped)); // its record goes when the page is there
            disposal.dropUnseen(reason, 1);
            dropped++;
        } else if (!rest.isEmpty()) {
            dropFirst(rest, reason);
        }
    }

    private void dropFirst(PagedTail tail, DropReason reason) {
        throwAway(tail.poll(1, Long.MAX_VALUE), reason);
    }

    private void throwAway(Entries gone, DropReason reason) {
        leaves(gone.size(), gone.bytes());
        disposal.dropUnseen(reason, gone.size());
        long[] sequences = gone.sequences();
        for (int i = 0; i < sequences.length; i++) {
            garbage.add(sequences[i], gone.footprint(i), Long.MAX_VALUE, false);
        }
        removeGarbage();
    }

    void removeExpired(long now) {
        if (earliestExpiry() <= now) {
            throwAway(swept.removeExpired(now), DropReason.EXPIRED);
            throwAway(rest.removeExpired(now), DropReason.EXPIRED);
        }
    }

    private void removeGarbage() {
        if (!removing && !garbage.isEmpty()) {
            removing = true;
            long[] sequences = garbage.poll(REMOVED_AT_ONCE, Long.MAX_VALUE).sequences();
            pager.remove(session.clientId(), sequences, false, () -> session.tell(s -> garbageRemoved()));
        }
    }

    private void garbageRemoved() {
        removing = false;
        removeGarbage();
        if (ended) {
            next();
        }
    }

    // ---- the end

    /** The session ends. Returns the note for the store, if there is still something in it. */
    @Nullable
    Discarded discard() {
        boolean nothingLeft = isEmpty() && reading == null && !removing && garbage.isEmpty();
        if (nothingLeft) {
            return null;
        }
        Discarded note = new Discarded(session.clientId(), highest);
        notes = List.of(note);
        end();
        return note;
    }

    /** The session had ended in an earlier life of the broker. */
    void discard(PagedTail remnant, List<Discarded> of) {
        notes = of;
        rest.takeAll(remnant);
        end();
    }

    private void end() {
        ended = true;
        swept.takeAll(rest);
        PagedTail all = swept;
        swept = rest;
        rest = all;
        next();
    }

    /** Goes on, page by page, so that no loop is held up however many there are. */
    private void discardNext() {
        if (reading != null || removing || !garbage.isEmpty()) {
            return;
        }
        if (rest.isEmpty()) {
            session.store(batch -> notes.forEach(note -> note.delete(batch)), null);
            return;
        }
        if (rest.beginsShared()) {
            read(rest, false);
            return;
        }
        Entries page = rest.poll(REMOVED_AT_ONCE, Long.MAX_VALUE);
        if (page.shared()) { // from the middle on
            read(page);
            return;
        }
        reading = page;
        dropped = 0;
        disposal.dropUnseen(DropReason.SESSION_ENDED, page.size());
        pager.remove(session.clientId(), page.sequences(), true, () -> session.tell(s -> pageRemoved()));
    }

    private void pageRemoved() {
        reading = null;
        discardNext();
    }

    private void end(Delivery delivery) {
        if (delivery.group() == null || !session.passOn(delivery, true)) {
            disposal.drop(delivery, DropReason.SESSION_ENDED);
        }
    }
}
