package org.ternmq.broker.protocol;

/** PUBREC: a QoS 2 delivery was taken. */
public record PubRec(int packetId, ReasonCode reasonCode) implements Packet {}
