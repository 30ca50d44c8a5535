package org.ternmq.broker.journal;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.spi.QoS;
import org.ternmq.spi.WriteBatch;

/**
 * How deliveries get into the store and out of it. All methods are called on the journal's thread, from
 * {@link Journal.Entry#write}, which is what makes counting the references to a shared body safe without a lock.
 */
public final class DeliveryRecords {
    private DeliveryRecords() {}

    /**
     * Writes the deliveries of one message that are not settled yet. With one left, the body goes into its record; with
     * more, or with a QoS 2 one whose record will be written again, it is stored apart, once.
     *
     * @param clientIds whose they are, in the same order
     */
    public static void put(WriteBatch batch, List<String> clientIds, List<Delivery> deliveries) {
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
        StoredBody body = null;
        for (int i = 0; i < writing.length; i++) {
            if (writing[i]) {
                Delivery delivery = deliveries.get(i);
                if (apart) {
                    if (body == null) {
                        body = new StoredBody(delivery.sequence());
                        batch.put(Keyspaces.MESSAGES, body.id(), delivery.message());
                    }
                    body.acquire();
                    delivery.body(body);
                }
                putRecord(batch, clientIds.get(i), delivery, delivery.packetId(), false);
            }
        }
    }

    /** Writes a delivery's record again: its packet identifier, and whether PUBREL is what is outstanding. */
    public static void update(WriteBatch batch, String clientId, Delivery delivery, int packetId, boolean released) {
        putRecord(batch, clientId, delivery, packetId, released);
    }

    private static void putRecord(
            WriteBatch batch, String clientId, Delivery delivery, int packetId, boolean released) {
        StoredBody body = delivery.body();
        @Nullable ApplicationMessage inline = body == null ? delivery.message() : null;
        batch.put(
                Keyspaces.QUEUE,
                new NumberedKey(clientId, delivery.sequence()),
                new QueueRecord(
                        body == null ? 0 : body.id(),
                        inline,
                        delivery.qos(),
                        delivery.retain(),
                        delivery.subscriptionIdentifiers(),
                        packetId,
                        released,
                        delivery.group()));
    }

    /** Removes a delivery's record, and the body with its last reference. */
    public static void remove(WriteBatch batch, String clientId, Delivery delivery) {
        batch.delete(Keyspaces.QUEUE, new NumberedKey(clientId, delivery.sequence()));
        StoredBody body = delivery.body();
        if (body != null && body.release()) {
            batch.delete(Keyspaces.MESSAGES, body.id());
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
