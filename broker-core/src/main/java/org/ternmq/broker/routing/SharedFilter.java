package org.ternmq.broker.routing;

import org.jspecify.annotations.Nullable;
import org.ternmq.spi.TopicFilter;

/**
 * What SUBSCRIBE and UNSUBSCRIBE name: a topic filter, perhaps with the name of a shared group in front (MQTT 5.0, 4.8.2).
 *
 * @param shareName the group's name, null for a plain filter
 * @param filter the filter that topics are matched with
 */
public record SharedFilter(@Nullable String shareName, TopicFilter filter) {
    static final String PREFIX = "$share/";

    /**
     * Reads a filter. {@code $share} alone, {@code $shared/…} and {@code $SHARE/…} are plain ones.
     *
     * @param text the filter as a client sends it
     * @throws IllegalArgumentException if the filter is not valid, or {@code $share/} is followed by no valid name or no
     *     filter (MQTT-4.8.2-1, MQTT-4.8.2-2); the message says which
     */
    public static SharedFilter parse(String text) {
        if (!text.startsWith(PREFIX)) {
            return new SharedFilter(null, TopicFilter.parse(text));
        }
        int end = text.indexOf('/', PREFIX.length());
        String name = text.substring(PREFIX.length(), end < 0 ? text.length() : end);
        if (name.isEmpty()) {
            throw new IllegalArgumentException("empty share name"); // MQTT-4.8.2-1
        }
        if (name.indexOf('+') >= 0 || name.indexOf('#') >= 0) {
            throw new IllegalArgumentException("share name holds a wildcard"); // MQTT-4.8.2-2
        }
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("share name holds U+0000"); // MQTT-1.5.4-2
        }
        if (end < 0) {
            throw new IllegalArgumentException("no topic filter behind the share name"); // MQTT-4.8.2-2
        }
        return new SharedFilter(name, TopicFilter.parse(text.substring(end + 1))); // MQTT-4.8.2-2
    }

    /** What the client wrote. */
    @Override
    public String toString() {
        return shareName == null ? filter.toString() : PREFIX + shareName + '/' + filter;
    }
}
