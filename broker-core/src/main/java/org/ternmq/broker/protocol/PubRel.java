package org.ternmq.broker.protocol;

/** PUBREL: a QoS 2 packet identifier is released. */
public record PubRel(int packetId, ReasonCode reasonCode) implements Packet {}
