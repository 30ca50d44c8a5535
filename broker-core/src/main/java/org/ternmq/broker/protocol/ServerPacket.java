package org.ternmq.broker.protocol;

import java.util.List;

/** A packet that a client receives, for the command line client and the load generator. */
public sealed interface ServerPacket
        permits ServerPacket.ConnAck,
                ServerPacket.Delivery,
                ServerPacket.SubAck,
                ServerPacket.UnsubAck,
                ServerPacket.PingResp,
                Packet.PubAck,
                Packet.PubRec,
                Packet.PubRel,
                Packet.PubComp,
                Packet.Disconnect,
                Packet.Auth {
    /** CONNACK (3.2). A return code of 3.x is told by the reason code that it stands for. */
    record ConnAck(boolean sessionPresent, ReasonCode reasonCode, ConnAckProperties properties)
            implements ServerPacket {}

    /**
     * PUBLISH (3.3).
     *
     * @param subscriptionIdentifiers of the subscriptions that it matched
     */
    record Delivery(Packet.Publish publish, int[] subscriptionIdentifiers) implements ServerPacket {}

    /** SUBACK (3.9). */
    record SubAck(int packetId, List<ReasonCode> reasonCodes) implements ServerPacket {}

    /** UNSUBACK (3.11), in 3.x without codes. */
    record UnsubAck(int packetId, List<ReasonCode> reasonCodes) implements ServerPacket {}

    /** PINGRESP (3.13). */
    record PingResp() implements ServerPacket {}
}
