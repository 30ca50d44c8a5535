package org.ternmq.broker.protocol;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.UserProperty;

/**
 * The properties of one inbound packet. Read in one pass; what the packet may not have, has twice, or has with an illegal
 * value is refused. One object per decoder, filled anew for each packet; owned by its loop.
 */
final class Properties {
    private static final long CONNECT = bits(
            PropertyId.SESSION_EXPIRY_INTERVAL,
            PropertyId.AUTHENTICATION_METHOD,
            PropertyId.AUTHENTICATION_DATA,
            PropertyId.REQUEST_PROBLEM_INFORMATION,
            PropertyId.REQUEST_RESPONSE_INFORMATION,
            PropertyId.RECEIVE_MAXIMUM,
            PropertyId.TOPIC_ALIAS_MAXIMUM,
            PropertyId.USER_PROPERTY,
            PropertyId.MAXIMUM_PACKET_SIZE);
    private static final long MESSAGE = bits(
            PropertyId.PAYLOAD_FORMAT_INDICATOR,
            PropertyId.MESSAGE_EXPIRY_INTERVAL,
            PropertyId.CONTENT_TYPE,
            PropertyId.RESPONSE_TOPIC,
            PropertyId.CORRELATION_DATA,
            PropertyId.USER_PROPERTY);
    private static final long WILL = MESSAGE | bits(PropertyId.WILL_DELAY_INTERVAL);
    private static final long PUBLISH =
            MESSAGE | bits(PropertyId.TOPIC_ALIAS, PropertyId.SUBSCRIPTION_IDENTIFIER); // 0x0B: to say 0x82 and not 0x81
    private static final long ACK = bits(PropertyId.REASON_STRING, PropertyId.USER_PROPERTY);
    private static final long SUBSCRIBE = bits(PropertyId.SUBSCRIPTION_IDENTIFIER, PropertyId.USER_PROPERTY);
    private static final long UNSUBSCRIBE = bits(PropertyId.USER_PROPERTY);
    private static final long DISCONNECT = bits(
            PropertyId.SESSION_EXPIRY_INTERVAL,
            PropertyId.SERVER_REFERENCE,
            PropertyId.REASON_STRING,
            PropertyId.USER_PROPERTY);
    private static final long AUTH = bits(
            PropertyId.AUTHENTICATION_METHOD,
            PropertyId.AUTHENTICATION_DATA,
            PropertyId.REASON_STRING,
            PropertyId.USER_PROPERTY);

    private final int maxUserProperties;
    private long seen;
    private int userPropertyCount;
    long sessionExpiryInterval;
    int receiveMaximum;
    long maximumPacketSize;
    int topicAliasMaximum;
    boolean requestResponseInformation;
    boolean requestProblemInformation;
    @Nullable String authenticationMethod;
    byte @Nullable [] authenticationData;
    long messageExpiryInterval;
    long willDelayInterval;
    int topicAlias;
    int subscriptionIdentifier;
    List<UserProperty> userProperties = List.of();
    private byte[] forwarded = PublishProperties.NONE.forwarded();

    /** With a bound on the User Properties of one packet; one more is 0x97 Quota exceeded. */
    Properties(int maxUserProperties) {
        this.maxUserProperties = maxUserProperties;
    }

    private static long bits(int... ids) {
        long bits = 0;
        for (int id : ids) {
            bits |= 1L << id;
        }
        return bits;
    }

    private void clear() {
        seen = 0;
        userPropertyCount = 0;
        sessionExpiryInterval = -1;
        receiveMaximum = 65_535;
        maximumPacketSize = Connect.NO_PACKET_LIMIT;
        topicAliasMaximum = 0;
        requestResponseInformation = false;
        requestProblemInformation = true;
        authenticationMethod = null;
        authenticationData = null;
        messageExpiryInterval = PublishProperties.NEVER;
        willDelayInterval = 0;
        topicAlias = Publish.NO_ALIAS;
        subscriptionIdentifier = 0;
        userProperties = List.of();
        forwarded = PublishProperties.NONE.forwarded();
    }

    void connect(PacketReader in) {
        read(in, CONNECT, true, false);
        if (authenticationData != null && authenticationMethod == null) {
            throw protocolError("Authentication Data without Authentication Method");
        }
    }

    PublishProperties will(PacketReader in) {
        read(in, WILL, false, true);
        return message();
    }

    /** The forwarded properties of a PUBLISH; its alias is in {@link #topicAlias}. */
    PublishProperties publish(PacketReader in) {
        read(in, PUBLISH, false, true);
        return message();
    }

    private PublishProperties message() {
        return forwarded.length == 0 && messageExpiryInterval == PublishProperties.NEVER
                ? PublishProperties.NONE
                : new PublishProperties(forwarded, messageExpiryInterval);
    }

    void ack(PacketReader in) {
        read(in, ACK, false, false);
    }

    void subscribe(PacketReader in) {
        read(in, SUBSCRIBE, false, false);
    }

    void unsubscribe(PacketReader in) {
        read(in, UNSUBSCRIBE, false, false);
    }

    void disconnect(PacketReader in) {
        read(in, DISCONNECT, false, false);
    }

    void auth(PacketReader in) {
        read(in, AUTH, false, false);
    }

