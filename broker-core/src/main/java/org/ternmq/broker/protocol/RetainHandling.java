package org.ternmq.broker.protocol;

/** Which retained messages a SUBSCRIBE asks for (3.8.3.1). The ordinal is the wire value. */
public enum RetainHandling {
    /** 0: all that match, each time (MQTT-3.3.1-9). */
    SEND,
    /** 1: all that match if the subscription is new (MQTT-3.3.1-10). */
    SEND_IF_NEW,
    /** 2: none (MQTT-3.3.1-11). */
    DO_NOT_SEND;

    private static final RetainHandling[] BY_VALUE = values();

    /** The two bits on the wire. */
    public int value() {
        return ordinal();
    }

    /** The handling of a wire value, 0 to 2. */
    public static RetainHandling of(int value) {
        return BY_VALUE[value];
    }
}
