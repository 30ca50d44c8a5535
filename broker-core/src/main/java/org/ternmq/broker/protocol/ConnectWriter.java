package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Writes the CONNECT of any version (3.1). */
final class ConnectWriter {
    private ConnectWriter() {}

    static void write(ByteBuf out, Packet.Connect c) {
        // Once per connection: written aside, so that its length is known without a second reckoning.
        ByteBuf body = Unpooled.buffer();
        Wire.writeString(body, c.version().protocolName());
        body.writeByte(c.version().level()).writeByte(flags(c)).writeShort(c.keepAlive());
        if (c.version().hasProperties()) {
            withLength(body, connectProperties(c));
        }
        Wire.writeString(body, c.clientId());
        WillMessage will = c.will();
        if (will != null) {
            if (c.version().hasProperties()) {
                withLength(body, willProperties(will));
            }
            Wire.writeBinary(body, will.topic().utf8());
            Wire.writeBinary(body, will.payload());
        }
        String username = c.username();
        if (username != null) {
            Wire.writeString(body, username);
        }
        byte[] password = c.password();
        if (password != null) {
            Wire.writeBinary(body, password);
        }
        MqttEncoder.start(out, 0x10, body.readableBytes());
        out.writeBytes(body);
    }

    private static void withLength(ByteBuf out, ByteBuf properties) {
        Wire.writeVariableByteInteger(out, properties.readableBytes());
        out.writeBytes(properties);
    }

    private static int flags(Packet.Connect c) {
        int flags = (c.cleanStart() ? 0x02 : 0) | (c.password() != null ? 0x40 : 0) | (c.username() != null ? 0x80 : 0);
        WillMessage will = c.will();
        return will == null ? flags : flags | 0x04 | will.qos().value() << 3 | (will.retain() ? 0x20 : 0);
    }

    private static ByteBuf connectProperties(Packet.Connect c) {
        ByteBuf out = Unpooled.buffer();
        if (c.sessionExpiryInterval() != 0) {
            PropertyWriter.fourBytes(out, PropertyId.SESSION_EXPIRY_INTERVAL, c.sessionExpiryInterval());
        }
        if (c.receiveMaximum() != Packet.DEFAULT_RECEIVE_MAXIMUM) {
            PropertyWriter.twoBytes(out, PropertyId.RECEIVE_MAXIMUM, c.receiveMaximum());
        }
        if (c.maximumPacketSize() != Packet.NO_MAXIMUM_PACKET_SIZE) {
            PropertyWriter.fourBytes(out, PropertyId.MAXIMUM_PACKET_SIZE, c.maximumPacketSize());
        }
        if (c.topicAliasMaximum() != 0) {
            PropertyWriter.twoBytes(out, PropertyId.TOPIC_ALIAS_MAXIMUM, c.topicAliasMaximum());
        }
        if (c.requestResponseInformation()) {
            PropertyWriter.flag(out, PropertyId.REQUEST_RESPONSE_INFORMATION, true);
        }
        if (!c.requestProblemInformation()) {
            PropertyWriter.flag(out, PropertyId.REQUEST_PROBLEM_INFORMATION, false);
        }
        PropertyWriter.string(out, PropertyId.AUTHENTICATION_METHOD, c.authenticationMethod());
        PropertyWriter.binary(out, PropertyId.AUTHENTICATION_DATA, c.authenticationData());
        PropertyWriter.userProperties(out, c.userProperties());
        return out;
    }

    private static ByteBuf willProperties(WillMessage will) {
        ByteBuf out = Unpooled.buffer();
        if (will.delayInterval() != 0) {
            PropertyWriter.fourBytes(out, PropertyId.WILL_DELAY_INTERVAL, will.delayInterval());
        }
        PublishProperties properties = will.properties();
        if (properties.messageExpiryInterval() != PublishProperties.NEVER) {
            PropertyWriter.fourBytes(out, PropertyId.MESSAGE_EXPIRY_INTERVAL, properties.messageExpiryInterval());
        }
        return out.writeBytes(properties.forwarded());
    }
}
