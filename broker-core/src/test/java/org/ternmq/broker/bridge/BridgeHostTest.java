package org.ternmq.broker.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.bridge.BridgeHost.Configured;
import org.ternmq.broker.config.Limits;
import org.ternmq.broker.journal.BytesStorage;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.DiskGuard;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.journal.Pager;
import org.ternmq.broker.journal.Quarantine;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.routing.RetainedMessages;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.routing.SubscriptionIndex;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.session.Capabilities;
import org.ternmq.broker.session.Interceptors;
import org.ternmq.broker.session.QueueBudget;
import org.ternmq.broker.session.SessionLimits;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.broker.session.SessionServices;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.broker.transport.Transport;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.Bridge.BrokerLink;
import org.ternmq.spi.Bridge.Delivery;
import org.ternmq.spi.Bridge.Filter;
import org.ternmq.spi.Bridge.Receiver;
import org.ternmq.spi.Bridge.RefusedException;
import org.ternmq.spi.Bridge.State;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;
import org.ternmq.spi.Storage;
import org.ternmq.spi.TopicFilter;

/** Bridges in a broker without a network. */
final class BridgeHostTest {
    /** May use what begins with {@code may/}. */
    private static final Authorizer MAY = client -> new AccessRules() {
        @Override
        public Decision publish(String topic, QoS qos, boolean retain) {
            return decide(topic);
        }

        @Override
        public Decision subscribe(TopicFilter filter, QoS qos) {
            return decide(filter.toString());
        }

        private Decision decide(String text) {
            return client.username().equals(Optional.of("limited")) && text.startsWith("may/")
                    ? Decision.ALLOW
                    : Decision.DENY;
        }
    };

    private final Metrics metrics = new Metrics();
    private final Transport transport = new Transport(2);
    private final Shards shards = new Shards(transport.group(), Clock.systemUTC(), false);
    private final LoopWatch watch = new LoopWatch(metrics);
    private final BytesStorage storage = new BytesStorage();
    private final Journal journal = new Journal(storage, Storage.Durability.PROCESS, 0, shards, metrics, failure -> {});
    private final DeliveryRecords records = new DeliveryRecords();
    private final Pager pager =
            new Pager(storage, journal, records, shards, new Quarantine(Path.of("unused"), metrics));
    private final Router router = new Router(
            new SubscriptionIndex(),
            new RetainedMessages(1_000, 1 << 20),
            journal,
            records,
            shards,
            new DiskGuard(() -> Long.MAX_VALUE, 0, metrics),
            false,
            metrics);
    private final Events events = new Events(Clock.systemUTC(), metrics, List.of());
    private final Authentication authentication = new Authentication(
            List.of(),
            Map.of(),
            List.of(new Authentication.Named<>("may", MAY)),
            true,
            false,
            Duration.ofSeconds(5),
            metrics,
            watch);
    private final Capabilities capabilities = new Capabilities(QoS.EXACTLY_ONCE, true, true, true, true);
    private final SessionRegistry registry = new SessionRegistry(new SessionServices(
            router,
            journal,
            records,
            pager,
            shards,
            new SessionLimits(
                    10_000,
                    1 << 24,
                    Limits.Overflow.DROP_NEWEST,
                    false,
                    10_000,
                    20,
                    100,
                    100,
                    SessionLimits.NEVER,
                    0,
                    0,
                    true),
            new QueueBudget(0, 0, 1L << 40),
            capabilities,
            new Interceptors(List.of(), false, metrics, watch),
            authentication,
            metrics,
            events));
    private final List<BridgeHost> hosts = new ArrayList<>();

    BridgeHostTest() {
        journal.start();
    }

    @AfterEach
    void close() {
        hosts.forEach(BridgeHost::close);
        pager.close();
        journal.close();
        transport.shutDown(1_000);
        authentication.close();
        events.close();
    }

