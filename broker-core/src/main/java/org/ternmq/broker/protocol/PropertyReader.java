package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.UserProperty;

/**
 * One set of properties: checked in one pass over its bytes, in which it only notes where each value stands; values are
 * read from there when asked for, before the next set is read. Owned by its decoder.
 */
final class PropertyReader {
    /** The value of a number that is absent, where the caller has no better. */
    static final long ABSENT = -1;

    private final int maximumUserProperties;
    private final int[] valueAt = new int[PropertyId.LIMIT];

    private long present;
    private int start;
    private int end;
    private int notForwarded;
    private boolean wildcardInResponseTopic;

    PropertyReader(int maximumUserProperties) {
        this.maximumUserProperties = maximumUserProperties;
    }

    /**
     * Reads Property Length and properties.
     *
     * @param allowed the identifiers that this packet may have
     */
    void read(PacketReader in, long allowed) {
        int length = in.variableByteInteger();
        int packetEnd = in.end();
        present = 0;
        notForwarded = 0;
        start = in.position();
        if (length > packetEnd - start) {
            throw Wire.malformed("properties end behind the packet [2.2.2.1]");
        }
        end = start + length;
        in.end(end);
        int userProperties = 0;
        while (in.hasMore()) {
            int from = in.position();
            int id = in.unsignedByte();
            if (!PropertyId.in(allowed, id)) {
                throw Wire.malformed("property 0x" + Integer.toHexString(id) + " has no place here [2.2.2.2]");
            }
            if (id == PropertyId.USER_PROPERTY) {
                if (++userProperties > maximumUserProperties) {
                    throw new DisconnectException(
                            ReasonCode.QUOTA_EXCEEDED, "more than " + maximumUserProperties + " user properties");
                }
            } else {
                note(id, in.position(), allowed);
            }
            skipValue(in, id);
            if (id == PropertyId.RESPONSE_TOPIC) {
                wildcardInResponseTopic = in.wildcard();
            }
            if (!PropertyId.in(PropertyId.FORWARDED, id)) {
                notForwarded += in.position() - from;
            }
        }
        in.end(packetEnd);
    }

    /** No properties, for a packet in its short form. */
    void clear() {
        present = 0;
        start = 0;
        end = 0;
        notForwarded = 0;
    }

    boolean has(int id) {
        return (present >>> id & 1) != 0;
    }

    /** A number, unsigned. */
    long number(ByteBuf in, int id, long absent) {
        if (!has(id)) {
            return absent;
        }
        int at = valueAt[id];
        return switch (PropertyId.type(id)) {
            case PropertyId.TYPE_BYTE -> in.getUnsignedByte(at);
            case PropertyId.TYPE_TWO_BYTES -> in.getUnsignedShort(at);
            case PropertyId.TYPE_FOUR_BYTES -> in.getUnsignedInt(at);
            case PropertyId.TYPE_VARIABLE_BYTE_INTEGER -> variableByteInteger(in, at);
            default -> throw new IllegalArgumentException("property " + id + " is no number");
        };
    }

    /** A byte that may be 0 or 1; another value is a Protocol Error. */
    boolean flag(ByteBuf in, int id, boolean absent) {
        long value = number(in, id, absent ? 1 : 0);
        if (value > 1) {
            throw Wire.protocolError("property 0x" + Integer.toHexString(id) + " is " + value + ", not 0 or 1");
        }
        return value == 1;
    }

    /** A number that may not be 0. */
    long positive(ByteBuf in, int id, long absent) {
        long value = number(in, id, absent);
        if (value == 0) {
            throw Wire.protocolError("property 0x" + Integer.toHexString(id) + " is 0");
        }
        return value;
    }

    @Nullable
    String string(ByteBuf in, int id) {
        return has(id) ? stringAt(in, valueAt[id]) : null;
    }

    byte @Nullable [] binary(ByteBuf in, int id) {
        return has(id) ? binaryAt(in, valueAt[id]) : null;
    }

    /** All User Properties, in order (MQTT-3.1.3-10, MQTT-3.3.2-18). */
    List<UserProperty> userProperties(ByteBuf in) {
        List<UserProperty> list = new ArrayList<>();
        for (int at = start; at < end; at = behind(in, at)) {
            if (in.getByte(at) == PropertyId.USER_PROPERTY) {
                list.add(userPropertyAt(in, at));
            }
        }
        return List.copyOf(list);
    }

    /** All Subscription Identifiers. */
    int[] subscriptionIdentifiers(ByteBuf in) {
        if (!has(PropertyId.SUBSCRIPTION_IDENTIFIER)) {
            return Wire.NO_IDENTIFIERS;
        }
        int[] ids = new int[(end - start) / 2];
        int count = 0;
        for (int at = start; at < end; at = behind(in, at)) {
            if (in.getByte(at) == PropertyId.SUBSCRIPTION_IDENTIFIER) {
                ids[count++] = variableByteInteger(in, at + 1);
            }
        }
        return Arrays.copyOf(ids, count);
    }

