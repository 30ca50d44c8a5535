package org.ternmq.broker.protocol;

/** PUBACK: the end of a QoS 1 delivery. */
public record PubAck(int packetId, ReasonCode reasonCode) implements Packet {}
