package org.ternmq.broker.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.shard.Shards;
import org.ternmq.broker.shard.Wakes;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.QoS;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

@Timeout(30)
final class JournalTest {
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Shards shards = new Shards(loops, Clock.systemUTC(), false);
    private final Metrics metrics = new Metrics();
    private final FakeStorage storage = new FakeStorage();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Journal journal = new Journal(storage, Storage.Durability.PROCESS, 41, shards, metrics, failure::set);
    private final DeliveryRecords records = new DeliveryRecords();
    private final List<String> committed = Collections.synchronizedList(new ArrayList<>());

    /** Remembers what keys each group set, can be held up, and can fail. */
    private static final class FakeStorage implements Storage {
        private final List<List<String>> groups = Collections.synchronizedList(new ArrayList<>());
        private volatile CountDownLatch gate = new CountDownLatch(0);
        private final CountDownLatch atGate = new CountDownLatch(1);
        private volatile boolean fails;

        @Override
        public void write(List<WriteBatch> group, Durability durability) {
            atGate.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new StorageException("interrupted", e);
            }
            if (fails) {
                throw new StorageException("disk gone");
            }
            List<String> changes = new ArrayList<>();
            for (WriteBatch batch : group) {
                batch.forEach(new WriteBatch.Visitor() {
                    @Override
                    public <K, V> void put(Keyspace<K, V> space, K key, V value) {
                        changes.add(space + "+" + key);
                    }

                    @Override
                    public <K, V> void delete(Keyspace<K, V> space, K key) {
                        changes.add(space + "-" + key);
                    }

                    @Override
                    public <K, V> void deleteRange(Keyspace<K, V> space, K from, K to) {
                        changes.add(space + "-" + from + ".." + to);
                    }
                });
            }
            groups.add(changes);
        }

        @Override
        public <K, V> @Nullable V get(Keyspace<K, V> space, K key) {
            return null;
        }

        @Override
        public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private Journal.Entry entry(String name, boolean writes) {
        return new Journal.Entry() {
            @Override
            public void write(WriteBatch batch) {
                if (writes) {
                    batch.put(Keyspaces.META, name, 1L);
                }
            }

            @Override
            public void committed(Wakes wakes) {
                if (writes) {
                    assertThat(storage.groups.stream().flatMap(List::stream)).contains("meta+" + name);
                }
                committed.add(name);
            }

            @Override
            public int weight() {
                return 100;
            }
        };
    }

    @AfterEach
    void end() {
        loops.shutdownGracefully(0, 0, java.util.concurrent.TimeUnit.SECONDS);
    }

    @Test
    void whatComesInDuringAWriteIsTheNextGroupAndIsToldInOrder() throws Exception {
        storage.gate = new CountDownLatch(1);
        journal.start();
        journal.append(entry("a", true));
        storage.atGate.await();
        for (int i = 0; i < 100; i++) {
            journal.append(entry("b" + i, i % 2 == 0));
        }
        assertThat(committed)
                .as("nothing is safe before the write has returned")
                .isEmpty();
        storage.gate.countDown();
        journal.close();
        assertThat(storage.groups).hasSize(2);
        assertThat(storage.groups.get(1)).hasSize(50);
        assertThat(committed).hasSize(101).startsWith("a", "b0", "b1", "b2").endsWith("b99");
        assertThat(journal.pendingEntries()).isZero();
    }

    @Test
    void anEntryWithoutChangesCostsNoWrite() {
        journal.start();
        journal.append(entry("nothing", false));
        journal.close();
        assertThat(storage.groups).isEmpty();
        assertThat(committed).containsExactly("nothing");
    }

    @Test
    void aFailedWriteIsFinal() {
        storage.fails = true;
        journal.start();
        journal.append(entry("a", true));
        await().until(() -> failure.get() != null);
        journal.append(entry("b", true));
        journal.close();
        assertThat(committed).isEmpty();
        assertThat(journal.hasFailed()).isTrue();
        assertThat(failure.get()).hasMessage("disk gone");
    }

    @Test
    void isOverloadedWhileTooMuchWaits() throws Exception {
        storage.gate = new CountDownLatch(1);
        journal.start();
        journal.append(entry("a", true));
        storage.atGate.await();
        assertThat(journal.overloaded()).isFalse();
        for (int i = 0; i < 400_000; i++) {
            journal.append(entry("b", false));
        }
        assertThat(journal.overloaded()).isTrue();
        storage.gate.countDown();
        await().until(() -> !journal.overloaded());
        journal.close();
    }

    @Test
    void sequenceNumbersGoOnBehindThoseOfTheStore() {
        assertThat(journal.nextSequence()).isEqualTo(42);
        assertThat(journal.nextSequence()).isEqualTo(43);
    }

    private static Delivery stored(ApplicationMessage message, QoS qos, long sequence) {
        return Delivery.stored(message, qos, false, Delivery.NO_IDENTIFIERS, sequence);
    }

    private static ApplicationMessage message() {
        return new ApplicationMessage(
                TopicName.ofValid("t"),
                QoS.EXACTLY_ONCE,
                false,
                new byte[0],
                new byte[0],
                ApplicationMessage.NEVER,
                null);
    }

    private List<String> write(java.util.function.Consumer<WriteBatch> changes) {
        storage.groups.clear();
        WriteBatch batch = new WriteBatch();
        changes.accept(batch);
        storage.write(List.of(batch), Storage.Durability.PROCESS);
        return storage.groups.get(0);
    }

    @Test
    void aBodyForSeveralIsStoredOnceAndGoesWithTheLast() {
        ApplicationMessage message = message();
        Delivery a = stored(message, QoS.AT_LEAST_ONCE, 5);
        Delivery b = stored(message, QoS.AT_LEAST_ONCE, 5);
        assertThat(write(batch -> records.put(batch, List.of("a", "b"), List.of(a, b))))
                .containsExactly(
                        "messages+5",
                        "queue+NumberedKey[clientId=a, number=5]",
                        "queue+NumberedKey[clientId=b, number=5]");
        assertThat(DeliveryRecords.settle(a)).isTrue();
        assertThat(write(batch -> records.remove(batch, "a", a)))
                .containsExactly("queue-NumberedKey[clientId=a, number=5]");
        assertThat(DeliveryRecords.settle(b)).isTrue();
        assertThat(write(batch -> records.remove(batch, "b", b)))
                .containsExactly("queue-NumberedKey[clientId=b, number=5]", "messages-5");
        assertThat(DeliveryRecords.settle(b)).as("once").isFalse();
    }

    @Test
    void aCopyAcknowledgedBeforeItsGroupIsDueIsNotWritten() {
        ApplicationMessage message = message();
        Delivery a = stored(message, QoS.AT_LEAST_ONCE, 5);
        Delivery b = stored(message, QoS.AT_LEAST_ONCE, 5);
        assertThat(DeliveryRecords.settle(a)).as("nothing to remove").isFalse();
        assertThat(write(batch -> records.put(batch, List.of("a", "b"), List.of(a, b))))
                .as("one is left, with its body in the record")
                .containsExactly("queue+NumberedKey[clientId=b, number=5]");
    }

    @Test
    void aQos2CopyHasItsBodyApartSinceItsRecordIsWrittenAgain() {
        Delivery a = stored(message(), QoS.EXACTLY_ONCE, 7);
        assertThat(write(batch -> records.put(batch, List.of("a"), List.of(a))))
                .containsExactly("messages+7", "queue+NumberedKey[clientId=a, number=7]");
        assertThat(write(batch -> records.update(batch, "a", a, 3, true)))
                .containsExactly("queue+NumberedKey[clientId=a, number=7]");
    }
}
