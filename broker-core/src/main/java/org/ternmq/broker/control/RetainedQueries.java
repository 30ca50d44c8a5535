package org.ternmq.broker.control;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.MessageProperties;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.routing.RetainedCursor;
import org.ternmq.broker.routing.RetainedMessages;
import org.ternmq.broker.shard.Wakes;
import org.ternmq.spi.Message;
import org.ternmq.spi.TopicFilter;
import org.ternmq.spi.WriteBatch;
import org.ternmq.spi.control.Page;
import org.ternmq.spi.control.PageRequest;
import org.ternmq.spi.control.RetainedLevel;
import org.ternmq.spi.control.RetainedView;

/** Questions about retained messages, and their removal. Safe for use by all threads. */
final class RetainedQueries {
    private static final int REMOVED_AT_ONCE = 1000;
    private static final int WEIGHT = 64;

    private final RetainedMessages retained;
    private final Journal journal;
    private final Clock clock;

    RetainedQueries(RetainedMessages retained, Journal journal, Clock clock) {
        this.retained = retained;
        this.journal = journal;
        this.clock = clock;
    }

    Page<RetainedView> list(TopicFilter filter, PageRequest page) {
        RetainedCursor cursor = retained.scan(filter);
        if (!page.after().isEmpty()) {
            cursor.skipTo(TopicName.ofValid(page.after()));
        }
        List<RetainedView> items = new ArrayList<>();
        while (true) {
            switch (cursor.next(Long.MAX_VALUE, clock.millis())) {
                case MESSAGE -> {
                    if (items.size() == page.limit()) {
                        return new Page<>(
                                items, Optional.of(items.get(items.size() - 1).topic()));
                    }
                    items.add(view(cursor.message()));
                }
                case END -> {
                    return new Page<>(items, Optional.empty());
                }
                case EXPIRED, NOT_YET -> {}
            }
        }
    }

    private static RetainedView view(ApplicationMessage message) {
        return new RetainedView(
                message.topic().toString(),
                message.qos().value(),
                message.payload().length,
                message.expires() ? Optional.of(Instant.ofEpochMilli(message.expiresAt())) : Optional.empty());
    }

    /** Topics are ordered level by level, so that behind a level and all that is below it comes the next one. */
    Page<RetainedLevel> levels(Optional<String> under, PageRequest page) {
        String prefix = under.map(topic -> topic + "/").orElse("");
        List<RetainedLevel> items = new ArrayList<>();
        TopicName from = TopicName.ofValid(
                page.after().isEmpty() ? prefix : behind(page.after().substring(1)));
        while (true) {
            ApplicationMessage found = retained.next(from, true);
            String topic = found == null ? "" : found.topic().toString();
            if (found == null || !topic.startsWith(prefix)) {
                return new Page<>(items, Optional.empty());
            }
            int end = topic.indexOf('/', prefix.length());
            String level = end < 0 ? topic : topic.substring(0, end);
            if (items.size() == page.limit()) {
                // A mark in front, since the first level of all may be empty.
                return new Page<>(
                        items, Optional.of("=" + items.get(items.size() - 1).topic()));
            }
            ApplicationMessage below = retained.next(TopicName.ofValid(level + "/"), true);
            items.add(new RetainedLevel(
                    level.substring(prefix.length()),
                    level,
                    end < 0 ? Optional.of(view(found)) : Optional.empty(),
                    below != null && below.topic().toString().startsWith(level + "/")));
            from = TopicName.ofValid(behind(level));
        }
    }

    /** What comes behind a topic and everything below it: no topic holds U+0000, and {@code /} sorts below it. */
    private static String behind(String level) {
        return level + '\0';
    }

    Optional<Message> message(TopicName topic) {
        long now = clock.millis();
        return Optional.ofNullable(retained.get(topic))
                .filter(message -> !message.isExpired(now))
                .map(message -> MessageProperties.toSpi(message, now));
    }

    /** Removes what a filter matches; takes as long as there are messages. Complete when it is safe. */
    CompletionStage<Long> remove(TopicFilter filter) {
        RetainedCursor cursor = retained.scan(filter);
        CompletableFuture<Long> done = new CompletableFuture<>();
        AtomicLong count = new AtomicLong();
        List<TopicName> topics = new ArrayList<>();
        @Nullable ApplicationMessage found = next(cursor);
        while (found != null) {
            if (retained.removeIfSame(found)) {
                count.incrementAndGet();
                topics.add(found.topic());
            }
            if (topics.size() == REMOVED_AT_ONCE) {
                journal.append(new Removal(retained, List.copyOf(topics), () -> {}));
                topics.clear();
            }
            found = next(cursor);
        }
        journal.append(new Removal(retained, List.copyOf(topics), () -> done.completeAsync(count::get)));
        return done;
    }

    private @Nullable ApplicationMessage next(RetainedCursor cursor) {
        while (true) {
            switch (cursor.next(Long.MAX_VALUE, clock.millis())) {
                case MESSAGE, EXPIRED -> {
                    return cursor.message();
                }
                case END -> {
                    return null;
                }
                case NOT_YET -> {}
            }
        }
    }

    /** Topics that have lost their message; unless one has a new one meanwhile, whose publication writes that. */
    private record Removal(RetainedMessages retained, List<TopicName> topics, Runnable then) implements Journal.Entry {
        @Override
        public void write(WriteBatch batch) {
            for (TopicName topic : topics) {
                if (retained.get(topic) == null) {
                    batch.delete(Keyspaces.RETAINED, topic);
                }
            }
        }

        @Override
        public void committed(Wakes wakes) {
            then.run();
        }

        @Override
        public int weight() {
            return WEIGHT * (1 + topics.size());
        }
    }
}