    /** What goes with the message of a PUBLISH or a will, checked. */
    PublishProperties publishProperties(ByteBuf in) {
        if (start == end) {
            return PublishProperties.NONE;
        }
        flag(in, PropertyId.PAYLOAD_FORMAT_INDICATOR, false);
        if (has(PropertyId.RESPONSE_TOPIC)) {
            if (wildcardInResponseTopic) {
                throw Wire.protocolError("response topic has a wildcard [MQTT-3.3.2-14]");
            }
            if (in.getUnsignedShort(valueAt[PropertyId.RESPONSE_TOPIC]) == 0) {
                throw Wire.protocolError("response topic is empty [MQTT-4.7.3-1]");
            }
        }
        long expiry = number(in, PropertyId.MESSAGE_EXPIRY_INTERVAL, PublishProperties.NEVER);
        byte[] forwarded = forwarded(in);
        if (forwarded.length == 0 && expiry == PublishProperties.NEVER) {
            return PublishProperties.NONE;
        }
        return new PublishProperties(forwarded, expiry);
    }

    private byte[] forwarded(ByteBuf in) {
        int size = end - start - notForwarded;
        if (size == 0) {
            return Wire.EMPTY;
        }
        byte[] forwarded = new byte[size];
        if (notForwarded == 0) {
            in.getBytes(start, forwarded);
            return forwarded;
        }
        int to = 0;
        for (int at = start; at < end; ) {
            int next = behind(in, at);
            if (PropertyId.in(PropertyId.FORWARDED, in.getByte(at))) {
                in.getBytes(at, forwarded, to, next - at);
                to += next - at;
            }
            at = next;
        }
        return forwarded;
    }

    private void note(int id, int at, long allowed) {
        long bit = 1L << id;
        // Only a PUBLISH from a server may repeat a property that is none of the user's.
        boolean repeatable = id == PropertyId.SUBSCRIPTION_IDENTIFIER && allowed == PropertyId.IN_PUBLISH;
        if ((present & bit) != 0 && !repeatable) {
            throw Wire.protocolError("property 0x" + Integer.toHexString(id) + " occurs twice [2.2.2.2]");
        }
        present |= bit;
        valueAt[id] = at;
    }

    private static void skipValue(PacketReader in, int id) {
        switch (PropertyId.type(id)) {
            case PropertyId.TYPE_BYTE -> in.take(1);
            case PropertyId.TYPE_TWO_BYTES -> in.take(2);
            case PropertyId.TYPE_FOUR_BYTES -> in.take(4);
            case PropertyId.TYPE_VARIABLE_BYTE_INTEGER -> in.variableByteInteger();
            case PropertyId.TYPE_STRING -> in.skipString();
            case PropertyId.TYPE_BINARY -> in.skipBinary();
            default -> { // a string pair (MQTT-1.5.7-1)
                in.skipString();
                in.skipString();
            }
        }
    }

    /** Where the property behind one that was checked starts. */
    static int behind(ByteBuf in, int at) {
        int value = at + 1;
        return switch (PropertyId.type(in.getByte(at))) {
            case PropertyId.TYPE_BYTE -> value + 1;
            case PropertyId.TYPE_TWO_BYTES -> value + 2;
            case PropertyId.TYPE_FOUR_BYTES -> value + 4;
            case PropertyId.TYPE_VARIABLE_BYTE_INTEGER ->
                value + Wire.variableByteIntegerSize(variableByteInteger(in, value));
            case PropertyId.TYPE_STRING, PropertyId.TYPE_BINARY -> behindField(in, value);
            default -> behindField(in, behindField(in, value));
        };
    }

    static UserProperty userPropertyAt(ByteBuf in, int at) {
        return new UserProperty(stringAt(in, at + 1), stringAt(in, behindField(in, at + 1)));
    }

    static String stringAt(ByteBuf in, int at) {
        return in.toString(at + 2, in.getUnsignedShort(at), StandardCharsets.UTF_8);
    }

    static byte[] binaryAt(ByteBuf in, int at) {
        byte[] bytes = new byte[in.getUnsignedShort(at)];
        in.getBytes(at + 2, bytes);
        return bytes;
    }

    private static int behindField(ByteBuf in, int at) {
        return at + 2 + in.getUnsignedShort(at);
    }

    private static int variableByteInteger(ByteBuf in, int at) {
        int value = 0;
        int shift = 0;
        int i = at;
        int b;
        do {
            b = in.getByte(i++);
            value |= (b & 0x7F) << shift;
            shift += 7;
        } while (b < 0);
        return value;
    }
}
