package org.ternmq.conformance;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Packets as text that can be read: hex digits; {@code 'text'}; <code>{…}</code> for a part with a Variable Byte Integer in
 * front that counts its bytes; {@code <…>} for one with a two-byte count; {@code 3*'ab'}, {@code 3*00} for a repetition.
 *
 * <p>Text for several versions of MQTT has {@code […]} for what only 5.0 has, {@code (…)} for what only the versions before it
 * have, and {@code !} for Protocol Name and level. {@code %} within a quoted text is a word that the caller gives. In a
 * pattern {@code ..} is a byte of any value.
 */
public final class PacketNotation {
    /** In a pattern: any byte. */
    public static final int ANY = -1;

    private static final Pattern TIMES = Pattern.compile("\\G([0-9]+)\\*");
    private static final int ALL_VERSIONS = 0;

    private final String text;
    private final int version;
    private final byte[] word;
    private int at;

    private PacketNotation(String text, int version, String word) {
        this.text = text;
        this.version = version;
        this.word = word.getBytes(StandardCharsets.UTF_8);
    }

    /** The bytes of a text that is the same for all versions. */
    public static byte[] bytes(String text) {
        return bytes(text, ALL_VERSIONS, "%");
    }

    /**
     * The bytes of a text.
     *
     * @param version 3, 4 (MQTT 3.1.1) or 5
     * @param word what % stands for
     */
    public static byte[] bytes(String text, int version, String word) {
        int[] values = pattern(text, version, word);
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            if (values[i] == ANY) {
                throw new IllegalArgumentException("a byte of any value: " + text);
            }
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    /** As {@link #bytes(String, int, String)}, with {@link #ANY} where it does not matter what the byte is. */
    public static int[] pattern(String text, int version, String word) {
        PacketNotation parser = new PacketNotation(text, version, word);
        int[] values = parser.parts('\0');
        if (parser.at != text.length()) {
            throw new IllegalArgumentException(text);
        }
        return values;
    }

    private int[] parts(char closing) {
        Values values = new Values();
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == closing) {
                at++;
                return values.toArray();
            }
            if (c == ' ') {
                at++;
            } else {
                int times = times();
                int[] part = part();
                for (int i = 0; i < times; i++) {
                    values.add(part);
                }
            }
        }
        if (closing != '\0') {
            throw new IllegalArgumentException("no " + closing + ": " + text);
        }
        return values.toArray();
    }

    private int times() {
        Matcher matcher = TIMES.matcher(text);
        if (!matcher.find(at)) {
            return 1;
        }
        at = matcher.end();
        return Integer.parseInt(matcher.group(1));
    }

    private int[] part() {
        char c = text.charAt(at);
        if (c == '\'') {
            return quoted();
        }
        if ("{<[(!.".indexOf(c) < 0) {
            at += 2;
            return new int[] {HexFormat.fromHexDigits(text, at - 2, at)};
        }
        at++;
        return switch (c) {
            case '{' -> counted(parts('}'), true);
            case '<' -> counted(parts('>'), false);
            case '[' -> ifVersion(known() == 5, parts(']'));
            case '(' -> ifVersion(known() < 5, parts(')'));
            case '!' -> pattern("<'" + (known() == 3 ? "MQIsdp" : "MQTT") + "'> 0" + version, version, "");
            default -> {
                if (at == text.length() || text.charAt(at++) != '.') {
                    throw new IllegalArgumentException("a single dot: " + text);
                }
                yield new int[] {ANY};
            }
        };
    }

    private int known() {
        if (version == ALL_VERSIONS) {
            throw new IllegalArgumentException("depends on the version: " + text);
        }
        return version;
    }

    private static int[] ifVersion(boolean it, int[] part) {
        return it ? part : new int[0];
    }

    private int[] quoted() {
        int end = text.indexOf('\'', at + 1);
        if (end < 0) {
            throw new IllegalArgumentException("no end of quotation: " + text);
        }
        byte[] utf8 = text.substring(at + 1, end).getBytes(StandardCharsets.UTF_8);
        at = end + 1;
        Values values = new Values();
        for (byte b : utf8) {
            if (b == '%') {
                for (byte w : word) {
                    values.add(w & 0xFF);
                }
            } else {
                values.add(b & 0xFF);
            }
        }
        return values.toArray();
    }

    private static int[] counted(int[] part, boolean variable) {
        Values values = new Values();
        int rest = part.length;
        if (variable) {
            do {
                values.add(rest > 127 ? rest & 127 | 128 : rest);
                rest >>= 7;
            } while (rest > 0);
        } else {
            byte[] count = ByteBuffer.allocate(2).putShort((short) rest).array();
            values.add(count[0] & 0xFF, count[1] & 0xFF);
        }
        values.add(part);
        return values.toArray();
    }

    private static final class Values {
        private int[] values = new int[64];
        private int size;

        void add(int... more) {
            if (size + more.length > values.length) {
                values = Arrays.copyOf(values, Math.max(values.length * 2, size + more.length));
            }
            System.arraycopy(more, 0, values, size, more.length);
            size += more.length;
        }

        int[] toArray() {
            return Arrays.copyOf(values, size);
        }
    }
}
