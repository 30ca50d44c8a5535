package org.ternmq.spi;

/** Quality of Service of a message or the maximum of a subscription (MQTT 5.0, 4.3). The ordinal is the wire value. */
public enum QoS {
    /** 0: sent once, never acknowledged. */
    AT_MOST_ONCE,
    /** 1: acknowledged by PUBACK, may arrive more than once. */
    AT_LEAST_ONCE,
    /** 2: acknowledged by PUBREC, PUBREL, PUBCOMP, arrives once. */
    EXACTLY_ONCE;

    private static final QoS[] BY_VALUE = values();

    /**
     * The value on the wire.
     *
     * @return 0, 1 or 2
     */
    public int value() {
        return ordinal();
    }

    /**
     * The QoS of a wire value.
     *
     * @param value 0, 1 or 2
     * @return the QoS of this value
     * @throws IllegalArgumentException if the value is none of these
     */
    public static QoS of(int value) {
        if (value < 0 || value > 2) {
            throw new IllegalArgumentException("QoS " + value);
        }
        return BY_VALUE[value];
    }

    /**
     * The lower of two: a message is delivered at the lower of its own QoS and the granted one (MQTT-3.8.4-8).
     *
     * @param other the QoS to compare with
     * @return this or the other, whichever has the lower value
     */
    public QoS min(QoS other) {
        return ordinal() <= other.ordinal() ? this : other;
    }

    /**
     * The higher of two: of overlapping subscriptions the highest granted one is honoured (MQTT-3.3.4-2).
     *
     * @param other the QoS to compare with
     * @return this or the other, whichever has the higher value
     */
    public QoS max(QoS other) {
        return ordinal() >= other.ordinal() ? this : other;
    }
}
