package org.ternmq.broker.routing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.TopicFilter;

/**
 * Goes through the retained messages that a filter matches. Used by one thread at a time; may rest for as long as it
 * likes between two steps, for it holds nothing but where it is. A message that is there all the while is found; one that
 * is put, replaced or removed meanwhile may be found or not.
 *
 * <p>Topics are ordered level by level, so that where a topic differs from the filter the next one that can match is
 * known, and everything between is passed by in one search.
 */
public final class RetainedCursor {
    /** What {@link #next} came upon. */
    public enum Step {
        /** A message: {@link #message()}. */
        MESSAGE,
        /** A message that is of no more use (MQTT-3.3.2-5) and wants removing: {@link #message()}. */
        EXPIRED,
        /** Nothing yet, after as much work as an event loop can be asked for; to be called again. */
        NOT_YET,
        /** No more messages. */
        END
    }

    /** Topics looked at in one step; a long topic counts for several. */
    private static final int WORK = 1000;

    private static final int BYTES_PER_WORK = 256;

    private final RetainedMessages messages;

    /** The levels in front of a closing {@code #}. */
    private final List<byte[]> levels;

    private final boolean multiLevel;
    private final boolean wildcardFirst;

    /** From where the next search begins; null at the end. */
    private @Nullable TopicName position;

    private boolean inclusive = true;
    private @Nullable ApplicationMessage message;

    RetainedCursor(RetainedMessages messages, TopicFilter filter) {
        this.messages = messages;
        byte[] utf8 = filter.toString().getBytes(StandardCharsets.UTF_8);
        List<byte[]> all = new ArrayList<>();
        for (int start = 0; start <= utf8.length; ) {
            int end = levelEnd(utf8, start);
            all.add(Arrays.copyOfRange(utf8, start, end));
            start = end + 1;
        }
        byte[] last = all.get(all.size() - 1);
        multiLevel = last.length == 1 && last[0] == '#';
        levels = multiLevel ? all.subList(0, all.size() - 1) : all;
        wildcardFirst = levels.isEmpty() || isPlus(0);
        position = TopicName.ofValid(least(new byte[0], 0, 0));
    }

    private static int levelEnd(byte[] utf8, int start) {
        int end = start;
        while (end < utf8.length && utf8[end] != '/') {
            end++;
        }
        return end;
    }

    private boolean isPlus(int level) {
        byte[] l = levels.get(level);
        return l.length == 1 && l[0] == '+';
    }

    /** Leaves out the topics up to one, and this one too. */
    public void skipTo(TopicName topic) {
        if (position != null && position.compareTo(topic) <= 0) {
            position = topic;
            inclusive = false;
        }
    }

    /** The message that the last {@link #next} came upon. */
    public ApplicationMessage message() {
        if (message == null) {
            throw new IllegalStateException("no message here");
        }
        return message;
    }

    /**
     * Goes on to the next message.
     *
     * @param maxMark messages with a greater mark are left out: they come live
     * @param now milliseconds since the epoch
     */
    public Step next(long maxMark, long now) {
        message = null;
        for (int work = 0; work < WORK; ) {
            TopicName from = position;
            Map.Entry<TopicName, RetainedMessages.Entry> found = from == null ? null : messages.seek(from, inclusive);
            if (from == null || found == null) {
                position = null;
                return Step.END;
            }
            work += 1 + (from.utf8().length + found.getKey().utf8().length) / BYTES_PER_WORK;
            RetainedMessages.Entry entry = found.getValue();
            if (goOn(found.getKey()) && entry.mark() <= maxMark) {
                message = entry.message();
                return message.isExpired(now) ? Step.EXPIRED : Step.MESSAGE;
            }
        }
        return Step.NOT_YET;
    }

    /** Whether the filter matches a topic; sets the position to the next one that it can match. */
    private boolean goOn(TopicName topic) {
        byte[] t = topic.utf8();
        if (wildcardFirst && topic.isDollar()) { // MQTT-4.7.2-1
            goTo(new byte[] {'$' + 1});
            return false;
        }
        int lastPlusEnd = -1;
        int start = 0;
        for (int level = 0; level < levels.size(); level++) {
            if (start > t.length) { // the topic ends first: what matches is below it
                goTo(least(t, t.length, level));
                return false;
            }
            int end = levelEnd(t, start);
            if (isPlus(level)) {
                lastPlusEnd = end;
            } else {
                byte[] literal = levels.get(level);
                int order = Arrays.compareUnsigned(t, start, end, literal, 0, literal.length);
                if (order < 0) {
                    goTo(least(t, Math.max(0, start - 1), level));
                    return false;
                } else if (order > 0) {
                    goBehind(t, lastPlusEnd);
                    return false;
                }
            }
            start = end + 1;
        }
        if (multiLevel) {
            position = topic;
            inclusive = false;
            return true;
        }
        goBehind(t, lastPlusEnd); // neither what is below the topic nor its neighbours can match
        return start > t.length;
    }

    private void goTo(byte[] topic) {
        position = TopicName.ofValid(topic);
        inclusive = true;
    }

    /** The first of all topics with these first levels (so many, so many bytes) that the filter can match. */
    private byte[] least(byte[] topic, int length, int level) {
        ByteArrayOutputStream least = new ByteArrayOutputStream(length + 16);
        least.write(topic, 0, length);
        for (int i = level; i < levels.size(); i++) {
            if (i > 0) {
                least.write('/');
            }
            if (!isPlus(i)) { // else the empty level, before which there is no other
                least.writeBytes(levels.get(i));
            }
        }
        return least.toByteArray();
    }

    /** To the next text at the level of the last {@code +} that has matched, past all topics below this one. */
    private void goBehind(byte[] topic, int lastPlusEnd) {
        if (lastPlusEnd < 0) {
            position = null;
        } else {
            byte[] behind = Arrays.copyOf(topic, lastPlusEnd + 1);
            behind[lastPlusEnd] = 0; // no topic holds it, and only '/' sorts below it
            goTo(behind);
        }
    }
}
