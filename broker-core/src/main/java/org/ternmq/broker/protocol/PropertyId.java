package org.ternmq.broker.protocol;

/** The identifiers of MQTT 5.0's properties, their types, and which packet may have which (2.2.2.2). */
final class PropertyId {
    static final int PAYLOAD_FORMAT_INDICATOR = 0x01;
    static final int MESSAGE_EXPIRY_INTERVAL = 0x02;
    static final int CONTENT_TYPE = 0x03;
    static final int RESPONSE_TOPIC = 0x08;
    static final int CORRELATION_DATA = 0x09;
    static final int SUBSCRIPTION_IDENTIFIER = 0x0B;
    static final int SESSION_EXPIRY_INTERVAL = 0x11;
    static final int ASSIGNED_CLIENT_IDENTIFIER = 0x12;
    static final int SERVER_KEEP_ALIVE = 0x13;
    static final int AUTHENTICATION_METHOD = 0x15;
    static final int AUTHENTICATION_DATA = 0x16;
    static final int REQUEST_PROBLEM_INFORMATION = 0x17;
    static final int WILL_DELAY_INTERVAL = 0x18;
    static final int REQUEST_RESPONSE_INFORMATION = 0x19;
    static final int RESPONSE_INFORMATION = 0x1A;
    static final int SERVER_REFERENCE = 0x1C;
    static final int REASON_STRING = 0x1F;
    static final int RECEIVE_MAXIMUM = 0x21;
    static final int TOPIC_ALIAS_MAXIMUM = 0x22;
    static final int TOPIC_ALIAS = 0x23;
    static final int MAXIMUM_QOS = 0x24;
    static final int RETAIN_AVAILABLE = 0x25;
    static final int USER_PROPERTY = 0x26;
    static final int MAXIMUM_PACKET_SIZE = 0x27;
    static final int WILDCARD_SUBSCRIPTION_AVAILABLE = 0x28;
    static final int SUBSCRIPTION_IDENTIFIER_AVAILABLE = 0x29;
    static final int SHARED_SUBSCRIPTION_AVAILABLE = 0x2A;

    /** Every identifier is below this number; sets of them are the bits of a long. */
    static final int LIMIT = 0x2B;

    static final byte TYPE_BYTE = 1;
    static final byte TYPE_TWO_BYTES = 2;
    static final byte TYPE_FOUR_BYTES = 3;
    static final byte TYPE_VARIABLE_BYTE_INTEGER = 4;
    static final byte TYPE_STRING = 5;
    static final byte TYPE_BINARY = 6;
    static final byte TYPE_STRING_PAIR = 7;

    /** What goes to subscribers unchanged (MQTT-3.3.2-4, -15 to -17, -20). */
    static final long FORWARDED =
            set(PAYLOAD_FORMAT_INDICATOR, CONTENT_TYPE, RESPONSE_TOPIC, CORRELATION_DATA, USER_PROPERTY);

    /** With the Subscription Identifier, which a server may send and a client may not (MQTT-3.3.4-6). */
    static final long IN_PUBLISH = FORWARDED | set(MESSAGE_EXPIRY_INTERVAL, TOPIC_ALIAS, SUBSCRIPTION_IDENTIFIER);

    static final long IN_WILL = FORWARDED | set(MESSAGE_EXPIRY_INTERVAL, WILL_DELAY_INTERVAL);
    static final long IN_CONNECT = set(
            SESSION_EXPIRY_INTERVAL,
            AUTHENTICATION_METHOD,
            AUTHENTICATION_DATA,
            REQUEST_PROBLEM_INFORMATION,
            REQUEST_RESPONSE_INFORMATION,
            RECEIVE_MAXIMUM,
            TOPIC_ALIAS_MAXIMUM,
            USER_PROPERTY,
            MAXIMUM_PACKET_SIZE);
    static final long IN_CONNACK = set(
            SESSION_EXPIRY_INTERVAL,
            ASSIGNED_CLIENT_IDENTIFIER,
            SERVER_KEEP_ALIVE,
            AUTHENTICATION_METHOD,
            AUTHENTICATION_DATA,
            RESPONSE_INFORMATION,
            SERVER_REFERENCE,
            REASON_STRING,
            RECEIVE_MAXIMUM,
            TOPIC_ALIAS_MAXIMUM,
            MAXIMUM_QOS,
            RETAIN_AVAILABLE,
            USER_PROPERTY,
            MAXIMUM_PACKET_SIZE,
            WILDCARD_SUBSCRIPTION_AVAILABLE,
            SUBSCRIPTION_IDENTIFIER_AVAILABLE,
            SHARED_SUBSCRIPTION_AVAILABLE);
    /** PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK. */
    static final long IN_ACK = set(REASON_STRING, USER_PROPERTY);

    static final long IN_SUBSCRIBE = set(SUBSCRIPTION_IDENTIFIER, USER_PROPERTY);
    static final long IN_UNSUBSCRIBE = set(USER_PROPERTY);
    static final long IN_DISCONNECT = set(SESSION_EXPIRY_INTERVAL, SERVER_REFERENCE, REASON_STRING, USER_PROPERTY);
    static final long IN_AUTH = set(AUTHENTICATION_METHOD, AUTHENTICATION_DATA, REASON_STRING, USER_PROPERTY);

    private static final byte[] TYPES = types();

    private PropertyId() {}

    static boolean in(long set, int id) {
        return id < LIMIT && (set >>> id & 1) != 0;
    }

    static byte type(int id) {
        return TYPES[id];
    }

    private static long set(int... ids) {
        long set = 0;
        for (int id : ids) {
            set |= 1L << id;
        }
        return set;
    }

    private static byte[] types() {
        byte[] types = new byte[LIMIT];
        fill(
                types,
                TYPE_BYTE,
                PAYLOAD_FORMAT_INDICATOR,
                REQUEST_PROBLEM_INFORMATION,
                REQUEST_RESPONSE_INFORMATION,
                MAXIMUM_QOS,
                RETAIN_AVAILABLE,
                WILDCARD_SUBSCRIPTION_AVAILABLE,
                SUBSCRIPTION_IDENTIFIER_AVAILABLE,
                SHARED_SUBSCRIPTION_AVAILABLE);
        fill(types, TYPE_TWO_BYTES, SERVER_KEEP_ALIVE, RECEIVE_MAXIMUM, TOPIC_ALIAS_MAXIMUM, TOPIC_ALIAS);
        fill(
                types,
                TYPE_FOUR_BYTES,
                MESSAGE_EXPIRY_INTERVAL,
                SESSION_EXPIRY_INTERVAL,
                WILL_DELAY_INTERVAL,
                MAXIMUM_PACKET_SIZE);
        fill(types, TYPE_VARIABLE_BYTE_INTEGER, SUBSCRIPTION_IDENTIFIER);
        fill(
                types,
                TYPE_STRING,
                CONTENT_TYPE,
                RESPONSE_TOPIC,
                ASSIGNED_CLIENT_IDENTIFIER,
                AUTHENTICATION_METHOD,
                RESPONSE_INFORMATION,
                SERVER_REFERENCE,
                REASON_STRING);
        fill(types, TYPE_BINARY, CORRELATION_DATA, AUTHENTICATION_DATA);
        fill(types, TYPE_STRING_PAIR, USER_PROPERTY);
        return types;
    }

    private static void fill(byte[] types, byte type, int... ids) {
        for (int id : ids) {
            types[id] = type;
        }
    }
}
