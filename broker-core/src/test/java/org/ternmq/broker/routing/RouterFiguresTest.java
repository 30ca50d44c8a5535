package org.ternmq.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.journal.BytesStorage;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.DiskGuard;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.spi.QoS;
import org.ternmq.spi.Storage;
import org.ternmq.spi.TopicFilter;

/** What the broker says of itself goes to who asks for it, and nowhere else. */
final class RouterFiguresTest {
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Shards shards = new Shards(loops, Clock.systemUTC(), false);
    private final Metrics metrics = new Metrics();
    /** Not started: what it was given waits in it. */
    private final Journal journal =
            new Journal(new BytesStorage(), Storage.Durability.PROCESS, 0, shards, metrics, e -> {});

    private final RetainedMessages retained = new RetainedMessages(0, 0);
    private final Router router = new Router(
            new SubscriptionIndex(),
            retained,
            journal,
            new DeliveryRecords(),
            shards,
            new DiskGuard(() -> 1, 100, metrics),
            true,
            metrics);

    @AfterEach
    void end() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private record Subscribing(String clientId, List<Delivery> taken) implements Subscriber {
        @Override
        public boolean offer(Delivery delivery) {
            taken.add(delivery);
            return false;
        }

        @Override
        public boolean isPersistent() {
            return true;
        }

        @Override
        public boolean acceptsNow() {
            return true;
        }

        @Override
        public boolean isFull() {
            return true;
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

    private Subscribing subscriber(String filter) {
        Subscribing made = new Subscribing(filter, new ArrayList<>());
        router.index()
                .add(new Subscription(made, TopicFilter.parse(filter), null, QoS.EXACTLY_ONCE, false, false, 0, -1));
        return made;
    }

    private void figure(String topic, String value) throws Exception {
        ApplicationMessage message = new ApplicationMessage(
                TopicName.ofValid(topic),
                QoS.AT_MOST_ONCE,
                true,
                value.getBytes(StandardCharsets.UTF_8),
                new byte[0],
                ApplicationMessage.NEVER,
                null);
        loops.submit(() -> router.routeFigure(shards.get(0), message)).get(10, TimeUnit.SECONDS);
    }

    @Test
    void theyAreKeptApartAndNeverStored() throws Exception {
        Subscribing all = subscriber("#");
        Subscribing levels = subscriber("+/broker/uptime");
        Subscribing asking = subscriber("$SYS/#");
        figure("$SYS/broker/uptime", "1 seconds");
        figure("$SYS/broker/uptime", "2 seconds");

        assertThat(asking.taken()).hasSize(2).allSatisfy(delivery -> {
            assertThat(delivery.isStored()).isFalse();
            assertThat(delivery.retain()).as("MQTT-3.3.1-12").isFalse();
        });
        assertThat(all.taken()).as("MQTT-4.7.2-1").isEmpty();
        assertThat(levels.taken()).as("MQTT-4.7.2-1").isEmpty();
        assertThat(journal.pendingEntries()).isZero();
        assertThat(retained.size()).isZero();
        assertThat(router.figures().size()).isEqualTo(1);
        assertThat(router.figures().get(TopicName.ofValid("$SYS/broker/uptime")))
                .satisfies(last -> assertThat(new String(last.payload(), StandardCharsets.UTF_8))
                        .isEqualTo("2 seconds"));
    }

    @Test
    void sharedSubscriptionsAreCountedApart() {
        Subscribing member = new Subscribing("a", new ArrayList<>());
        Subscription shared =
                new Subscription(member, TopicFilter.parse("x"), "group", QoS.AT_LEAST_ONCE, false, false, 0, -1);
        subscriber("x");
        router.index().add(shared);
        router.index().add(shared);
        assertThat(router.index().size()).isEqualTo(2);
        assertThat(router.index().sharedSize()).isEqualTo(1);
        router.index().remove(member, "$share/group/x");
        assertThat(router.index().sharedSize()).isZero();
    }
}
