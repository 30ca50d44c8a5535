package org.ternmq.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.journal.BytesStorage;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.DiskGuard;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.spi.QoS;
import org.ternmq.spi.Storage;

/** What is routed, stored and refused while the disk is nearly full. */
final class RouterDiskTest {
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Shards shards = new Shards(loops, Clock.systemUTC(), false);
    private final Metrics metrics = new Metrics();
    /** Not started: what it was given waits in it. */
    private final Journal journal =
            new Journal(new BytesStorage(), Storage.Durability.PROCESS, 0, shards, metrics, e -> {});

    private final DiskGuard disk = new DiskGuard(() -> 1, 100, metrics);
    private final RetainedMessages retained = new RetainedMessages(0, 0);
    private final Router router =
            new Router(new SubscriptionIndex(), retained, journal, new DeliveryRecords(), shards, disk, false, metrics);
    private final Subscribing stored = new Subscribing("stored", true);
    private final Subscribing passing = new Subscribing("passing", false);

    private record Subscribing(String clientId, boolean isPersistent, List<Delivery> taken) implements Subscriber {
        Subscribing(String clientId, boolean isPersistent) {
            this(clientId, isPersistent, new ArrayList<>());
        }

        @Override
        public boolean offer(Delivery delivery) {
            taken.add(delivery);
            return false;
        }

        @Override
        public boolean acceptsNow() {
            return true;
        }

        @Override
        public boolean isFull() {
            return false;
        }

        @Override
        public int inFlight() {
            return 0;
        }

        @Override
        public int backlog() {
            return 0;
        }

        @Override
        public Shard home() {
            throw new UnsupportedOperationException("no shard");
        }

        @Override
        public void drain() {}
    }

    /** A session that publishes. */
    private static final class Publishing implements Publisher {
        @Override
        public boolean offerCommitted(Publication publication) {
            return false;
        }

        @Override
        public Shard home() {
            throw new UnsupportedOperationException("no shard");
        }

        @Override
        public void drain() {}
    }

    @BeforeEach
    void start() {
        router.index().add(Fixtures.subscription(stored, "stored", QoS.AT_LEAST_ONCE, false, false, 0));
        router.index().add(Fixtures.subscription(passing, "#", QoS.AT_LEAST_ONCE, false, false, 0));
    }

    @AfterEach
    void end() {
        disk.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private void diskIsLow() {
        disk.start(Duration.ofHours(1), (low, free, enough) -> {});
        assertThat(disk.isLow()).isTrue();
    }

    private static ApplicationMessage message(String topic, QoS qos, boolean retain, String payload) {
        return new ApplicationMessage(
                Fixtures.topic(topic),
                qos,
                retain,
                payload.getBytes(StandardCharsets.UTF_8),
                new byte[0],
                ApplicationMessage.NEVER,
                "publisher");
    }

    private Publication publish(String topic, QoS qos, boolean retain, String payload, boolean storesPacketId) {
        ApplicationMessage message = message(topic, qos, retain, payload);
        Publication publication = Publication.of(message, new Publishing(), 1, this, storesPacketId, false);
        router.route(shards.all().get(0), message, publication);
        return publication;
    }

    private void publish0(String topic, boolean retain, String payload) {
        router.route(shards.all().get(0), message(topic, QoS.AT_MOST_ONCE, retain, payload), null);
    }

    private @Nullable String retained(String topic) {
        ApplicationMessage message = retained.get(Fixtures.topic(topic));
        return message == null ? null : new String(message.payload(), StandardCharsets.UTF_8);
    }

    @Test
    void takesAllAsLongAsThereIsRoom() {
        assertThat(publish("stored", QoS.AT_LEAST_ONCE, true, "x", false).isRejected())
                .isFalse();
        assertThat(retained("stored")).isEqualTo("x");
        assertThat(stored.taken()).hasSize(1);
        assertThat(journal.pendingEntries()).isEqualTo(1);
    }

    @Test
    void refusesWhatASessionWouldStore() {
        diskIsLow();
        for (QoS qos : List.of(QoS.AT_LEAST_ONCE, QoS.EXACTLY_ONCE)) {
            Publication publication = publish("stored", qos, false, "x", false);
            assertThat(publication.isRejected()).isTrue();
            assertThat(publication.rejection()).contains("disk");
        }
        assertThat(publish("other", QoS.EXACTLY_ONCE, false, "x", true).isRejected())
                .as("its packet identifier would be stored (MQTT-4.3.3-10)")
                .isTrue();
        assertThat(metrics.droppedCount(DropReason.DISK_LOW)).isEqualTo(3);
        assertThat(stored.taken()).isEmpty();
        assertThat(passing.taken()).as("to all or nobody").isEmpty();
        assertThat(journal.pendingEntries()).isZero();
    }

    @Test
    void takesWhatNobodyStores() {
        diskIsLow();
        assertThat(publish("other", QoS.AT_LEAST_ONCE, false, "x", false).isRejected())
                .isFalse();
        publish0("stored", false, "y");
        assertThat(passing.taken()).hasSize(2);
        assertThat(journal.pendingEntries()).isZero();
    }

    @Test
    void retainsNothingMoreAndRemoves() {
        retained.put(message("state", QoS.AT_LEAST_ONCE, true, "old"));
        diskIsLow();
        assertThat(publish("state", QoS.AT_LEAST_ONCE, true, "new", false).isRejected())
                .isTrue();
        publish0("state", true, "newer");
        assertThat(passing.taken()).as("it goes to those who are there").hasSize(1);
        assertThat(retained("state")).isEqualTo("old");
        assertThat(metrics.droppedCount(DropReason.DISK_LOW)).isEqualTo(2);
        assertThat(journal.pendingEntries()).isZero();

        assertThat(publish("state", QoS.AT_LEAST_ONCE, true, "", false).isRejected())
                .isFalse();
        assertThat(retained("state")).isNull();
        assertThat(journal.pendingEntries()).as("the removal").isEqualTo(1);
    }
}
