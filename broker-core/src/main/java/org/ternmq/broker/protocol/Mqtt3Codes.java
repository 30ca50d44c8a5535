package org.ternmq.broker.protocol;

import org.ternmq.spi.QoS;

/**
 * What the older versions have for a reason code of 5.0, and back. The one place where they are mapped; all else (PUBACK
 * and its kin, UNSUBACK) has no code there.
 */
public final class Mqtt3Codes {
    /** No return code fits: close without a CONNACK (3.1.1: MQTT-3.1.4-1, MQTT-3.2.2-6). */
    public static final int NO_CONNACK = -1;

    private Mqtt3Codes() {}

    /** The CONNACK return code, 0 to 5, or {@link #NO_CONNACK}. */
    public static int connAck(ReasonCode code) {
        return switch (code) {
            case SUCCESS -> 0;
            case UNSUPPORTED_PROTOCOL_VERSION -> 1;
            case CLIENT_IDENTIFIER_NOT_VALID -> 2;
            case SERVER_UNAVAILABLE,
                    SERVER_BUSY,
                    QUOTA_EXCEEDED,
                    CONNECTION_RATE_EXCEEDED,
                    USE_ANOTHER_SERVER,
                    SERVER_MOVED -> 3;
            case BAD_USER_NAME_OR_PASSWORD -> 4;
            case NOT_AUTHORIZED, BANNED -> 5;
            case GRANTED_QOS_1,
                    GRANTED_QOS_2,
                    DISCONNECT_WITH_WILL_MESSAGE,
                    NO_MATCHING_SUBSCRIBERS,
                    NO_SUBSCRIPTION_EXISTED,
                    CONTINUE_AUTHENTICATION,
                    RE_AUTHENTICATE,
                    UNSPECIFIED_ERROR,
                    MALFORMED_PACKET,
                    PROTOCOL_ERROR,
                    IMPLEMENTATION_SPECIFIC_ERROR,
                    SERVER_SHUTTING_DOWN,
                    BAD_AUTHENTICATION_METHOD,
                    KEEP_ALIVE_TIMEOUT,
                    SESSION_TAKEN_OVER,
                    TOPIC_FILTER_INVALID,
                    TOPIC_NAME_INVALID,
                    PACKET_IDENTIFIER_IN_USE,
                    PACKET_IDENTIFIER_NOT_FOUND,
                    RECEIVE_MAXIMUM_EXCEEDED,
                    TOPIC_ALIAS_INVALID,
                    PACKET_TOO_LARGE,
                    MESSAGE_RATE_TOO_HIGH,
                    ADMINISTRATIVE_ACTION,
                    PAYLOAD_FORMAT_INVALID,
                    RETAIN_NOT_SUPPORTED,
                    QOS_NOT_SUPPORTED,
                    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
                    MAXIMUM_CONNECT_TIME,
                    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
                    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED -> NO_CONNACK;
        };
    }

    /** The reason code that a CONNACK return code stands for. */
    public static ReasonCode fromConnAck(int returnCode) {
        return switch (returnCode) {
            case 0 -> ReasonCode.SUCCESS;
            case 1 -> ReasonCode.UNSUPPORTED_PROTOCOL_VERSION;
            case 2 -> ReasonCode.CLIENT_IDENTIFIER_NOT_VALID;
            case 3 -> ReasonCode.SERVER_UNAVAILABLE;
            case 4 -> ReasonCode.BAD_USER_NAME_OR_PASSWORD;
            case 5 -> ReasonCode.NOT_AUTHORIZED;
            default -> throw Wire.protocolError("CONNACK return code " + returnCode + " [3.1.1: 3.2.2.3]");
        };
    }

    /** The SUBACK return code: 0 to 2, or 0x80 for any failure (3.1.1: MQTT-3.9.3-2). */
    public static int subAck(ReasonCode code) {
        return code.isError() ? 0x80 : code.value();
    }

    /**
     * What to answer to a filter. A client of 3.1 knows no failure: a refused filter is answered with the QoS that was asked
     * for, and no subscription is made.
     */
    public static ReasonCode subAck(MqttVersion version, ReasonCode outcome, QoS requested) {
        return version == MqttVersion.V3_1 && outcome.isError() ? granted(requested) : outcome;
    }

    /** The SUBACK code for a granted QoS, the same in all versions. */
    public static ReasonCode granted(QoS qos) {
        return switch (qos) {
            case AT_MOST_ONCE -> ReasonCode.SUCCESS;
            case AT_LEAST_ONCE -> ReasonCode.GRANTED_QOS_1;
            case EXACTLY_ONCE -> ReasonCode.GRANTED_QOS_2;
        };
    }
}
