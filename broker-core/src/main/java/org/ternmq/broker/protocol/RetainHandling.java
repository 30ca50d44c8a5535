package org.ternmq.broker.protocol;

/** When a subscription gets retained messages (MQTT 5.0, 3.8.3.1). The ordinal is the wire value. */
public enum RetainHandling {
    /** 0: at every SUBSCRIBE. */
    SEND_AT_SUBSCRIBE,
    /** 1: only if the subscription did not exist. */
    SEND_IF_NEW,
    /** 2: never. */
    DO_NOT_SEND
}
