package org.ternmq.broker.protocol;

import java.util.HexFormat;
import java.util.stream.Collectors;
import org.ternmq.conformance.PacketNotation;

/** Packets as text: written in the notation of the packet tables, and as one line for each packet that was decoded. */
final class PacketText {
    private PacketText() {}

    static byte[] bytes(String text) {
        return PacketNotation.bytes(text);
    }

    static String describe(Packet packet) {
        if (packet instanceof Packet.Connect c) {
            return "CONNECT " + c.version() + " id=" + c.clientId() + (c.cleanStart() ? " clean" : "") + " keepalive="
                    + c.keepAlive()
                    + (c.username() == null ? "" : " user=" + c.username())
                    + (c.password() == null ? "" : " password=" + hex(c.password()))
                    + (c.will() == null ? "" : " will(" + describe(c.will()) + ")")
                    + (c.sessionExpiryInterval() == 0 ? "" : " expiry=" + c.sessionExpiryInterval())
                    + (c.receiveMaximum() == 65_535 ? "" : " receive=" + c.receiveMaximum())
                    + (c.maximumPacketSize() == 268_435_460 ? "" : " size=" + c.maximumPacketSize())
                    + (c.topicAliasMaximum() == 0 ? "" : " aliases=" + c.topicAliasMaximum())
                    + (c.requestResponseInformation() ? " response" : "")
                    + (c.requestProblemInformation() ? "" : " noproblem")
                    + (c.authenticationMethod() == null ? "" : " method=" + c.authenticationMethod())
                    + (c.authenticationData() == null ? "" : " data=" + hex(c.authenticationData()))
                    + c.userProperties().stream()
                            .map(p -> " " + p.name() + ":" + p.value())
                            .collect(Collectors.joining());
        } else if (packet instanceof Packet.Publish p) {
            return "PUBLISH " + (p.topic() == null ? "" : p.topic() + " ") + "qos="
                    + p.qos().value()
                    + (p.retain() ? " retain" : "")
                    + (p.dup() ? " dup" : "")
                    + (p.packetId() == 0 ? "" : " id=" + p.packetId())
                    + (p.topicAlias() < 0 ? "" : " alias=" + p.topicAlias())
                    + describe(p.properties())
                    + " payload=" + hex(p.payload());
        } else if (packet instanceof Packet.PubAck p) {
            return "PUBACK " + p.packetId() + " " + p.reasonCode();
        } else if (packet instanceof Packet.PubRec p) {
            return "PUBREC " + p.packetId() + " " + p.reasonCode();
        } else if (packet instanceof Packet.PubRel p) {
            return "PUBREL " + p.packetId() + " " + p.reasonCode();
        } else if (packet instanceof Packet.PubComp p) {
            return "PUBCOMP " + p.packetId() + " " + p.reasonCode();
        } else if (packet instanceof Packet.Subscribe s) {
            return "SUBSCRIBE " + s.packetId()
                    + (s.subscriptionIdentifier() == 0 ? "" : " identifier=" + s.subscriptionIdentifier())
                    + s.requests().stream().map(PacketText::describe).collect(Collectors.joining());
        } else if (packet instanceof Packet.Unsubscribe u) {
            return "UNSUBSCRIBE " + u.packetId() + " " + String.join(" ", u.topicFilters());
        } else if (packet instanceof Packet.PingReq) {
            return "PINGREQ";
        } else if (packet instanceof Packet.Disconnect d) {
            return "DISCONNECT " + d.reasonCode()
                    + (d.sessionExpiryInterval() < 0 ? "" : " expiry=" + d.sessionExpiryInterval())
                    + (d.reasonString() == null ? "" : " reason=" + d.reasonString());
        } else if (packet instanceof Packet.Auth a) {
            return "AUTH " + a.reasonCode() + " method=" + a.method()
                    + (a.data() == null ? "" : " data=" + hex(a.data()))
                    + (a.reasonString() == null ? "" : " reason=" + a.reasonString());
        }
        throw new AssertionError(packet);
    }

    private static String describe(WillMessage w) {
        return w.topic() + " qos=" + w.qos().value() + (w.retain() ? " retain" : "")
                + (w.delayInterval() == 0 ? "" : " delay=" + w.delayInterval()) + describe(w.properties()) + " payload="
                + hex(w.payload());
    }

    private static String describe(PublishProperties p) {
        return (p.messageExpiryInterval() < 0 ? "" : " expiry=" + p.messageExpiryInterval())
                + (p.forwarded().length == 0 ? "" : " forwarded=" + hex(p.forwarded()));
    }

    private static String describe(SubscriptionRequest r) {
        return " " + r.topicFilter() + "/" + r.maximumQos().value()
                + (r.noLocal() ? "/nolocal" : "")
                + (r.retainAsPublished() ? "/asPublished" : "")
                + (r.retainHandling() == RetainHandling.SEND ? "" : "/" + r.retainHandling());
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
