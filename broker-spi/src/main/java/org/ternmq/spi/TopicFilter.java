package org.ternmq.spi;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A topic filter (MQTT 5.0, 4.7): what a subscription or an access rule speaks of. Immutable.
 *
 * <p>Matching compares code point by code point and normalises nothing (MQTT-4.7.3-4). A filter that starts with a
 * wildcard matches no topic that starts with {@code $} (MQTT-4.7.2-1).
 */
public final class TopicFilter {
    /** The longest topic name or filter, in bytes of UTF-8 (MQTT-4.7.3-3). */
    public static final int MAX_BYTES = 65_535;

    private final String text;
    /**
     * The levels in front of a closing {@code #}. {@code #} alone is kept as {@code +/#}, and {@code /#} as {@code /+/#},
     * which match the same, there being no topic without a level and none whose only level is empty.
     */
    private final List<String> levels;

    private final boolean multiLevel;
    private final boolean wildcardFirst;

    private TopicFilter(String text, List<String> levels, boolean multiLevel) {
        this.text = text;
        this.levels = levels;
        this.multiLevel = multiLevel;
        this.wildcardFirst = levels.get(0).equals("+");
    }

    /**
     * Reads a filter. {@code $share/…} is read as a plain filter: whoever handles shared subscriptions takes the share
     * name off first.
     *
     * @param s the filter as a client sends it
     * @return the filter
     * @throws IllegalArgumentException if it is empty, too long, holds U+0000, or has a misplaced wildcard
     *     (MQTT-4.7.1-1, MQTT-4.7.1-2, MQTT-4.7.3-1, MQTT-4.7.3-2, MQTT-4.7.3-3); the message says which
     */
    public static TopicFilter parse(String s) {
        if (s.isEmpty()) {
            throw new IllegalArgumentException("empty topic filter"); // MQTT-4.7.3-1
        }
        if (s.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("topic filter holds U+0000"); // MQTT-4.7.3-2
        }
        // A char is at most 3 bytes of UTF-8, so that the count is needed for long filters only.
        if (s.length() > MAX_BYTES / 3 && s.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw new IllegalArgumentException("topic filter is longer than 65535 bytes"); // MQTT-4.7.3-3
        }
        List<String> levels = new ArrayList<>();
        boolean multiLevel = false;
        for (int start = 0; start <= s.length(); ) {
            int end = s.indexOf('/', start);
            if (end < 0) {
                end = s.length();
            }
            String level = s.substring(start, end);
            if (level.indexOf('#') >= 0) {
                if (level.length() > 1 || end < s.length()) {
                    throw new IllegalArgumentException("'#' must be the whole last level"); // MQTT-4.7.1-1
                }
                multiLevel = true;
            } else if (level.length() > 1 && level.indexOf('+') >= 0) {
                throw new IllegalArgumentException("'+' must be a whole level"); // MQTT-4.7.1-2
            } else {
                levels.add(level);
            }
            start = end + 1;
        }
        if (multiLevel && (levels.isEmpty() || levels.equals(List.of("")))) {
            levels.add("+");
        }
        return new TopicFilter(s, List.copyOf(levels), multiLevel);
    }

    /**
     * Does a message of this topic go to a subscription of this filter? Allocates nothing.
     *
     * @param topic a topic name
     * @return whether the filter matches it; false for an empty topic
     */
    public boolean matches(String topic) {
        if (topic.isEmpty() || (wildcardFirst && topic.charAt(0) == '$')) { // MQTT-4.7.2-1
            return false;
        }
        int start = 0;
        for (int i = 0; i < levels.size(); i++) {
            if (start > topic.length()) {
                return false;
            }
            int end = topic.indexOf('/', start);
            if (end < 0) {
                end = topic.length();
            }
            String level = levels.get(i);
            if (!level.equals("+") && (level.length() != end - start || !topic.startsWith(level, start))) {
                return false;
            }
            start = end + 1;
        }
        return multiLevel || start > topic.length();
    }

    /**
     * Does every topic that the other filter matches match this one too?
     *
     * @param other another filter
     * @return whether a right to this filter includes a right to the other
     */
    public boolean covers(TopicFilter other) {
        int mine = levels.size();
        int theirs = other.levels.size();
        boolean lengthFits = multiLevel ? mine <= theirs : !other.multiLevel && mine == theirs;
        if (!lengthFits || (wildcardFirst && other.levels.get(0).startsWith("$"))) { // MQTT-4.7.2-1
            return false;
        }
        for (int i = 0; i < mine; i++) {
            if (!levels.get(i).equals("+") && !levels.get(i).equals(other.levels.get(i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether the filter has a {@code +} or {@code #}.
     *
     * @return false if it matches one topic only
     */
    public boolean hasWildcard() {
        return multiLevel || levels.contains("+");
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof TopicFilter f && text.equals(f.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /**
     * The filter as it was written.
     *
     * @return the text given to {@link #parse}
     */
    @Override
    public String toString() {
        return text;
    }
}
