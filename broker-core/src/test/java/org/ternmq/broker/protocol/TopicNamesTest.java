package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;

final class TopicNamesTest {
    private final TopicNames names = new TopicNames();

    @Test
    void knownBytesGiveTheSameObject() {
        TopicName first = intern(names, "plant/7/temperature");
        assertThat(first).hasToString("plant/7/temperature").isEqualTo(TopicName.ofValid("plant/7/temperature"));
        assertThat(intern(names, "plant/7/temperature")).isSameAs(first);
        assertThat(intern(names, "plant/7/temperaturf")).isNotEqualTo(first);
    }

    /** MQTT-4.7.3-4, MQTT-1.5.4-3: bytes are compared, nothing is normalised or stripped. */
    @Test
    @Mqtt5({"4.7.3-4", "1.5.4-3"})
    @Mqtt311({"4.7.3-4", "1.5.3-3"})
    void nothingIsNormalised() {
        assertThat(intern(names, "\uFEFFa")).isNotEqualTo(intern(names, "a"));
        assertThat(intern(names, "\u00e9")).isNotEqualTo(intern(names, "e\u0301"));
        assertThat(intern(names, "A")).isNotEqualTo(intern(names, "a"));
        assertThat(intern(names, "a//b")).isNotEqualTo(intern(names, "a/b"));
    }

    @Property
    void everyTopicComesBackAsItWas(
            @ForAll @Size(max = 300) java.util.List<@IntRange(min = 0, max = 400) Integer> picks) {
        TopicNames small = new TopicNames(false, 256, 4096);
        for (int pick : picks) {
            String text = "t/" + "x".repeat(pick % 60) + pick;
            assertThat(intern(small, text)).hasToString(text);
            assertThat(small.footprint()).isBetween(0, 4096);
        }
        assertThat(small.size()).isLessThanOrEqualTo(256);
    }

    @Test
    void distinctTopicsCannotMakeItGrow() {
        TopicNames bounded = new TopicNames(false, 1024, 1 << 20);
        for (int i = 0; i < 20_000; i++) {
            intern(bounded, "hostile/" + i);
        }
        assertThat(bounded.size()).isBetween(512, 1024);
        String padding = "x".repeat(900);
        for (int i = 0; i < 2000; i++) {
            intern(bounded, padding + i);
            assertThat(bounded.footprint()).isLessThanOrEqualTo(1 << 20);
        }
    }

    @Test
    void longTopicsAreNotKept() {
        String text = "a".repeat(65_535);
        assertThat(intern(names, text)).hasToString(text);
        assertThat(names.size()).isZero();
    }

    @Test
    void manyTopicsAreAllFoundAgain() {
        TopicName[] first = new TopicName[5000];
        for (int i = 0; i < first.length; i++) {
            first[i] = intern(names, "device/" + i + "/state");
        }
        int again = 0;
        for (int i = 0; i < first.length; i++) {
            again += intern(names, "device/" + i + "/state") == first[i] ? 1 : 0;
        }
        assertThat(again).isGreaterThan(first.length * 95 / 100);
    }

    @Test
    @Mqtt5({"4.7.3-1", "3.3.2-2", "1.5.4-2"})
    @Mqtt311({"4.7.3-1", "3.3.2-2", "1.5.3-2"})
    void refusesWhatIsNoTopicName() {
        assertRefused("", ReasonCode.TOPIC_NAME_INVALID); // MQTT-4.7.3-1
        assertRefused("a/+", ReasonCode.TOPIC_NAME_INVALID); // MQTT-3.3.2-2
        assertRefused("a#", ReasonCode.TOPIC_NAME_INVALID);
        assertRefused("a\u0000", ReasonCode.MALFORMED_PACKET); // MQTT-1.5.4-2
        assertRefused("a\u0001", ReasonCode.MALFORMED_PACKET);
        assertThat(names.size()).isZero();
    }

    /** 1.5.4: control characters may be refused, and may be let in by option; U+0000 may not. */
    @Test
    void controlCharactersByOption() {
        TopicNames lenient = new TopicNames(true, 256, 4096);
        assertThat(intern(lenient, "a\u0001\u009F\uFFFF")).hasToString("a\u0001\u009F\uFFFF");
        assertThatThrownBy(() -> intern(lenient, "a\u0000")).isInstanceOf(DisconnectException.class);
    }

    @Test
    void checkedTextFromInside() {
        assertThat(TopicNames.checked("a/b", false)).isEqualTo(TopicName.ofValid("a/b"));
        assertThat(TopicNames.checked("a\u0001", true)).hasToString("a\u0001");
        for (String bad :
                new String[] {"", "a/+", "#", "a\u0000", "a\u0001", "\uD800", "\uDC00a", "a".repeat(65_536)}) {
            assertThatThrownBy(() -> TopicNames.checked(bad, false)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private void assertRefused(String text, ReasonCode code) {
        assertThatThrownBy(() -> intern(names, text))
                .isInstanceOfSatisfying(
                        DisconnectException.class,
                        e -> assertThat(e.reasonCode()).isEqualTo(code));
    }

    private static TopicName intern(TopicNames names, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        ByteBuf in = Unpooled.buffer().writeZero(2).writeBytes(utf8).writeByte('!');
        return names.intern(in, 2, utf8.length);
    }
}
