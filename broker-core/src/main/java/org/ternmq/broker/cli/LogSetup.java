package org.ternmq.broker.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.pattern.MessageConverter;
import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The process's log: one line an event, to the standard error output, in UTC. Whatever clients put into names and topics
 * cannot make a line of its own or move the cursor, since control characters are shown as escapes.
 */
final class LogSetup {
    private static final String PATTERN = "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\", UTC} %-5level %safe%n%safeEx";

    private LogSetup() {}

    /** Sets it up for a level such as {@code INFO}; libraries speak from WARN on. */
    static void configure(String level) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setLayout(layout(context));
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(appender);
        Level own = Level.toLevel(level, Level.INFO);
        context.getLogger("org.ternmq").setLevel(own);
        context.getLogger("ternmq").setLevel(own);
        context.getLogger("org.pf4j").setLevel(Level.OFF); // what it finds wrong is said by the plugin host
    }

    /** How an event is written. */
    static PatternLayout layout(LoggerContext context) {
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.getInstanceConverterMap().put("safe", SafeMessage::new);
        layout.getInstanceConverterMap().put("safeEx", SafeThrowable::new);
        layout.setPattern(PATTERN);
        layout.start();
        return layout;
    }

    /** The message, with control characters as escapes. */
    static final class SafeMessage extends MessageConverter {
        @Override
        public String convert(ILoggingEvent event) {
            return escape(super.convert(event));
        }
    }

    /** The exception and its causes as usual, their messages with control characters as escapes. */
    static final class SafeThrowable extends ThrowableProxyConverter {
        @Override
        protected String throwableProxyToString(IThrowableProxy thrown) {
            return super.throwableProxyToString(new SafeProxy(thrown));
        }
    }

    /** An exception whose message cannot begin a line of its own. */
    private record SafeProxy(IThrowableProxy raw) implements IThrowableProxy {
        @Override
        public @Nullable String getMessage() {
            return raw.getMessage() == null ? null : escape(raw.getMessage());
        }

        @Override
        public @Nullable String getOverridingMessage() {
            return raw.getOverridingMessage() == null ? null : escape(raw.getOverridingMessage());
        }

        @Override
        public String getClassName() {
            return raw.getClassName();
        }

        @Override
        public StackTraceElementProxy[] getStackTraceElementProxyArray() {
            return raw.getStackTraceElementProxyArray();
        }

        @Override
        public int getCommonFrames() {
            return raw.getCommonFrames();
        }

        @Override
        public @Nullable IThrowableProxy getCause() {
            return raw.getCause() == null ? null : new SafeProxy(raw.getCause());
        }

        @Override
        public IThrowableProxy[] getSuppressed() {
            return Stream.of(raw.getSuppressed()).map(SafeProxy::new).toArray(IThrowableProxy[]::new);
        }

        @Override
        public boolean isCyclic() {
            return raw.isCyclic();
        }
    }

    /** A text with every control character, line separator and bidirectional control as {@code \\uXXXX}. */
    static String escape(String text) {
        StringBuilder out = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isUnsafe(c)) {
                if (out == null) {
                    out = new StringBuilder(text.length() + 16).append(text, 0, i);
                }
                out.append("\\u");
                String hex = Integer.toHexString(0x1_0000 | c);
                out.append(hex, 1, hex.length());
            } else if (out != null) {
                out.append(c);
            }
        }
        return out == null ? text : out.toString();
    }

    private static boolean isUnsafe(char c) {
        return Character.isISOControl(c)
                || c == '\u2028'
                || c == '\u2029'
                || (c >= '\u202A' && c <= '\u202E')
                || (c >= '\u2066' && c <= '\u2069');
    }
}
