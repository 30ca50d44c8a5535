package org.ternmq.broker.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.Collectors;

/**
 * Packets as text. To write them: hex digits, {@code 'text'}, {@code {…}} for a part with a Variable Byte Integer in front that
 * counts its bytes, {@code <…>} for one with a two-byte count, {@code 3*'ab'} for a repetition. To read what was decoded: one
 * line per packet.
 */
final class PacketText {
    private final String text;
    private int at;

    private PacketText(String text) {
        this.text = text;
    }

    static byte[] bytes(String text) {
        PacketText parser = new PacketText(text);
        byte[] bytes = parser.parse('\0').toByteArray();
        if (parser.at != text.length()) {
            throw new IllegalArgumentException(text);
        }
        return bytes;
    }

    private ByteArrayOutputStream parse(char closing) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == closing) {
                at++;
                return out;
            } else if (c == ' ') {
                at++;
            } else if (text.substring(at).matches("(?s)[0-9]+\\*'.*")) {
                int star = text.indexOf('*', at);
                int times = Integer.parseInt(text.substring(at, star));
                at = star + 1;
                out.writeBytes(quoted().repeat(times).getBytes(StandardCharsets.UTF_8));
            } else if (c == '\'') {
                out.writeBytes(quoted().getBytes(StandardCharsets.UTF_8));
            } else if (c == '{') {
                at++;
                byte[] part = parse('}').toByteArray();
                variableByteInteger(out, part.length);
                out.writeBytes(part);
            } else if (c == '<') {
                at++;
                byte[] part = parse('>').toByteArray();
                out.write(part.length >> 8);
                out.write(part.length);
                out.writeBytes(part);
            } else {
                out.write(HexFormat.fromHexDigits(text, at, at + 2));
                at += 2;
            }
        }
        if (closing != '\0') {
            throw new IllegalArgumentException("no " + closing + ": " + text);
        }
        return out;
    }

    private String quoted() {
        int end = text.indexOf('\'', at + 1);
        String quoted = text.substring(at + 1, end);
        at = end + 1;
        return quoted;
    }

    private static void variableByteInteger(ByteArrayOutputStream out, int value) {
        int rest = value;
        do {
            out.write(rest > 127 ? rest % 128 + 128 : rest);
            rest /= 128;
        } while (rest > 0);
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
