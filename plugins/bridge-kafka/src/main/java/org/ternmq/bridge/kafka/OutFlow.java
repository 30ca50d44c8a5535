package org.ternmq.bridge.kafka;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.bridge.kafka.KafkaBridgeSettings.Unwritable;
import org.ternmq.spi.Bridge.BrokerLink;
import org.ternmq.spi.Bridge.Delivery;
import org.ternmq.spi.Bridge.Receiver;
import org.ternmq.spi.Message;

/**
 * Messages to Kafka, in order: a message is done when Kafka has acknowledged it. When one fails that Kafka may take later, its
 * producer ends before anything behind it is sent, and all that is not acknowledged goes again, in order, by a new one.
 *
 * <p>Owner: its loop, one thread, which alone may wait for Kafka; what Kafka's own thread does says so.
 */
final class OutFlow implements Receiver {
    private static final Logger LOG = LoggerFactory.getLogger(OutFlow.class);
    /** QoS 0 messages that may wait. */
    private static final int UNACKNOWLEDGED = 1_000;

    private static final Duration HAND_OVER = Duration.ofMillis(800);

    /** A message that is not done. */
    private static final class Pending {
        private final Delivery delivery;
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private final long arrived;

        Pending(Delivery delivery, long arrived) {
            this.delivery = delivery;
            this.arrived = arrived;
        }
    }

    /** One producer, and whether it is of use any more. */
    private static final class Life {
        private final Producer<byte[], byte[]> producer;
        private volatile @Nullable Exception failure;

        Life(Producer<byte[], byte[]> producer) {
            this.producer = producer;
        }
    }

    private final KafkaBridgeSettings settings;
    private final Supplier<Producer<byte[], byte[]>> producers;
    private final Records records;
    private final BrokerLink broker;
    private final Clock clock;
    private final Status status;
    private final Watch watch;
    private final Pause pause;
    private final ScheduledThreadPoolExecutor loop;

    private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
    /** Sent and not acknowledged, in order; also taken from by Kafka's thread. */
    private final Map<Long, Pending> open = new ConcurrentSkipListMap<>();

    private long sent;
    private int unacknowledged;
    private boolean pausing;
    private volatile boolean ending;
    /** Whether Kafka has taken anything since the last pause. */
    private volatile boolean acknowledged;

    private @Nullable Life life;

