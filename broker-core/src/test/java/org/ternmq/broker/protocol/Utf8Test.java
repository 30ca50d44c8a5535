package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;

final class Utf8Test {
    @Test
    void everyCharacterIsJudgedByItsRange() {
        for (int c = 0; c <= 0x10FFFF; c++) {
            if (c >= 0xD800 && c <= 0xDFFF) {
                continue;
            }
            String text = Character.toString(c);
            // alone, and where the step of eight bytes meets it
            for (String around : new String[] {"", "abcdefgh", "abcde"}) {
                byte[] bytes = (around + text + around).getBytes(StandardCharsets.UTF_8);
                if (scan(bytes) != expected(c)) {
                    assertThat(scan(bytes)).as("U+%04X in '%s'", c, around).isEqualTo(expected(c));
                }
            }
        }
    }

    /** MQTT-1.5.4-1: surrogates. */
    @Test
    @Mqtt5("1.5.4-1")
    @Mqtt311("1.5.3-1")
    void surrogatesAreIllFormed() {
        for (int c = 0xD800; c <= 0xDFFF; c++) {
            byte[] bytes = {(byte) (0xE0 | c >> 12), (byte) (0x80 | c >> 6 & 0x3F), (byte) (0x80 | c & 0x3F)};
            assertThat(scan(bytes)).isEqualTo(Utf8.ILL_FORMED);
        }
    }

    /** MQTT-1.5.4-1: each pair of bytes and each cut sequence, against the JDK's strict decoder. */
    @Test
    @Mqtt5("1.5.4-1")
    @Mqtt311("1.5.3-1")
    void everyPairOfBytesIsJudgedAsTheJdkDoes() {
        for (int i = 0; i < 0x10000; i++) {
            byte[] bytes = {(byte) (i >> 8), (byte) i};
            assertThat((scan(bytes) & Utf8.ILL_FORMED) == 0).as("%04x", i).isEqualTo(jdkAccepts(bytes));
        }
    }

    /** MQTT-1.5.4-1: overlong forms, surrogates and what is above U+10FFFF show in the first two bytes. */
    @Test
    @Mqtt5("1.5.4-1")
    @Mqtt311("1.5.3-1")
    void everyStartOfALongerSequenceIsJudgedAsTheJdkDoes() {
        for (int i = 0xE000; i < 0x10000; i++) {
            for (int length = 3; length <= 4; length++) {
                byte[] bytes = {(byte) (i >> 8), (byte) i, (byte) 0xBF, (byte) 0x80};
                byte[] part = Arrays.copyOf(bytes, length);
                assertThat((scan(part) & Utf8.ILL_FORMED) == 0)
                        .as("%04x, %d bytes", i, length)
                        .isEqualTo(jdkAccepts(part));
            }
        }
    }

    @Property
    @Mqtt5("1.5.4-1")
    @Mqtt311("1.5.3-1")
    void anyBytesAreJudgedAsTheJdkDoes(@ForAll("almostUtf8") byte[] bytes) {
        int found = scan(bytes);
        assertThat((found & Utf8.ILL_FORMED) == 0).isEqualTo(jdkAccepts(bytes));
        assertThat(Utf8.isWellFormed(bytes)).isEqualTo(jdkAccepts(bytes));
        if ((found & Utf8.ILL_FORMED) == 0) {
            int all = new String(bytes, StandardCharsets.UTF_8)
                    .codePoints()
                    .map(Utf8Test::expected)
                    .reduce(0, (a, b) -> a | b);
            assertThat(found).isEqualTo(all);
        }
    }

    /** 3.3.2.3.2: a payload may have U+0000, which a string may not. */
    @Test
    void payloadMayHaveNul() {
        assertThat(Utf8.isWellFormed(new byte[] {0, 1})).isTrue();
        assertThat(Utf8.isWellFormed(new byte[] {(byte) 0xFF})).isFalse();
    }

    @Provide
    Arbitrary<byte[]> almostUtf8() {
        Arbitrary<byte[]> characters =
                Arbitraries.strings().ofMaxLength(12).map(s -> s.getBytes(StandardCharsets.UTF_8));
        Arbitrary<byte[]> plain =
                Arbitraries.strings().ascii().ofMaxLength(20).map(s -> s.getBytes(StandardCharsets.UTF_8));
        Arbitrary<byte[]> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(5);
        return Arbitraries.oneOf(characters, plain, bytes).list().ofMaxSize(4).map(parts -> {
            ByteBuffer all = ByteBuffer.allocate(
                    parts.stream().mapToInt(part -> part.length).sum());
            parts.forEach(all::put);
            return all.array();
        });
    }

    private static int scan(byte[] bytes) {
        return Utf8.scan(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    }

    private static int expected(int c) {
        if (c == 0) {
            return Utf8.NUL;
        }
        if (c == '+' || c == '#') {
            return Utf8.WILDCARD;
        }
        boolean control = Character.getType(c) == Character.CONTROL;
        boolean nonCharacter = c >= 0xFDD0 && c <= 0xFDEF || c % 0x10000 >= 0xFFFE;
        return control || nonCharacter ? Utf8.DISCOURAGED : 0;
    }

    private static boolean jdkAccepts(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
