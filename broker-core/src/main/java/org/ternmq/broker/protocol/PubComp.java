package org.ternmq.broker.protocol;

/** PUBCOMP: the end of a QoS 2 delivery. */
public record PubComp(int packetId, ReasonCode reasonCode) implements Packet {}
