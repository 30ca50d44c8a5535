package org.ternmq.broker.journal;

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
    private static final String PREFIX = "discarded ";

    /** Writes the note. */
    public void put(WriteBatch batch) {
        batch.put(Keyspaces.META, key(), lastSequence);
    }

    /** Removes the note. */
    public void delete(WriteBatch batch) {
        batch.delete(Keyspaces.META, key());
    }

    /** The keys of all notes begin with this. */
    static String prefix() {
        return PREFIX;
    }

    private String key() {
        return PREFIX + lastSequence + " " + clientId;
    }

    /** The note of a key that begins with the prefix. */
    static Discarded of(String key, long lastSequence) {
        return new Discarded(key.substring(key.indexOf(' ', PREFIX.length()) + 1), lastSequence);
    }
}
