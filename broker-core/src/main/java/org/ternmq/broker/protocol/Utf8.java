package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;

/** Checks UTF-8 strings as MQTT wants them (1.5.4): strictly by RFC 3629, without U+0000. */
final class Utf8 {
    private Utf8() {}

    /**
     * Checks bytes of a buffer.
     *
     * @param refuseControl whether control characters (U+0001 to U+001F, U+007F to U+009F) and non-characters are refused
     *     too, as the specification allows
     * @throws DisconnectException with Malformed Packet (MQTT-1.5.4-1, MQTT-1.5.4-2)
     */
    static void check(ByteBuf in, int index, int length, boolean refuseControl) {
        int end = index + length;
        int i = index;
        while (i < end) {
            int b = in.getByte(i);
            if (b > 0x1F && b < 0x7F) {
                i++;
            } else if (b >= 0) {
                if (b == 0) {
                    throw malformed("a string holds U+0000"); // MQTT-1.5.4-2
                }
                if (refuseControl) {
                    throw malformed("a string holds a control character");
                }
                i++;
            } else {
                i += checkSequence(in, i, end, b & 0xFF, refuseControl);
            }
        }
    }

    private static int checkSequence(ByteBuf in, int i, int end, int first, boolean refuseControl) {
        int length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
        if (length == 0 || i + length > end) {
            throw malformed("a string is not UTF-8"); // MQTT-1.5.4-1
        }
        int point = first & (0x7F >> length);
        for (int k = 1; k < length; k++) {
            int b = in.getByte(i + k);
            if ((b & 0xC0) != 0x80) {
                throw malformed("a string is not UTF-8"); // MQTT-1.5.4-1
            }
            point = (point << 6) | (b & 0x3F);
        }
        boolean overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
        boolean surrogate = point >= 0xD800 && point <= 0xDFFF;
        if (overlong || surrogate || point > 0x10FFFF) {
            throw malformed("a string is not UTF-8"); // MQTT-1.5.4-1
        }
        boolean nonCharacter = (point >= 0xFDD0 && point <= 0xFDEF) || (point & 0xFFFE) == 0xFFFE;
        if (refuseControl && (point <= 0x9F || nonCharacter)) {
            throw malformed("a string holds a control character or non-character");
        }
        return length;
    }

    private static DisconnectException malformed(String detail) {
        return new DisconnectException(ReasonCode.MALFORMED_PACKET, detail);
    }
}
