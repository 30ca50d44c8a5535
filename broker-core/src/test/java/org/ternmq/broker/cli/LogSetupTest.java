package org.ternmq.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LogSetupTest {
    @Test
    void whatMovesTheCursorOrBeginsALineIsShownAsAnEscape() { // threats 49: log injection
        assertThat(LogSetup.escape("client=a\r\n2026-11-24T00:00:00.000Z ERROR forged"))
                .isEqualTo("client=a\\u000d\\u000a2026-11-24T00:00:00.000Z ERROR forged");
        assertThat(LogSetup.escape("\u001b[2J\u009b1m\u2028\u202e")).isEqualTo("\\u001b[2J\\u009b1m\\u2028\\u202e");
    }

    @Test
    void ordinaryTextStaysAsItIs() {
        String text = "client=sensor/ä€😀 topic=a/b";
        assertThat(LogSetup.escape(text)).isSameAs(text);
    }
}
