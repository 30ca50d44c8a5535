package org.ternmq.broker.protocol;

import org.jspecify.annotations.Nullable;

/** Which reason codes a packet may carry (2.4). */
final class ReasonCodes {
    private ReasonCodes() {}

    /** The reason code of a packet from a client; a Protocol Error if the client may not send it there. */
    static ReasonCode fromClient(int packetType, int value) {
        ReasonCode code = ReasonCode.of(value);
        boolean valid = code != null
                && switch (packetType) {
                    case FixedHeader.PUBACK, FixedHeader.PUBREC -> inPubAck(code); // MQTT-3.4.2-1, MQTT-3.5.2-1
                    case FixedHeader.PUBREL, FixedHeader.PUBCOMP -> inPubRel(code); // MQTT-3.6.2-1, MQTT-3.7.2-1
                    case FixedHeader.DISCONNECT -> inDisconnectFromClient(code); // MQTT-3.14.2-1
                    default -> inAuthFromClient(code); // MQTT-3.15.2-1
                };
        return check(valid ? code : null, value);
    }

    /** The reason code of a packet from a server, where any that exists is taken: a client has nobody to protect. */
    static ReasonCode fromServer(int value) {
        return check(ReasonCode.of(value), value);
    }

    private static ReasonCode check(@Nullable ReasonCode code, int value) {
        if (code == null) {
            throw Wire.protocolError("reason code 0x" + Integer.toHexString(value) + " has no place here [2.4]");
        }
        return code;
    }

    private static boolean inPubAck(ReasonCode code) {
        return switch (code) {
            case SUCCESS,
                    NO_MATCHING_SUBSCRIBERS,
                    UNSPECIFIED_ERROR,
                    IMPLEMENTATION_SPECIFIC_ERROR,
                    NOT_AUTHORIZED,
                    TOPIC_NAME_INVALID,
                    PACKET_IDENTIFIER_IN_USE,
                    QUOTA_EXCEEDED,
                    PAYLOAD_FORMAT_INVALID -> true;
            default -> false;
        };
    }

    private static boolean inPubRel(ReasonCode code) {
        return code == ReasonCode.SUCCESS || code == ReasonCode.PACKET_IDENTIFIER_NOT_FOUND;
    }

    private static boolean inDisconnectFromClient(ReasonCode code) {
        return switch (code) {
            case SUCCESS,
                    DISCONNECT_WITH_WILL_MESSAGE,
                    UNSPECIFIED_ERROR,
                    MALFORMED_PACKET,
                    PROTOCOL_ERROR,
                    IMPLEMENTATION_SPECIFIC_ERROR,
                    TOPIC_NAME_INVALID,
                    RECEIVE_MAXIMUM_EXCEEDED,
                    TOPIC_ALIAS_INVALID,
                    PACKET_TOO_LARGE,
                    MESSAGE_RATE_TOO_HIGH,
                    QUOTA_EXCEEDED,
                    ADMINISTRATIVE_ACTION,
                    PAYLOAD_FORMAT_INVALID -> true;
            default -> false;
        };
    }

    private static boolean inAuthFromClient(ReasonCode code) {
        return code == ReasonCode.CONTINUE_AUTHENTICATION || code == ReasonCode.RE_AUTHENTICATE;
    }
}
