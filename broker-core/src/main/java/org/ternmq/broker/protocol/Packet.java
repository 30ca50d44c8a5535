package org.ternmq.broker.protocol;

/** A packet that a server receives. */
public sealed interface Packet
        permits Connect, Publish, PubAck, PubRec, PubRel, PubComp, Subscribe, Unsubscribe, PingReq, Disconnect, Auth {}
