package org.ternmq.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class LogSetupTest {
    @Test
    void whatMovesTheCursorOrBeginsALineIsShownAsAnEscape() { // threats 49: log injection
        assertThat(LogSetup.escape("client=a\r\n2026-11-24T00:00:00.000Z ERROR forged"))
                .isEqualTo("client=a\\u000d\\u000a2026-11-24T00:00:00.000Z ERROR forged");
        assertThat(LogSetup.escape("\u001b[2J\u009b1m\u2028\u202e")).isEqualTo("\\u001b[2J\\u009b1m\\u2028\\u202e");
    }

    @Test
    void anExceptionCannotBeginALineOfItsOwnEither() { // threats 49: log injection
        Exception hostile = new IllegalStateException(
                "topic a\r\n2026-11-24T00:00:00.000Z ERROR forged", new IOException("b\nforged \u001b[2J"));
        hostile.addSuppressed(new IOException("c\nforged"));
        String text = line(hostile);
        assertThat(text)
                .contains("topic a\\u000d\\u000a2026")
                .contains("\\u001b[2J")
                .contains("Caused by: ")
                .contains("\tat " + LogSetupTest.class.getName());
        assertThat(text.lines()).noneMatch(l -> l.startsWith("2026-11-24T00:00:00") || l.startsWith("forged"));
    }

    private static String line(Throwable thrown) {
        LoggerContext context = new LoggerContext();
        LoggingEvent event =
                new LoggingEvent("", context.getLogger("org.ternmq.x"), Level.ERROR, "failed", thrown, null);
        return LogSetup.layout(context).doLayout(event);
    }

    @Test
    void ordinaryTextStaysAsItIs() {
        String text = "client=sensor/ä€😀 topic=a/b";
        assertThat(LogSetup.escape(text)).isSameAs(text);
    }
}
