package org.ternmq.broker.protocol;

/** PINGREQ. */
public record PingReq() implements Packet {
    static final PingReq INSTANCE = new PingReq();
}
