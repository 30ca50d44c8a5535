package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** MQTT's data types as they are written (1.5), and the rules that hold for every string. */
final class Wire {
    /** The largest Variable Byte Integer (1.5.5). */
    static final int MAXIMUM_VARIABLE_BYTE_INTEGER = 268_435_455;
    /** The largest string or binary field (1.5.4, 1.5.6). */
    static final int MAXIMUM_FIELD = 65_535;

    static final byte[] EMPTY = new byte[0];
    static final int[] NO_IDENTIFIERS = new int[0];

    private Wire() {}

    static DisconnectException malformed(String detail) {
        return new DisconnectException(ReasonCode.MALFORMED_PACKET, detail);
    }

    static DisconnectException protocolError(String detail) {
        return new DisconnectException(ReasonCode.PROTOCOL_ERROR, detail);
    }

    /** Refuses what {@link Utf8#scan} says is no string. */
    static void checkString(int found, boolean allowControlCharacters) {
        if ((found & Utf8.ILL_FORMED) != 0) {
            throw malformed("string is not UTF-8 [MQTT-1.5.4-1]"); // MQTT-1.5.4-1, 3.1.1: MQTT-1.5.3-1
        }
        if ((found & Utf8.NUL) != 0) {
            throw malformed("string has U+0000 [MQTT-1.5.4-2]"); // MQTT-1.5.4-2, 3.1.1: MQTT-1.5.3-2
        }
        if ((found & Utf8.DISCOURAGED) != 0 && !allowControlCharacters) {
            throw malformed("string has a control character or non-character [1.5.4]");
        }
    }

    /** The bytes of a string that comes from inside; an IllegalArgumentException if MQTT cannot carry it. */
    static byte[] checkedUtf8(String what, String text, boolean allowControlCharacters) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw new IllegalArgumentException(what + ": half a surrogate pair"); // MQTT-1.5.4-1
            }
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length > MAXIMUM_FIELD) {
            throw new IllegalArgumentException(what + ": " + utf8.length + " bytes, 65535 are possible");
        }
        int refused = allowControlCharacters ? Utf8.NUL : Utf8.NUL | Utf8.DISCOURAGED;
        if ((Utf8.scan(Unpooled.wrappedBuffer(utf8), 0, utf8.length) & refused) != 0) {
            throw new IllegalArgumentException(what + ": has a control character or non-character"); // MQTT-1.5.4-2
        }
        return utf8;
    }

    static int variableByteIntegerSize(int value) {
        if (value < 1 << 7) {
            return 1;
        }
        if (value < 1 << 14) {
            return 2;
        }
        return value < 1 << 21 ? 3 : 4;
    }

    /** Writes the shortest form (MQTT-1.5.5-1). */
    static void writeVariableByteInteger(ByteBuf out, int value) {
        int rest = value;
        while (rest > 0x7F) {
            out.writeByte(rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }

    /** Bytes that a string field takes, its length included. */
    static int stringSize(String text) {
        return 2 + ByteBufUtil.utf8Bytes(text);
    }

    static void writeString(ByteBuf out, String text) {
        int lengthAt = out.writerIndex();
        out.writeShort(0);
        int length = ByteBufUtil.writeUtf8(out, text);
        if (length > MAXIMUM_FIELD) {
            throw new IllegalArgumentException("string of " + length + " bytes");
        }
        out.setShort(lengthAt, length);
    }

    static void writeBinary(ByteBuf out, byte[] bytes) {
        if (bytes.length > MAXIMUM_FIELD) {
            throw new IllegalArgumentException("binary field of " + bytes.length + " bytes");
        }
        out.writeShort(bytes.length);
        out.writeBytes(bytes);
    }
}
