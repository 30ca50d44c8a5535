package org.ternmq.broker.observe;

import java.util.Locale;

/** Why a message, or one subscriber's copy of it, went no further. */
public enum DropReason {
    /** The Message Expiry Interval ran out (MQTT-3.3.2-5). */
    EXPIRED,
    /** The subscriber's queue was full. */
    QUEUE_FULL,
    /** The queues of all sessions together were full, or what memory they may take was and the copy was not stored. */
    TOTAL_FULL,
    /** A QoS 0 copy for a subscriber that does not read fast enough. */
    SLOW_SUBSCRIBER,
    /** Larger than the subscriber's Maximum Packet Size (MQTT-3.1.2-25). */
    TOO_LARGE,
    /** The publisher may not publish this. */
    PUBLISH_DENIED,
    /** The subscriber may not receive this. */
    RECEIVE_DENIED,
    /** An interceptor said so, or failed. */
    INTERCEPTED,
    /** A retained message beyond the limit on retained messages. */
    RETAINED_FULL,
    /** The session ended with messages in its queue. */
    SESSION_ENDED,
    /** A shared subscription without a member that could take it. */
    NO_MEMBER,
    /** It would have been stored, and the disk is nearly full. */
    DISK_LOW,
    /** The stored record was missing or could not be read when the message was to be sent. */
    UNREADABLE,
    /** A bridge gave it up, such as one that is too large for the other side. */
    BRIDGE;

    /** As operators see it, such as {@code queue-full}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
