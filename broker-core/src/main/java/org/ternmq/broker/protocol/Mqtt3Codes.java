package org.ternmq.broker.protocol;

/** What a client of MQTT 3.1 or 3.1.1 gets for an outcome that 5.0 has a reason code for. */
final class Mqtt3Codes {
    private Mqtt3Codes() {}

    /** The return code of CONNACK; 0 where no code fits, so that the connection is only closed. */
    static int connAck(ReasonCode code) {
        return switch (code) {
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
            default -> 0;
        };
    }

    /** The return code of SUBACK. */
    static int subAck(ReasonCode code) {
        return code.isError() ? 0x80 : code.value();
    }
}
