package org.ternmq.spi.control;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A session as it was at one moment.
 *
 * @param clientId the client id
 * @param connected whether it has a connection
 * @param username who it belongs to; empty for an anonymous client
 * @param connection the connection, if it has one
 * @param persistent whether it outlives its connection
 * @param expiryInterval seconds that it outlives its connection; 4294967295 for ever
 * @param disconnectedSince since when it has no connection, as far as known
 * @param subscriptions how many it has
 * @param queuedMessages messages that wait
 * @param queuedBytes bytes of these
 * @param inFlight messages that are sent and not acknowledged
 * @param drops copies for it that were dropped, by the reason, such as {@code queue-full}, since it was made or the broker was
 *     started; without those that there were none of
 * @param lastEnd how its last connection ended, as far as it is remembered
 */
public record SessionView(
        String clientId,
        boolean connected,
        Optional<String> username,
        Optional<ConnectionView> connection,
        boolean persistent,
        long expiryInterval,
        Optional<Instant> disconnectedSince,
        int subscriptions,
        int queuedMessages,
        long queuedBytes,
        int inFlight,
        Map<String, Long> drops,
        Optional<LastEnd> lastEnd) {
    /**
     * Copies the map.
     *
     * @param clientId the client id
     * @param connected whether it has a connection
     * @param username who it belongs to; empty for an anonymous client
     * @param connection the connection, if it has one
     * @param persistent whether it outlives its connection
     * @param expiryInterval seconds that it outlives its connection; 4294967295 for ever
     * @param disconnectedSince since when it has no connection, as far as known
     * @param subscriptions how many it has
     * @param queuedMessages messages that wait
     * @param queuedBytes bytes of these
     * @param inFlight messages that are sent and not acknowledged
     * @param drops copies for it that were dropped, by the reason, such as {@code queue-full}, since it was made or the broker was
     *     started; without those that there were none of
     * @param lastEnd how its last connection ended, as far as it is remembered
     */
    public SessionView {
        drops = Map.copyOf(drops);
    }
}
