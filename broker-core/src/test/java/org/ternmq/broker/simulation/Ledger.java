package org.ternmq.broker.simulation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/** Who sent, acknowledged and got what; says what must not be. */
final class Ledger {
    /** Not yet, or never. */
    static final int NEVER = -1;

    /** A message from its first PUBLISH on. Times are numbers of steps. */
    static final class Sent {
        final int number;
        final SimulatedClient publisher;
        final String topic;
        final QoS qos;
        final boolean retain;
        final boolean clears;
        final boolean expires;
        final int sentAt;
        int sends = 1;
        int acknowledgedAt = NEVER;
        boolean refused;
        /** The publisher's session may have ended without its knowing: what it repeats is new to the broker. */
        boolean orphaned;

        Sent(
                int number,
                SimulatedClient publisher,
                String topic,
                QoS qos,
                boolean retain,
                boolean clears,
                boolean expires,
                int sentAt) {
            this.number = number;
            this.publisher = publisher;
            this.topic = topic;
            this.qos = qos;
            this.retain = retain;
            this.clears = clears;
            this.expires = expires;
            this.sentAt = sentAt;
        }

        boolean isSafe() {
            return acknowledgedAt != NEVER && !refused;
        }

        @Override
        public String toString() {
            return "message " + number + " of " + publisher + " to " + topic + " at " + qos;
        }
    }

    /** A subscription from SUBSCRIBE to the answer to UNSUBSCRIBE. */
    static final class Interval {
        final String text;
        final QoS qos;
        final boolean shared;
        private final TopicFilter filter;
        private final int askedAt;
        private int madeAt = NEVER;
        private int endAskedAt = NEVER;
        private int endedAt = NEVER;

        Interval(String text, QoS qos, int askedAt) {
            this.text = text;
            this.qos = qos;
            this.shared = text.startsWith("$share/");
            this.filter = TopicFilter.parse(shared ? text.substring(text.indexOf('/', 7) + 1) : text);
            this.askedAt = askedAt;
        }

        boolean matches(Sent message) {
            return filter.matches(message.topic);
        }

        boolean mayCover(Sent message) {
            return matches(message) && (endedAt == NEVER || endedAt >= message.sentAt);
        }

        /** Whether it was there before the message and has been ever since, at a QoS that promises something. */
        boolean mustCover(Sent message) {
            return matches(message)
                    && qos != QoS.AT_MOST_ONCE
                    && madeAt != NEVER
                    && madeAt < message.sentAt
                    && endAskedAt == NEVER;
        }

        void made(int now) {
            madeAt = now;
        }

        void ended(int now) {
            endedAt = now;
        }

        @Override
        public String toString() {
            return text + "@" + askedAt;
        }
    }

    private final List<Sent> messages = new ArrayList<>();
    private final Set<String> unsteadyGroups = new HashSet<>();
    private final long[] sent = new long[QoS.values().length];
    private final long[] received = new long[QoS.values().length];
    private int now;
    private int crashes;
    private @Nullable String failure;
    private @Nullable List<String> notes;

    /** Also keeps what happens, to be told with the failure. */
    void keepNotes() {
        notes = new ArrayList<>();
    }

    void note(Supplier<String> what) {
        if (notes != null && failure == null) {
            notes.add(now + " " + what.get());
        }
    }

    /** What happened, if that was to be kept. */
    List<String> notes() {
        return notes == null ? List.of() : notes;
    }

    void fail(String why) {
        if (failure == null) {
            failure = why + " (after " + now + " events)";
        }
    }

    @Nullable
    String failure() {
        return failure;
    }

    int now() {
        return now;
    }

    void tick() {
        now++;
    }

    void crashed() {
        crashes++;
    }

    int crashes() {
        return crashes;
    }

    Sent message(SimulatedClient by, String topic, QoS qos, boolean retain, boolean clears, boolean expires) {
        Sent message = new Sent(messages.size(), by, topic, qos, retain, clears, expires, now);
        messages.add(message);
        return message;
    }

    Sent message(int number) {
        return messages.get(number);
    }

    /** The broker has given a PUBLISH to a connection. */
    void sent(QoS qos) {
        sent[qos.ordinal()]++;
    }

    /** The broker has read a PUBLISH. */
    void received(QoS qos) {
        received[qos.ordinal()]++;
    }

    long sentCount(QoS qos) {
        return sent[qos.ordinal()];
    }

    long receivedCount(QoS qos) {
        return received[qos.ordinal()];
    }

    /** The client may have left this subscription, for whatever reason: nothing is promised about it any more. */
    void endAsked(Interval interval) {
        if (interval.endAskedAt == NEVER) {
            interval.endAskedAt = now;
            unsteady(interval);
        }
    }

    /** A member of a group that does not keep what it has. */
    void unsteady(Interval interval) {
        if (interval.shared) {
            unsteadyGroups.add(interval.text);
        }
    }

    /** Everything has come to rest: what was promised must have been kept. */
    void check(List<SimulatedClient> clients, boolean droppedUnstored) {
        for (Sent message : messages) {
            if (message.refused && message.sends == 1 && message.qos != QoS.AT_MOST_ONCE) {
                clients.stream()
                        .filter(client -> client.has(message))
                        .forEach(client -> fail(client + " got " + message + ", which was refused"));
            }
            if (message.isSafe() && !message.expires && !message.clears) {
                for (SimulatedClient client : clients) {
                    if (!(droppedUnstored && !client.isPersistent()) && client.mustHave(message)) {
                        fail(client + " never got " + message + ", which was acknowledged");
                    }
                }
                checkGroups(message, clients);
            }
        }
    }

    private void checkGroups(Sent message, List<SimulatedClient> clients) {
        Set<String> groups = new HashSet<>();
        for (SimulatedClient client : clients) {
            for (Interval interval : client.intervals()) {
                if (interval.shared && interval.mustCover(message) && !unsteadyGroups.contains(interval.text)) {
                    groups.add(interval.text);
                }
            }
        }
        for (String group : groups) {
            boolean somebody = clients.stream()
                    .filter(client -> client.intervals().stream().anyMatch(each -> each.text.equals(group)))
                    .anyMatch(client -> client.has(message));
            if (!somebody) {
                fail("no member of " + group + " ever got " + message + ", which was acknowledged");
            }
        }
    }

    /**
     * What is retained in the end for a topic.
     *
     * @param number the message, negative for none
     */
    void checkRetained(String topic, int number) {
        Sent there = number < 0 ? null : messages.get(number);
        for (Sent other : messages) {
            if (!other.retain || !other.topic.equals(topic) || !other.isSafe() || other == there) {
                continue;
            }
            if (there != null && there.acknowledgedAt != NEVER && other.sentAt > there.acknowledgedAt) {
                fail(there + " is retained, though " + other + " came later and was acknowledged");
            }
            if (there == null && !other.clears && messages.stream().noneMatch(each -> mayHaveCleared(each, other))) {
                fail("nothing is retained, though " + other + " was acknowledged");
            }
        }
    }

    private static boolean mayHaveCleared(Sent clearing, Sent retained) {
        return clearing.clears
                && clearing.topic.equals(retained.topic)
                && !(clearing.acknowledgedAt != NEVER && clearing.acknowledgedAt < retained.sentAt);
    }
}