    OutFlow(
            KafkaBridgeSettings settings,
            Supplier<Producer<byte[], byte[]>> producers,
            Records records,
            BrokerLink broker,
            Clock clock,
            Status status,
            Watch watch,
            ThreadFactory threads) {
        this.settings = settings;
        this.producers = producers;
        this.records = records;
        this.broker = broker;
        this.clock = clock;
        this.status = status;
        this.watch = watch;
        this.pause = new Pause(settings.reconnectMin(), settings.reconnectMax());
        this.loop = new ScheduledThreadPoolExecutor(1, threads);
        loop.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        loop.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy()); // it ends
    }

    @Override
    public CompletionStage<Void> onMessage(Delivery delivery) {
        Pending pending = new Pending(delivery, clock.millis());
        onLoop(() -> offer(pending));
        return pending.done;
    }

    private void onLoop(Runnable task) {
        if (!ending) {
            loop.execute(task);
        }
    }

    /** Kafka has come, or is not there. Any thread. */
    void changed() {
        onLoop(() -> {
            Life idle = life;
            if (status.isThere()) {
                pausing = false;
                pump();
            } else if (status.isGone() && open.isEmpty() && idle != null) {
                life = null;
                idle.producer.close(Duration.ZERO);
            }
        });
    }

    private void offer(Pending pending) {
        if (pending.delivery.number() == 0) {
            if (!status.isThere() || unacknowledged >= UNACKNOWLEDGED) {
                drop(
                        pending,
                        status.isThere()
                                ? "too many QoS 0 messages wait for Kafka"
                                : "Kafka is not there, and it is QoS 0");
                return;
            }
            unacknowledged++;
        } else if (pending.delivery.isRepeated()) { // what an earlier hand-over left is the same message
            waiting.removeIf(each -> each.delivery.number() == pending.delivery.number());
        }
        waiting.add(pending);
        pump();
    }

    private void pump() {
        while (!waiting.isEmpty() && !pausing && !ending) {
            Life with = life;
            if (with == null) {
                if (!status.isThere() || !begin()) {
                    return;
                }
            } else if (with.failure != null) {
                return; // its failure is on the way to this loop
            } else {
                send(with, waiting.element());
            }
        }
    }

    private boolean begin() {
        try {
            life = new Life(producers.get());
            return true;
        } catch (RuntimeException e) { // a file that cannot be read, a name that means nothing
            waitFor("messages wait: " + Watch.words(e));
            return false;
        }
    }

    private void send(Life with, Pending next) {
        Message message = next.delivery.message();
        long late = clock.millis() - next.arrived;
        OptionalLong expiry = message.expiryInterval();
        if (expiry.isPresent()) {
            if (late >= Math.max(1, expiry.getAsLong()) * 1000) {
                finish(next, "it has expired");
                return;
            }
            expiry = OptionalLong.of(Math.max(0, expiry.getAsLong() - late / 1000));
        }
        ProducerRecord<byte[], byte[]> record;
        try {
            Optional<ProducerRecord<byte[], byte[]>> made = records.record(message, expiry);
            if (made.isEmpty()) {
                finish(next, "no rule of the bridge carries it");
                return;
            }
            record = made.get();
        } catch (Records.Poison e) {
            finish(next, String.valueOf(e.getMessage()));
            return;
        }
        long number = ++sent;
        open.put(number, next);
        Exception atOnce = hand(with, record, number, next);
        if (atOnce == null) {
            taken(next);
        } else {
            open.remove(number);
            refused(next, record.topic(), atOnce);
        }
    }

    /** Hands a record to the producer; null if that has it, else why it does not. */
    private @Nullable Exception hand(Life with, ProducerRecord<byte[], byte[]> record, long number, Pending next) {
        Thread here = Thread.currentThread();
        Exception[] atOnce = new Exception[1];
        try {
            with.producer.send(record, (metadata, error) -> {
                if (error != null && Thread.currentThread() == here) { // the producer has not taken it
                    atOnce[0] = error;
                } else {
                    answered(with, number, next, record.topic(), error);
                }
            });
        } catch (KafkaException | IllegalStateException e) {
            return e;
        }
        return atOnce[0];
    }

    /** The producer has the message. */
    private void taken(Pending next) {
        waiting.remove();
        if (next.delivery.number() == 0) {
            unacknowledged--;
            next.done.complete(null);
        }
    }

    private void finish(Pending next, String why) {
        taken(next);
        drop(next, why);
        if (waiting.isEmpty()) {
            status.out(Optional.empty());
        }
    }

    private void drop(Pending next, String why) {
        broker.dropped(next.delivery.message(), why);
        next.done.complete(null);
    }

    /** Why Kafka will never take a message, if that is so. */
    private Optional<String> poison(String topic, Exception error) {
        if (error instanceof RecordTooLargeException
                || error instanceof RecordBatchTooLargeException
                || error instanceof InvalidRecordException
                || error instanceof InvalidTopicException
                || error instanceof SerializationException) {
            return Optional.of("Kafka does not take it: " + Watch.words(error));
        }
        return error instanceof TopicAuthorizationException && settings.unwritableTopic() == Unwritable.DROP
                ? Optional.of("this broker may not write to '" + topic + "' in Kafka")
                : Optional.empty();
    }

    /** The producer did not even take it: the head of what waits. */
    private void refused(Pending next, String topic, Exception error) {
        if (ending || error instanceof InterruptException) {
            return;
        }
        Optional<String> poison = poison(topic, error);
        if (poison.isPresent()) {
            finish(next, poison.get());
            return;
        }
        String why = Watch.words(error);
        try {
            if (error instanceof TimeoutException && status.isThere() && watch.isMissing(topic)) {
                why = "there is no topic '" + topic + "' in Kafka";
                if (settings.unwritableTopic() == Unwritable.DROP) {
                    finish(next, why);
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        Life with = life;
        if (!(error instanceof TimeoutException) && !(error instanceof AuthorizationException) && with != null) {
            fail(with, error);
        } else {
            waitFor("messages wait: " + why);
        }
    }

    /** Kafka has answered, or never will. On Kafka's thread. */
    private void answered(Life with, long number, Pending done, String topic, @Nullable Exception error) {
        if (error == null) {
            open.remove(number);
            acknowledged = true;
            status.out(Optional.empty());
            done.done.complete(null);
            return;
        }
        if (with.failure != null) {
            return; // it goes again, with all others
        }
        Optional<String> poison = poison(topic, error);
        if (poison.isPresent()) {
            open.remove(number);
            drop(done, poison.get());
            return;
        }
        fail(with, error);
    }

    /** Ends a producer at once, so that nothing behind what failed overtakes it. Any thread. */
    private void fail(Life with, Exception error) {
        with.failure = error;
        with.producer.close(Duration.ZERO);
        onLoop(() -> renew(with, error));
    }

    private void renew(Life old, Exception error) {
        if (life != old) {
            return;
        }
        life = null;
        List<Pending> again = new ArrayList<>(open.values());
        open.clear();
        for (int i = again.size() - 1; i >= 0; i--) {
            if (again.get(i).delivery.number() != 0) { // MQTT-4.3.1: at most once
                waiting.addFirst(again.get(i));
            }
        }
        LOG.warn("{} messages go to Kafka again, as one has failed: {}", again.size(), Watch.words(error));
        waitFor("messages wait: " + Watch.words(error));
    }

    private void waitFor(String problem) {
        status.out(Optional.of(problem));
        if (acknowledged) {
            acknowledged = false;
            pause.reset();
        }
        pausing = true;
        loop.schedule(
                () -> {
                    pausing = false;
                    pump();
                },
                pause.next(),
                TimeUnit.MILLISECONDS);
    }

    /** Gives what is under way a moment to be acknowledged, and lets go. Any thread but the loop's. */
    void close() throws InterruptedException {
        ending = true;
        loop.shutdownNow(); // a send that waits for Kafka is interrupted
        loop.awaitTermination(HAND_OVER.toMillis(), TimeUnit.MILLISECONDS);
        Life with = life;
        if (with != null) {
            with.producer.close(open.isEmpty() || !status.isThere() ? Duration.ZERO : HAND_OVER);
        }
    }
}
