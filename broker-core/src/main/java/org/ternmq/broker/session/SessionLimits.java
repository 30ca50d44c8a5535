package org.ternmq.broker.session;

import org.ternmq.broker.config.Limits.Overflow;

/**
 * Bounds of every session.
 *
 * @param queueMessages QoS 1 and 2 messages that may wait for one session
 * @param queueBytes their bytes
 * @param overflow what happens to a message beyond that
 * @param withholdFromOldClients whether a publisher of MQTT 3 whose message is rejected gets no acknowledgement, instead of the
 *     end of its connection
 * @param inboxMessages QoS 0 copies a session may be behind with
 * @param receiveMaximum QoS 1 and 2 messages a client of MQTT 5.0 may have open (MQTT-3.3.4-7)
 * @param filtersPerSubscribe filters in one SUBSCRIBE or UNSUBSCRIBE
 * @param topicLevels levels of a topic or filter
 * @param expiryMaximum the longest Session Expiry Interval granted, in seconds
 * @param messageExpiryMillis how long a message lives at most, also one without expiry; 0 for no limit
 * @param takeOversPerMinute how often it may be taken over; 0 for no limit
 * @param bindToUser whether only the user that made a session may resume it
 */
public record SessionLimits(
        int queueMessages,
        long queueBytes,
        Overflow overflow,
        boolean withholdFromOldClients,
        int inboxMessages,
        int receiveMaximum,
        int filtersPerSubscribe,
        int topicLevels,
        long expiryMaximum,
        long messageExpiryMillis,
        int takeOversPerMinute,
        boolean bindToUser) {
    /** Session Expiry Interval of a session that never ends. */
    public static final long NEVER = 0xFFFF_FFFFL;
}