    /** A bridge that does what a test says. */
    private static class Scripted implements Bridge {
        final CompletableFuture<BrokerLink> link = new CompletableFuture<>();
        private final List<Filter> filters;
        private final Receiver receiver;

        Scripted(Receiver receiver, Filter... filters) {
            this.receiver = receiver;
            this.filters = List.of(filters);
        }

        @Override
        public void start(BrokerLink to) throws Exception {
            if (!filters.isEmpty()) {
                to.subscribe(filters, receiver);
            }
            link.complete(to);
        }

        @Override
        public void close() {}
    }

    private static final Filter ALL = new Filter("a/#", QoS.EXACTLY_ONCE);

    private BridgeParts parts() {
        return new BridgeParts(registry, router, authentication, shards, events, metrics, capabilities, 20, 100, false);
    }

    private BridgeHost host(Optional<String> user, Bridge first, Bridge... more) {
        AtomicInteger next = new AtomicInteger();
        Configured configured = new Configured(
                "b",
                "scripted",
                user,
                first,
                () -> more[next.getAndIncrement()],
                getClass().getClassLoader());
        BridgeHost host =
                new BridgeHost(List.of(configured), parts(), "me", Duration.ofMillis(500), Duration.ofMillis(20));
        hosts.add(host);
        host.start();
        return host;
    }

    private void publish(String topic, QoS qos, String text) throws Exception {
        Shard shard = shards.get(0);
        CountDownLatch done = new CountDownLatch(1);
        shard.execute(() -> {
            router.route(
                    shard,
                    new ApplicationMessage(
                            TopicName.ofValid(topic),
                            qos,
                            false,
                            text.getBytes(StandardCharsets.UTF_8),
                            new byte[0],
                            ApplicationMessage.NEVER,
                            "somebody"),
                    null);
            done.countDown();
        });
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }

    private static String text(Message message) {
        return StandardCharsets.UTF_8.decode(message.payload()).toString();
    }

