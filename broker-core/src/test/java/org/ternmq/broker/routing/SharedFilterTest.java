package org.ternmq.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.conformance.Mqtt5;

final class SharedFilterTest {
    @ParameterizedTest
    @CsvSource({
        "$share/g/a/+, g, a/+",
        "$share/g//a, g, /a",
        "$share/g/#, g, #",
        "$share/g/$SYS/#, g, $SYS/#",
        "$share/$share/$share/g/a, $share, $share/g/a",
    })
    @Mqtt5("4.8.2-1")
    void takesTheShareNameOff(String text, String name, String filter) { // MQTT-4.8.2-1
        SharedFilter parsed = SharedFilter.parse(text);
        assertThat(parsed.shareName()).isEqualTo(name);
        assertThat(parsed.filter()).hasToString(filter);
        assertThat(parsed).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"$share", "$shared/g/a", "$SHARE/g/a", "$Share/g", "a/$share/g/a", "#"})
    void leavesPlainFiltersAlone(String text) {
        SharedFilter parsed = SharedFilter.parse(text);
        assertThat(parsed.shareName()).isNull();
        assertThat(parsed.filter()).hasToString(text);
        assertThat(parsed).hasToString(text);
    }

    @ParameterizedTest
    @CsvSource({
        "$share/, empty share name",
        "$share//, empty share name",
        "$share//a, empty share name",
        "$share/g, no topic filter behind the share name",
        "$share/g/, empty topic filter",
        "$share/+/a, share name holds a wildcard",
        "$share/g#/a, share name holds a wildcard",
        "$share/a+b/c, share name holds a wildcard",
        "$share/#, share name holds a wildcard",
        "$share/g/a#, .*must be the whole last level",
        "$share/g/#/a, .*must be the whole last level",
        "$share/g/a+, .*must be a whole level",
    })
    @Mqtt5({"4.8.2-1", "4.8.2-2", "4.7.1-1"})
    void refusesBadSyntaxInWords(String text, String words) { // MQTT-4.8.2-1, MQTT-4.8.2-2, MQTT-4.7.1-1
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SharedFilter.parse(text))
                .withMessageMatching(words);
    }

    @Test
    @Mqtt5("4.7.3-2")
    void refusesTheNullCharacter() { // MQTT-4.7.3-2
        assertThatIllegalArgumentException().isThrownBy(() -> SharedFilter.parse("$share/g\0/a"));
        assertThatIllegalArgumentException().isThrownBy(() -> SharedFilter.parse("$share/g/a\0"));
    }
}
