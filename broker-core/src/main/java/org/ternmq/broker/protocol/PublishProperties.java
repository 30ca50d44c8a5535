package org.ternmq.broker.protocol;

import java.util.Arrays;

/**
 * What a PUBLISH or a will carries to every subscriber: Payload Format Indicator, Content Type, Response Topic,
 * Correlation Data and User Properties, kept as the bytes in which they came, so that forwarding them unchanged and in
 * order (MQTT-3.3.2-4, -15 to -18, -20) is a copy. The Message Expiry Interval changes on its way (MQTT-3.3.2-6) and is
 * therefore kept apart. Immutable.
 *
 * @param forwarded encoded properties, valid, without a length in front; not to be changed
 * @param messageExpiryInterval seconds, 0 to 4294967295, or {@link #NEVER}
 */
public record PublishProperties(byte[] forwarded, long messageExpiryInterval) {
    /** The expiry interval of a message that never expires. */
    public static final long NEVER = -1;

    /** No properties. */
    public static final PublishProperties NONE = new PublishProperties(new byte[0], NEVER);

    @Override
    public boolean equals(Object o) {
        return o instanceof PublishProperties p
                && messageExpiryInterval == p.messageExpiryInterval
                && Arrays.equals(forwarded, p.forwarded);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(forwarded);
    }

    @Override
    public String toString() {
        return "PublishProperties[" + forwarded.length + " bytes, expiry " + messageExpiryInterval + "]";
    }
}
