package org.ternmq.broker.config;

/**
 * Where a value was written.
 *
 * @param source the file as it was named, {@code --set key}, or {@code default}
 * @param line from 1 on; 0 if the source has no lines
 * @param column from 1 on; 0 if the source has no lines
 */
public record Origin(String source, int line, int column) {
    /** A source without lines. */
    static Origin of(String source) {
        return new Origin(source, 0, 0);
    }

    /** Such as {@code ternmq.yaml:12:7}. */
    @Override
    public String toString() {
        return line == 0 ? source : source + ":" + line + ":" + column;
    }
}