    /** Of a packet that leaves its properties out. */
    void none() {
        clear();
    }

    private void read(PacketReader in, long allowed, boolean keepUserProperties, boolean forward) {
        clear();
        int length = in.variable();
        if (length == 0) {
            return;
        }
        if (length > in.remaining()) {
            throw PacketReader.malformed("the properties go beyond the end of the packet");
        }
        int end = in.position() + length;
        byte @Nullable [] kept = forward ? new byte[length] : null;
        int keptLength = 0;
        while (in.position() < end) {
            int start = in.position();
            int id = in.variable();
            if (id > 63 || (allowed & (1L << id)) == 0) {
                throw PacketReader.malformed("property 0x" + Integer.toHexString(id) + " in a packet that has none such");
            }
            if (id == PropertyId.USER_PROPERTY) {
                userProperty(in, keepUserProperties);
            } else {
                if ((seen & (1L << id)) != 0) {
                    throw protocolError("property 0x" + Integer.toHexString(id) + " twice");
                }
                seen |= 1L << id;
                value(in, id);
            }
            if (kept != null && (MESSAGE & (1L << id)) != 0 && id != PropertyId.MESSAGE_EXPIRY_INTERVAL) {
                int size = in.position() - start;
                in.buffer().getBytes(start, kept, keptLength, size);
                keptLength += size;
            }
        }
        if (in.position() != end) {
            throw PacketReader.malformed("a property goes beyond the properties");
        }
        if (kept != null && keptLength > 0) {
            forwarded = keptLength == kept.length ? kept : Arrays.copyOf(kept, keptLength);
        }
    }

    private void userProperty(PacketReader in, boolean keep) {
        if (++userPropertyCount > maxUserProperties) {
            throw new DisconnectException(
                    ReasonCode.QUOTA_EXCEEDED, "more than " + maxUserProperties + " user properties");
        }
        if (keep) {
            if (userProperties.isEmpty()) {
                userProperties = new ArrayList<>();
            }
            userProperties.add(new UserProperty(in.string(), in.string())); // MQTT-1.5.7-1
        } else {
            in.skipString();
            in.skipString();
        }
    }

    private void value(PacketReader in, int id) {
        switch (id) {
            case PropertyId.PAYLOAD_FORMAT_INDICATOR -> flag(in, id);
            case PropertyId.MESSAGE_EXPIRY_INTERVAL -> messageExpiryInterval = in.int32();
            case PropertyId.CONTENT_TYPE, PropertyId.REASON_STRING -> in.skipString(); // MQTT-3.3.2-19
            case PropertyId.RESPONSE_TOPIC -> responseTopic(in);
            case PropertyId.CORRELATION_DATA -> in.skip(in.int16());
            case PropertyId.SUBSCRIPTION_IDENTIFIER -> {
                subscriptionIdentifier = in.variable();
                if (subscriptionIdentifier == 0) {
                    throw protocolError("subscription identifier 0");
                }
            }
            case PropertyId.SESSION_EXPIRY_INTERVAL -> sessionExpiryInterval = in.int32();
            case PropertyId.AUTHENTICATION_METHOD -> authenticationMethod = in.string();
            case PropertyId.AUTHENTICATION_DATA -> authenticationData = in.binary();
            case PropertyId.REQUEST_PROBLEM_INFORMATION -> requestProblemInformation = flag(in, id);
            case PropertyId.WILL_DELAY_INTERVAL -> willDelayInterval = in.int32();
            case PropertyId.REQUEST_RESPONSE_INFORMATION -> requestResponseInformation = flag(in, id);
            case PropertyId.SERVER_REFERENCE ->
                throw protocolError("Server Reference from a client"); // its meaning is the server's only
            case PropertyId.RECEIVE_MAXIMUM -> {
                receiveMaximum = in.int16();
                if (receiveMaximum == 0) {
                    throw protocolError("Receive Maximum 0");
                }
            }
            case PropertyId.TOPIC_ALIAS_MAXIMUM -> topicAliasMaximum = in.int16();
            case PropertyId.TOPIC_ALIAS -> topicAlias = in.int16();
            case PropertyId.MAXIMUM_PACKET_SIZE -> {
                maximumPacketSize = in.int32();
                if (maximumPacketSize == 0) {
                    throw protocolError("Maximum Packet Size 0");
                }
            }
            default -> throw new IllegalStateException("property " + id + " is allowed and not read");
        }
    }

    private static boolean flag(PacketReader in, int id) {
        int value = in.int8();
        if (value > 1) {
            throw protocolError("property 0x" + Integer.toHexString(id) + " is neither 0 nor 1");
        }
        return value == 1;
    }

    private static void responseTopic(PacketReader in) {
        int start = in.position() + 2;
        int length = in.skipString(); // MQTT-3.3.2-13
        if (length == 0) {
            throw protocolError("an empty response topic");
        }
        for (int i = start; i < start + length; i++) {
            byte b = in.buffer().getByte(i);
            if (b == '+' || b == '#') { // MQTT-3.3.2-14
                throw protocolError("a response topic with a wildcard");
            }
        }
    }

    private static DisconnectException protocolError(String detail) {
        return new DisconnectException(ReasonCode.PROTOCOL_ERROR, detail);
    }
}
