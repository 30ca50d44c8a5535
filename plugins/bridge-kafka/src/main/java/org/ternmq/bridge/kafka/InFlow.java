package org.ternmq.bridge.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.bridge.kafka.KafkaBridgeSettings.From;
import org.ternmq.spi.Bridge.BrokerLink;
import org.ternmq.spi.Bridge.RefusedException;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Message;

/**
 * Records from Kafka: an offset is committed when this broker has every message before it. With many on their way, partitions are
 * paused. One thread of the bridge runs it.
 */
final class InFlow implements Runnable, ConsumerRebalanceListener {
    private static final Logger LOG = LoggerFactory.getLogger(InFlow.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration COMMIT_LIMIT = Duration.ofSeconds(5);
    private static final Duration LAST_COMMIT = Duration.ofMillis(600);
    private static final long COMMIT_NANOS = 500_000_000L;
    private static final long MOST_BYTES = 16 << 20;
    private static final int QUOTA_EXCEEDED = 0x97;

    /** What became of a message. */
    private record Outcome(
            TopicPartition partition,
            long offset,
            int size,
            Progress of,
            @Nullable Throwable error) {}

    private final KafkaBridgeSettings settings;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final TopicRules rules;
    private final Records records;
    private final BrokerLink broker;
    private final Status status;
    private final Pause pause;
    private final LinkedBlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();

    private final Map<TopicPartition, Progress> partitions = new HashMap<>();
    private int inFlight;
    private long inFlightBytes;
    private boolean paused;
    private long lastCommit;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean ending;
    private volatile @Nullable Consumer<byte[], byte[]> consumer;

    InFlow(
            KafkaBridgeSettings settings,
            Supplier<Consumer<byte[], byte[]>> consumers,
            TopicRules rules,
            Records records,
            BrokerLink broker,
            Status status) {
        this.settings = settings;
        this.consumers = consumers;
        this.rules = rules;
        this.records = records;
        this.broker = broker;
        this.status = status;
        this.pause = new Pause(settings.reconnectMin(), settings.reconnectMax());
    }

    @Override
    public void run() {
        while (!ending) {
            try {
                if (status.isThere()) {
                    consume();
                } else {
                    await(POLL.toMillis());
                }
            } catch (WakeupException | InterruptException e) {
                // the bridge ends
            } catch (KafkaException | ConfigurationException | IllegalStateException e) {
                status.in(Optional.of("records wait: " + Watch.words(e)));
                LOG.warn(
                        "The records of Kafka are taken from the last commit on, as one call has failed: {}",
                        Watch.words(e));
                await(pause.next());
            }
        }
    }

    private void await(long millis) {
        try {
            ended.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ending = true;
        }
    }

    private void consume() {
        Consumer<byte[], byte[]> from = consumers.get();
        consumer = from;
        try {
            forget();
            from.subscribe(rules.inTopics(), this);
            while (!ending && !status.isGone()) {
                step(from);
            }
        } finally {
            if (ending) {
                lastCommit(from);
            }
            consumer = null;
            from.close(CloseOptions.timeout(LAST_COMMIT));
        }
    }

    private void forget() {
        partitions.clear();
        outcomes.clear();
        inFlight = 0;
        inFlightBytes = 0;
        paused = false;
    }

    private void step(Consumer<byte[], byte[]> from) {
        try {
            for (ConsumerRecord<byte[], byte[]> each : from.poll(paused ? Duration.ZERO : POLL)) {
                take(each);
            }
            if (!from.assignment().isEmpty()) {
                status.in(Optional.empty());
                pause.reset();
            }
        } catch (NoOffsetForPartitionException e) {
            begin(from, e.partitions());
        } catch (OffsetOutOfRangeException e) {
            LOG.warn(
                    "Kafka has deleted records of {} before they were taken in; it goes on with the first that is there",
                    e.partitions());
            from.seekToBeginning(e.partitions());
        }
        settle();
        boolean many = inFlight >= settings.maxInFlight() || inFlightBytes >= MOST_BYTES;
        boolean few = inFlight <= settings.maxInFlight() / 2 && inFlightBytes <= MOST_BYTES / 2;
        if (!paused && many) {
            paused = true;
            from.pause(from.assignment());
        } else if (paused && few) {
            paused = false;
            from.resume(from.assignment());
        }
        if (System.nanoTime() - lastCommit > COMMIT_NANOS) {
            lastCommit = System.nanoTime();
            Map<TopicPartition, OffsetAndMetadata> offsets = toCommit();
            if (!offsets.isEmpty()) {
                from.commitAsync(offsets, (committed, error) -> {
                    if (error == null) {
                        committed.forEach(this::committed);
                    } // else once more with the next ones
                });
            }
        }
    }

    /** Nothing of these partitions was ever taken: notes where it begins, so that a restart before the first commit loses nothing. */
    private void begin(Consumer<byte[], byte[]> from, Collection<TopicPartition> fresh) {
        if (settings.from() == From.EARLIEST) {
            from.seekToBeginning(fresh);
        } else {
            from.seekToEnd(fresh);
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        fresh.forEach(each -> offsets.put(each, new OffsetAndMetadata(from.position(each, COMMIT_LIMIT))));
        from.commitSync(offsets, COMMIT_LIMIT);
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        Progress progress = partitions.computeIfAbsent(partition, each -> new Progress());
        int size = Math.max(0, record.serializedValueSize());
        progress.begin(record.offset());
        inFlight++;
        inFlightBytes += size;
        Optional<Message> message = Optional.empty();
        if (!records.isOwn(record)) { // else it has come round
            try {
                message = records.message(record);
            } catch (Records.Poison e) {
                broker.dropped(
                        described(record), e.getMessage() + " (" + partition + " offset " + record.offset() + ")");
            }
        }
        if (message.isPresent() && size > settings.maxMessageSize().bytes()) {
            broker.dropped(
                    message.get(),
                    "with " + size + " bytes it is larger than max-message-size (" + partition + " offset "
                            + record.offset() + ")");
            message = Optional.empty();
        }
        if (message.isEmpty()) {
            outcomes.add(new Outcome(partition, record.offset(), size, progress, null));
        } else {
            broker.publish(message.get())
                    .whenComplete((done, error) ->
                            outcomes.add(new Outcome(partition, record.offset(), size, progress, error)));
        }
    }

    /** For the count and the log, of what has no topic here. */
    private static Message described(ConsumerRecord<byte[], byte[]> record) {
        return Message.builder("kafka:" + record.topic()).build();
    }

    private void settle() {
        try {
            Outcome next = paused ? outcomes.poll(POLL.toMillis(), TimeUnit.MILLISECONDS) : outcomes.poll();
            while (next != null) {
                settled(next);
                next = outcomes.poll();
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private void settled(Outcome outcome) {
        if (partitions.get(outcome.partition) != outcome.of) {
            return; // the partition was lost, or is taken from further back again
        }
        Throwable cause = outcome.error instanceof CompletionException && outcome.error.getCause() != null
                ? outcome.error.getCause()
                : outcome.error;
        if (cause instanceof RefusedException refused && refused.reasonCode() != QUOTA_EXCEEDED) {
            broker.dropped(
                    Message.builder("kafka:" + outcome.partition.topic()).build(),
                    String.valueOf(refused.getMessage()));
        } else if (cause != null) {
            again(outcome, cause);
            return;
        }
        inFlight--;
        inFlightBytes -= outcome.size;
        outcome.of.done(outcome.offset);
    }

    /** There is no room here, or the broker stops: the record waits in Kafka. */
    private void again(Outcome outcome, Throwable cause) {
        if (ending) {
            return;
        }
        status.in(Optional.of("records wait: " + cause.getMessage()));
        throw new KafkaException("offset " + outcome.offset + " of " + outcome.partition + " is not taken: " + cause);
    }

    // ---- offsets

    private Map<TopicPartition, OffsetAndMetadata> toCommit() {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        partitions.forEach((partition, progress) ->
                progress.toCommit().ifPresent(offset -> offsets.put(partition, new OffsetAndMetadata(offset))));
        return offsets;
    }

    private void committed(TopicPartition partition, OffsetAndMetadata offset) {
        Progress progress = partitions.get(partition);
        if (progress != null) {
            progress.committed(offset.offset());
        }
    }

    private void lastCommit(Consumer<byte[], byte[]> from) {
        try {
            settle();
            Map<TopicPartition, OffsetAndMetadata> offsets = toCommit();
            if (!offsets.isEmpty()) {
                commit(from, offsets);
            }
        } catch (KafkaException e) {
            LOG.info("What was taken last from Kafka comes once more: {}", Watch.words(e));
        }
    }

    private static void commit(Consumer<byte[], byte[]> from, Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            from.commitSync(offsets, LAST_COMMIT);
        } catch (WakeupException e) { // which was meant for a poll
            from.commitSync(offsets, LAST_COMMIT);
        }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> gone) {
        Consumer<byte[], byte[]> from = consumer;
        if (from != null) {
            lastCommit(from);
        }
        onPartitionsLost(gone);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> gone) {
        for (TopicPartition each : gone) {
            partitions.remove(each);
        }
        recount();
    }

    private void recount() {
        List<Progress> left = new ArrayList<>(partitions.values());
        inFlight = left.stream().mapToInt(Progress::size).sum();
        if (inFlight == 0) {
            inFlightBytes = 0;
        }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> fresh) {
        Consumer<byte[], byte[]> from = consumer;
        if (paused && from != null) {
            from.pause(Set.copyOf(fresh));
        }
    }

    /** Has it stop at the next occasion. Any thread. */
    void end() {
        ending = true;
        ended.countDown();
        Consumer<byte[], byte[]> now = consumer;
        if (now != null) {
            now.wakeup();
        }
    }
}
