package org.ternmq.broker.journal;

import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.spi.WriteBatch;

/**
 * A note in the store that a session has ended whose messages are still to be passed on or removed, which takes time if there
 * are very many: a session that comes after it under the same client identifier must not find them (MQTT-3.1.2-4). The note goes
 * in with the removal of the session, and out when its last message is gone; a broker that is started in between goes on.
 *
 * @param clientId whose session it was
 * @param lastSequence its messages have numbers up to this; those of later sessions have higher ones
 */
public record Discarded(String clientId, long lastSequence) {
    /** Writes the note. */
    public void put(WriteBatch batch) {
        batch.put(Keyspaces.DISCARDED, key(), true);
    }

    /** Removes the note. */
    public void delete(WriteBatch batch) {
        batch.delete(Keyspaces.DISCARDED, key());
    }

    private NumberedKey key() {
        return new NumberedKey(clientId, lastSequence);
    }
}
