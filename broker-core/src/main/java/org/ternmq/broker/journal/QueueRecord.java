package org.ternmq.broker.journal;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.spi.QoS;

/**
 * A message that a session has not finished: waiting, or in flight.
 *
 * @param bodyId where the body is in the keyspace of bodies, 0 if it is in this record
 * @param message the body, null if it is in the keyspace of bodies
 * @param qos the QoS to deliver at
 * @param retain the RETAIN flag to send
 * @param identifiers the Subscription Identifiers to send
 * @param packetId the packet identifier, 0 if none was given when this was written
 * @param released whether PUBREC was taken, so that PUBREL is outstanding
 * @param group the shared subscription it came by, null if by others
 */
public record QueueRecord(
        long bodyId,
        @Nullable ApplicationMessage message,
        QoS qos,
        boolean retain,
        int[] identifiers,
        int packetId,
        boolean released,
        @Nullable String group) {
    @Override
    public boolean equals(Object o) {
        return o instanceof QueueRecord r
                && bodyId == r.bodyId
                && qos == r.qos
                && retain == r.retain
                && packetId == r.packetId
                && released == r.released
                && Objects.equals(group, r.group)
                && Arrays.equals(identifiers, r.identifiers);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(bodyId) + packetId;
    }

    @Override
    public String toString() {
        return "QueueRecord[body " + bodyId + ", " + qos + ", packet " + packetId + (released ? ", released]" : "]");
    }
}
