package org.ternmq.acl.file;

import java.util.Collection;
import org.ternmq.spi.QoS;

/**
 * What a client does. An action with a QoS and a retain flag is one bit of an {@code int}, so that a rule is the set of bits it
 * speaks of, and looking whether it speaks of a request is one AND.
 */
enum Action {
    /** To publish. */
    PUBLISH,
    /** To subscribe. */
    SUBSCRIBE,
    /** To be sent a message, where a file speaks of that. */
    RECEIVE,
    /** To be sent a message, as far as rules on subscribing speak of it. */
    DELIVERY;

    private static final int QOS_LEVELS = 3;

    /** The bit of one request. */
    int bit(QoS qos, boolean retain) {
        return 1 << (ordinal() * QOS_LEVELS + qos.value()) * 2 + (retain ? 1 : 0);
    }

    /** The bits of requests with one of these QoS levels, retained or not. */
    int bits(Collection<QoS> levels) {
        int bits = 0;
        for (QoS qos : levels) {
            bits |= bit(qos, false) | bit(qos, true);
        }
        return bits;
    }

    /** The bits of requests with one of these QoS levels and this retain flag. */
    int bits(Collection<QoS> levels, boolean retain) {
        int bits = 0;
        for (QoS qos : levels) {
            bits |= bit(qos, retain);
        }
        return bits;
    }
}
