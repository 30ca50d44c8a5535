package org.ternmq.broker.routing;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.shard.Wakes;
import org.ternmq.spi.WriteBatch;

/**
 * One published message with everything durable that it touches: the retained message, the copies of persistent sessions,
 * and the packet identifier of a QoS 2 flow. Becomes safe as a whole; then the publisher is told, and copies that had to
 * wait for it go out.
 *
 * <p>Owner: the publisher's loop until it is appended to the journal, then the journal's thread, then the publisher again.
 */
public final class Publication implements Journal.Entry {
    private final ApplicationMessage message;
    private final @Nullable Publisher publisher;
    private final int packetId;
    private final @Nullable Object link;
    private final boolean storesInbound;
    private final boolean inOrder;
    private @Nullable RetainedMessages retained;
    /** Stored deliveries and whose they are; none until there is one, since most messages touch nothing durable. */
    private List<Delivery> stored = List.of();

    private List<String> clientIds = List.of();
    private @Nullable List<Subscriber> deferredTo;
    private @Nullable List<Delivery> deferred;
    /** A member of a shared subscription left this undone; it goes with the write of the copy for another one. */
    private @Nullable Delivery replaced;

    private String replacedOf = "";
    private @Nullable DeliveryRecords records;
    private boolean pending;
    private @Nullable String rejection;
    private int recipients;
    private int storedWeight;

    private Publication(
            ApplicationMessage message,
            @Nullable Publisher publisher,
            int packetId,
            @Nullable Object link,
            boolean storesInbound,
            boolean inOrder) {
        this.message = message;
        this.publisher = publisher;
        this.packetId = packetId;
        this.link = link;
        this.storesInbound = storesInbound;
        this.inOrder = inOrder;
    }

    /**
     * A message that a client published.
     *
     * @param packetId its packet identifier, 0 for QoS 0
     * @param link the connection it came by, so that no other gets the acknowledgement
     * @param storesInbound whether the packet identifier becomes part of a stored session
     * @param inOrder whether an earlier message of this client is not safe yet, so that this one has to queue behind it
     */
    public static Publication of(
            ApplicationMessage message,
            Publisher publisher,
            int packetId,
            Object link,
            boolean storesInbound,
            boolean inOrder) {
        return new Publication(message, publisher, packetId, link, storesInbound, inOrder);
    }

    /** A message that nobody waits for: a will, or one of the broker's own. */
    public static Publication unattended(ApplicationMessage message) {
        return new Publication(message, null, 0, null, false, false);
    }

    /** The message. */
    public ApplicationMessage message() {
        return message;
    }

    /** The packet identifier to acknowledge, 0 for QoS 0. */
    public int packetId() {
        return packetId;
    }

    /** Whether it came by this connection. */
    public boolean cameBy(Object connection) {
        return link == connection;
    }

    /** Whether it is with the journal and not yet safe. */
    public boolean isPending() {
        return pending;
    }

    /** Whether it went to nobody, since there is no room for it; the publisher is to be told. */
    public boolean isRejected() {
        return rejection != null;
    }

    /** Why it {@link #isRejected}, in words. */
    public String rejection() {
        return rejection == null ? "" : rejection;
    }

    void reject(String why) {
        rejection = why;
    }

    /** Whether its packet identifier is stored with the session of its publisher. */
    boolean storesPacketId() {
        return storesInbound;
    }

    /** Subscribers that get it, those excluded by No Local left out. */
    public int recipients() {
        return recipients;
    }

    boolean mustWait() {
        return storesInbound || inOrder;
    }

    void countRecipient() {
        recipients++;
    }

    /** It is about to be appended; the records are what its deliveries are written with. */
    void pending(DeliveryRecords with) {
        pending = true;
        records = with;
    }

    private DeliveryRecords records() {
        return Objects.requireNonNull(records);
    }

    void retained(RetainedMessages messages) {
        retained = messages;
    }

    void replaces(Subscriber leaving, Delivery delivery) {
        replaced = delivery;
        replacedOf = leaving.clientId();
    }

    void store(Subscriber subscriber, Delivery delivery) {
        if (stored.isEmpty()) {
            stored = new ArrayList<>(2);
            clientIds = new ArrayList<>(2);
        }
        clientIds.add(subscriber.clientId());
        stored.add(delivery);
        storedWeight += 64;
    }

    void defer(Subscriber subscriber, Delivery delivery) {
        List<Subscriber> to = deferredTo;
        List<Delivery> what = deferred;
        if (to == null || what == null) {
            to = new ArrayList<>(2);
            what = new ArrayList<>(2);
            deferredTo = to;
            deferred = what;
        }
        to.add(subscriber);
        what.add(delivery);
    }

    @Override
    public void write(WriteBatch batch) {
        if (retained != null) {
            // What is retained now, not what this message would have made it: two publishers may have appended in
            // another
            // order than that in which they changed the map, and the last of them must leave the store as the map is.
            ApplicationMessage current = retained.get(message.topic());
            if (current == null) {
                batch.delete(Keyspaces.RETAINED, message.topic());
            } else {
                batch.put(Keyspaces.RETAINED, message.topic(), current);
            }
        }
        if (!stored.isEmpty()) {
            records().put(batch, clientIds, stored);
        }
        if (replaced != null && DeliveryRecords.settle(replaced)) {
            records().remove(batch, replacedOf, replaced);
        }
        if (storesInbound && publisher instanceof Subscriber client) {
            batch.put(Keyspaces.INBOUND, new NumberedKey(client.clientId(), packetId), true); // MQTT-4.3.3-10
        }
    }

    @Override
    public void committed(Wakes wakes) {
        List<Subscriber> to = deferredTo;
        List<Delivery> what = deferred;
        if (to != null && what != null) {
            for (int i = 0; i < to.size(); i++) {
                if (to.get(i).offer(what.get(i))) {
                    wakes.add(to.get(i));
                }
            }
        }
        if (publisher != null && publisher.offerCommitted(this)) {
            wakes.add(publisher);
        }
    }

    @Override
    public int weight() {
        return message.footprint() + storedWeight;
    }
}