    private static void await(BooleanSupplier condition) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(condition::getAsBoolean);
    }

    private static CompletionStage<Void> done() {
        return CompletableFuture.completedFuture(null);
    }

    @Test
    void whatFailsIsHandedOverAgainInOrder() throws Exception {
        List<String> taken = new CopyOnWriteArrayList<>();
        List<Delivery> handed = new CopyOnWriteArrayList<>();
        AtomicInteger refusals = new AtomicInteger();
        BridgeHost host = host(
                Optional.empty(),
                new Scripted(
                        delivery -> {
                            handed.add(delivery);
                            if (text(delivery.message()).equals("m3") && refusals.getAndIncrement() < 2) {
                                return CompletableFuture.failedFuture(new IllegalStateException("not now"));
                            }
                            if (refusals.get() == 1 || refusals.get() == 2) {
                                return new CompletableFuture<>(); // behind the one that failed
                            }
                            taken.add(text(delivery.message()));
                            return done();
                        },
                        ALL));
        for (int i = 0; i < 10; i++) {
            publish("a/x", QoS.AT_LEAST_ONCE, "m" + i);
        }
        await(() -> taken.contains("m9") && taken.contains("m3"));
        assertThat(taken.stream().distinct())
                .containsExactlyElementsOf(
                        IntStream.range(0, 10).mapToObj(i -> "m" + i).toList());
        assertThat(handed)
                .anyMatch(delivery ->
                        delivery.isRepeated() && text(delivery.message()).equals("m3"));
        await(() -> host.statuses().get(0).sent() == 10);
    }

    @Test
    void releasesWhatWasCompletedAtQosTwo() throws Exception {
        List<Integer> released = new CopyOnWriteArrayList<>();
        List<Integer> numbers = new CopyOnWriteArrayList<>();
        host(
                Optional.empty(),
                new Scripted(
                        new Receiver() {
                            @Override
                            public CompletionStage<Void> onMessage(Delivery delivery) {
                                numbers.add(delivery.number());
                                return done();
                            }

                            @Override
                            public CompletionStage<Void> onRelease(int number) {
                                released.add(number);
                                return done();
                            }
                        },
                        ALL));
        publish("a/x", QoS.EXACTLY_ONCE, "m");
        await(() -> released.size() == 1);
        assertThat(released).isEqualTo(numbers);
    }

    /** The other side may have more of them under way than a client may, and frees none before it has heard of all. */
    @Test
    void numbersThatAreOpenHoldUpNothing() throws Exception {
        Scripted bridge = new Scripted(delivery -> done());
        BridgeHost host = new BridgeHost(
                List.of(new Configured(
                        "b",
                        "scripted",
                        Optional.empty(),
                        bridge,
                        () -> bridge,
                        getClass().getClassLoader())),
                parts(),
                "me");
        hosts.add(host);
        host.start();
        BrokerLink link = bridge.link.get(10, TimeUnit.SECONDS);
        for (int round = 0; round < 2; round++) { // the second time as after a connection that was lost
            List<CompletionStage<Void>> all = new ArrayList<>();
            for (int number = 1; number <= 2_000; number++) {
                all.add(link.publishOnce(
                        number, Message.builder("in/x").qos(QoS.EXACTLY_ONCE).build()));
            }
            all.add(link.publish(Message.builder("in/x").qos(QoS.AT_LEAST_ONCE).build()));
            for (CompletionStage<Void> each : all) {
                each.toCompletableFuture().get(10, TimeUnit.SECONDS);
            }
        }
        link.releaseAll().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void publishesAMessageOfANumberOnceUntilItIsReleased() throws Exception {
        Scripted bridge = new Scripted(delivery -> done());
        List<String> seen = new CopyOnWriteArrayList<>();
        // Another bridge is a subscriber like any other.
        Scripted other = new Scripted(
                delivery -> {
                    seen.add(text(delivery.message()));
                    return done();
                },
                new Filter("in/#", QoS.EXACTLY_ONCE));
        ClassLoader loader = getClass().getClassLoader();
        BridgeHost both = new BridgeHost(
                List.of(
                        new Configured("o", "scripted", Optional.empty(), other, () -> other, loader),
                        new Configured("b", "scripted", Optional.empty(), bridge, () -> bridge, loader)),
                parts(),
                "me");
        hosts.add(both);
        both.start();
        BrokerLink link = bridge.link.get(10, TimeUnit.SECONDS);
        Message message =
                Message.builder("in/x").payload("once").qos(QoS.EXACTLY_ONCE).build();
        link.publishOnce(7, message).toCompletableFuture().get(10, TimeUnit.SECONDS);
        link.publishOnce(7, message).toCompletableFuture().get(10, TimeUnit.SECONDS);
        link.release(7).toCompletableFuture().get(10, TimeUnit.SECONDS);
        link.release(7).toCompletableFuture().get(10, TimeUnit.SECONDS);
        link.publishOnce(7, message.toBuilder().payload("twice").build())
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        link.releaseAll().toCompletableFuture().get(10, TimeUnit.SECONDS);
        for (int i = 0; i < 100; i++) { // more than the window
            link.publish(
                    Message.builder("in/x").payload("p" + i).qos(QoS.of(i % 3)).build());
        }
        link.publish(Message.builder("in/x")
                        .payload("last")
                        .qos(QoS.EXACTLY_ONCE)
                        .build())
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        await(() -> seen.contains("last") && seen.size() >= 103);
        assertThat(seen).contains("once", "twice").doesNotHaveDuplicates();
        assertThat(seen.indexOf("once")).isLessThan(seen.indexOf("twice"));
        assertThatThrownBy(() -> link.publish(Message.builder("in/+").build())
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> link.publishOnce(0, message)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aBridgeThatCannotStartIsMadeAnewAndGetsWhatWaited() throws Exception {
        List<String> taken = new CopyOnWriteArrayList<>();
        Bridge broken = new Scripted(delivery -> done()) {
            @Override
            public void start(BrokerLink to) throws Exception {
                throw new IllegalStateException("no");
            }
        };
        BridgeHost host = host(
                Optional.empty(),
                broken,
                new Scripted(
                        delivery -> {
                            taken.add(text(delivery.message()));
                            return done();
                        },
                        ALL));
        await(() -> registry.size() == 1);
        Awaitility.await().until(() -> {
            publish("a/x", QoS.AT_LEAST_ONCE, "m");
            return !taken.isEmpty();
        });
        assertThat(host.statuses().get(0).failures()).isEqualTo(1);
        assertThat(metrics.pluginFailures()).isEqualTo(1);
    }

    @Test
    void aBridgeThatHangsIsMadeAnewAndGetsEverythingUnfinished() throws Exception {
        List<String> taken = new CopyOnWriteArrayList<>();
        CountDownLatch never = new CountDownLatch(1);
        BridgeHost host = host(
                Optional.empty(),
                new Scripted(
                        delivery -> {
                            never.await();
                            return done();
                        },
                        ALL),
                new Scripted(
                        delivery -> {
                            taken.add(text(delivery.message()));
                            return done();
                        },
                        ALL));
        publish("a/x", QoS.AT_LEAST_ONCE, "m0");
        publish("a/x", QoS.EXACTLY_ONCE, "m1");
        await(() -> taken.size() == 2);
        assertThat(taken).containsExactly("m0", "m1");
        assertThat(host.statuses().get(0).failures()).isEqualTo(1);
    }

    @Test
    void aBridgeWithAUserMayDoWhatTheUserMay() throws Exception {
        List<String> taken = new CopyOnWriteArrayList<>();
        Scripted bridge = new Scripted(
                delivery -> {
                    taken.add(delivery.message().topic());
                    return done();
                },
                new Filter("may/#", QoS.AT_LEAST_ONCE),
                new Filter("other/#", QoS.AT_LEAST_ONCE));
        host(Optional.of("limited"), bridge);
        publish("other/x", QoS.AT_LEAST_ONCE, "m");
        publish("may/x", QoS.AT_LEAST_ONCE, "m");
        await(() -> !taken.isEmpty());
        assertThat(taken).containsExactly("may/x");
        BrokerLink link = bridge.link.get(10, TimeUnit.SECONDS);
        assertThatThrownBy(() -> link.publish(Message.builder("other/y")
                                .qos(QoS.AT_LEAST_ONCE)
                                .build())
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS))
                .hasRootCauseInstanceOf(RefusedException.class)
                .hasMessageContaining("NOT_AUTHORIZED");
        link.publish(Message.builder("may/y").qos(QoS.AT_LEAST_ONCE).build())
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        assertThat(taken).as("its own message").containsExactly("may/x");
    }

    @Test
    void showsItsStateUnderMosquittosTopic() throws Exception {
        Scripted bridge = new Scripted(delivery -> done(), ALL);
        BridgeHost host = host(Optional.empty(), bridge);
        BrokerLink link = bridge.link.get(10, TimeUnit.SECONDS);
        assertThat(link.brokerId()).isEqualTo("me");
        TopicName topic = TopicName.ofValid("$SYS/broker/connection/b/state");
        await(() -> router.retained().get(topic) != null);
        link.state(State.CONNECTED, "there");
        await(() -> {
            ApplicationMessage retained = router.retained().get(topic);
            return retained != null && new String(retained.payload(), StandardCharsets.UTF_8).equals("1");
        });
        assertThat(host.statuses().get(0).state()).isEqualTo(State.CONNECTED);
    }

    @Test
    void whatIsNotConfiguredAnyMoreIsForgotten() throws Exception {
        host(Optional.empty(), new Scripted(delivery -> done(), ALL)).close();
        hosts.clear();
        assertThat(registry.size()).isEqualTo(1);
        hosts.add(new BridgeHost(List.of(), parts(), "me"));
        await(() -> registry.size() == 0);
    }
}
