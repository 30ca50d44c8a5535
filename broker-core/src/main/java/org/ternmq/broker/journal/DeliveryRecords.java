package org.ternmq.broker.journal;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.spi.QoS;
import org.ternmq.spi.WriteBatch;

/**
 * How deliveries get into the store and out of it. All methods but {@link #settle} are called on the journal's thread, from
 * {@link Journal.Entry#write}, which is what makes counting the references to a shared body safe without a lock.
 */
public final class DeliveryRecords {
    private final BodyReferences references;

    /** For an empty store; {@link Recovery#records} is for one that is not. */
    public DeliveryRecords() {
        this(new BodyReferences());
    }

    DeliveryRecords(BodyReferences references) {
        this.references = references;
    }

    /**
     * Writes the deliveries of one message that are not settled yet. With one left, the body goes into its record; with
     * more, or with a QoS 2 one whose record will be written again, it is stored apart, once.
     *
     * @param clientIds whose they are, in the same order
     */
    public void put(WriteBatch batch, List<String> clientIds, List<Delivery> deliveries) {
        int live = 0;
        boolean apart = false;
        boolean[] writing = new boolean[deliveries.size()];
        for (int i = 0; i < writing.length; i++) {
            Delivery delivery = deliveries.get(i);
            if (delivery.beginWrite()) {
                writing[i] = true;
                live++;
                apart |= delivery.qos() == QoS.EXACTLY_ONCE;
            }
        }
        apart |= live > 1;
        long bodyId = 0;
        for (int i = 0; i < writing.length; i++) {
            if (writing[i]) {
                Delivery delivery = deliveries.get(i);
                if (apart) {
                    if (bodyId == 0) {
                        bodyId = delivery.sequence();
                        batch.put(Keyspaces.MESSAGES, bodyId, delivery.message());
                        references.set(bodyId, live);
                    }
                    delivery.bodyId(bodyId);
                }
                putRecord(batch, clientIds.get(i), delivery, delivery.packetId(), false);
            }
        }
    }

    /**
     * Writes a delivery's record again: its packet identifier, and whether PUBREL is what is outstanding. One that was settled
     * meanwhile has no record to write again, or one that an entry behind this removes.
     */
    public void update(WriteBatch batch, String clientId, Delivery delivery, int packetId, boolean released) {
        if (delivery.isSettled()) {
            return;
        }
        putRecord(batch, clientId, delivery, packetId, released);
    }

    private static void putRecord(
            WriteBatch batch, String clientId, Delivery delivery, int packetId, boolean released) {
        long bodyId = delivery.bodyId();
        @Nullable ApplicationMessage inline = bodyId == 0 ? delivery.message() : null;
        batch.put(
                Keyspaces.QUEUE,
                new NumberedKey(clientId, delivery.sequence()),
                new QueueRecord(
                        bodyId,
                        inline,
                        delivery.qos(),
                        delivery.retain(),
                        delivery.subscriptionIdentifiers(),
                        packetId,
                        released,
                        delivery.group()));
    }

    /** Removes a delivery's record, and the body with its last reference. */
    public void remove(WriteBatch batch, String clientId, Delivery delivery) {
        batch.delete(Keyspaces.QUEUE, new NumberedKey(clientId, delivery.sequence()));
        release(batch, delivery.bodyId());
    }

    /** Gives up a reference to a body; 0 for a record that has its own. */
    void release(WriteBatch batch, long bodyId) {
        if (bodyId != 0 && references.release(bodyId)) {
            batch.delete(Keyspaces.MESSAGES, bodyId);
        }
    }

    /**
     * Notes that a session is done with a delivery.
     *
     * @return true if its record has to be removed by an entry appended after this call
     */
    public static boolean settle(Delivery delivery) {
        return delivery.isStored() && delivery.settle();
    }
}
