package org.ternmq.spi.control;

/**
 * A value of the configuration in force.
 *
 * @param path such as {@code listeners[0].bind}
 * @param value as it is written; {@code ***} for a secret, and <code>${NAME}</code> for what the environment brings
 * @param source where it comes from
 * @param origin the place, such as {@code ternmq.yaml:12:7}
 */
public record Setting(String path, String value, Source source, String origin) {
    /** Where a value comes from. */
    public enum Source {
        /** It is not written. */
        DEFAULT,
        /** It is written in the file. */
        FILE,
        /** It is written in the file, and the value or a part of it is that of an environment variable. */
        ENVIRONMENT,
        /** {@code --set}. */
        COMMAND_LINE
    }
}
