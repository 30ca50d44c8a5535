package org.ternmq.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.broker.routing.Fixtures.message;
import static org.ternmq.broker.routing.Fixtures.subscription;
import static org.ternmq.broker.routing.Fixtures.topic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/** The index and the retained messages used by real threads. */
@Timeout(60)
final class RoutingConcurrencyTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /**
     * Matches cached by generation must never outlive the return of the change that made them stale. The writer hands each
     * finished change to the reader by a volatile write; the reader has just cached the topic, in a race with the change.
     */
    @Test
    void aCacheNeverKeepsWhatAFinishedChangeMadeStale() throws Exception {
        SubscriptionIndex index = new SubscriptionIndex();
        FakeSubscriber client = new FakeSubscriber("client");
        List<String> filters =
                List.of("a/b/c", "a/+/c", "a/#", "+/b/#", "#", "a/b", "a/b/c/d", "a/x/c", "$share/g/a/b/c");
        List<TopicName> topics = List.of(topic("a/b/c"), topic("a/b"), topic("a/x/c"), topic("z"));
        Set<String> there = ConcurrentHashMap.newKeySet(); // changed by the writer while readers wait
        AtomicBoolean done = new AtomicBoolean();
        int rounds = 20_000;
        CyclicBarrier start = new CyclicBarrier(3);
        CyclicBarrier changed = new CyclicBarrier(3);
        CyclicBarrier checked = new CyclicBarrier(3);
        Callable<Void> reader = () -> {
            MatchCache cache = new MatchCache(index, 16);
            for (int round = 0; round < rounds; round++) {
                start.await();
                for (TopicName t : topics) {
                    cache.get(t); // races with the change
                }
                changed.await();
                for (TopicName t : topics) {
                    Set<String> found = new HashSet<>();
                    Matches m = cache.get(t);
                    Arrays.stream(m.plain())
                            .flatMap(p -> p.subscriptions().stream())
                            .forEach(s -> found.add(s.text()));
                    Arrays.stream(m.shared()).forEach(g -> found.add("$share/" + g.shareName() + "/" + g.filter()));
                    Set<String> expected = new HashSet<>(there);
                    expected.removeIf(f -> !SharedFilter.parse(f).filter().matches(t.toString()));
                    assertThat(found).as(t.toString()).isEqualTo(expected);
                }
                checked.await();
            }
            return null;
        };
        Callable<Void> writer = () -> {
            for (int round = 0; round < rounds; round++) {
                start.await();
                String filter = filters.get(ThreadLocalRandom.current().nextInt(filters.size()));
                if (there.contains(filter)) {
                    index.remove(client, filter);
                    there.remove(filter);
                } else {
                    index.add(subscription(client, filter));
                    there.add(filter);
                }
                changed.await();
                checked.await();
            }
            done.set(true);
            return null;
        };
        runAll(List.of(writer, reader, reader));
        assertThat(done).isTrue();
    }

    /** A subscription that is there all the time is in every match, whatever is added, split, grown and removed beside it. */
    @Test
    void changesBesideASubscriptionNeverHideIt() throws Exception {
        SubscriptionIndex index = new SubscriptionIndex();
        FakeSubscriber resident = new FakeSubscriber("resident");
        List<String> residents = List.of("a/b/c/d", "a/+/c/#", "a/b/#", "+/b/c/d");
        residents.forEach(f -> index.add(subscription(resident, f)));
        AtomicBoolean stop = new AtomicBoolean();
        Callable<Void> writer = () -> {
            FakeSubscriber guest = new FakeSubscriber("guest");
            ThreadLocalRandom random = ThreadLocalRandom.current();
            List<Subscription> mine = new ArrayList<>();
            for (int i = 0; i < 150_000; i++) {
                if (mine.size() < random.nextInt(200)) {
                    FakeSubscriber who = random.nextBoolean() ? guest : new FakeSubscriber("g");
                    Subscription s = subscription(who, filter(random));
                    Subscription old = index.add(s);
                    mine.remove(old);
                    mine.add(s);
                } else {
                    Subscription s = mine.remove(random.nextInt(mine.size()));
                    assertThat(index.remove(s.subscriber(), s.text())).isSameAs(s);
                }
            }
            mine.forEach(s -> index.remove(s.subscriber(), s.text()));
            stop.set(true);
            return null;
        };
        Callable<Void> reader = () -> {
            TopicName t = topic("a/b/c/d");
            while (!stop.get()) {
                Matches m = index.match(t);
                Set<String> found = new HashSet<>();
                Set<Subscriber> once = new HashSet<>();
                for (Match p : m.plain()) {
                    assertThat(once.add(p.subscriber()))
                            .as("each subscriber once")
                            .isTrue();
                    if (p.subscriber() == resident) {
                        p.subscriptions().forEach(s -> found.add(s.text()));
                    }
                }
                assertThat(found).containsExactlyInAnyOrderElementsOf(residents);
            }
            return null;
        };
        runAll(List.of(writer, reader));
        residents.forEach(f -> index.remove(resident, f));
        assertThat(index.size()).isZero();
        assertThat(index.root().isEmpty()).isTrue();
    }

    /** Filters around the residents' own, many of them on the same place so that it grows from one form to the next. */
    private static String filter(ThreadLocalRandom random) {
        return switch (random.nextInt(8)) {
            case 0 -> "a/b/c/d";
            case 1 -> "a/b/c";
            case 2 -> "a/b/x" + random.nextInt(40);
            case 3 -> "a/b/c/d/" + random.nextInt(5);
            case 4 -> "a/" + (random.nextBoolean() ? "+" : "b") + "/c/#";
            case 5 -> "a" + random.nextInt(20);
            case 6 -> "$share/g" + random.nextInt(3) + "/a/b/c/d";
            default -> "a/#";
        };
    }

    /** The subscribers of a filter and the children of a level take other forms as they grow, without a gap between. */
    @Test
    void growingNeverHidesWhatWasThereBefore() throws Exception {
        AtomicReference<SubscriptionIndex> current = new AtomicReference<>();
        FakeSubscriber resident = new FakeSubscriber("resident");
        List<FakeSubscriber> guests = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            guests.add(new FakeSubscriber("g" + i));
        }
        AtomicBoolean stop = new AtomicBoolean();
        Callable<Void> writer = () -> {
            for (int round = 0; round < 5000; round++) {
                SubscriptionIndex index = new SubscriptionIndex();
                index.add(subscription(resident, "a/b"));
                index.add(subscription(resident, "$share/g/a/b"));
                current.set(index);
                guests.forEach(g -> index.add(subscription(g, "a/b")));
                guests.forEach(g -> index.add(subscription(g, "$share/" + g + "/a/b")));
                guests.forEach(g -> index.add(subscription(g, "a/" + g)));
            }
            stop.set(true);
            return null;
        };
        Callable<Void> reader = () -> {
            TopicName t = topic("a/b");
            while (!stop.get()) {
                SubscriptionIndex index = current.get();
                if (index != null) {
                    Matches m = index.match(t);
                    assertThat(Arrays.stream(m.plain()).filter(p -> p.subscriber() == resident))
                            .hasSize(1);
                    assertThat(Arrays.stream(m.shared())
                                    .filter(g -> g.shareName().equals("g")))
                            .hasSize(1);
                }
            }
            return null;
        };
        runAll(List.of(writer, reader));
    }

    /** Whoever leaves a shared group or joins it, somebody who stays is always to be had. */
    @Test
    void aGroupThatKeepsAMemberAlwaysHasSomebody() throws Exception {
        SubscriptionIndex index = new SubscriptionIndex();
        index.add(subscription(new FakeSubscriber("first"), "$share/g/a"));
        SharedGroup group = index.match(topic("a")).shared()[0];
        AtomicBoolean stop = new AtomicBoolean();
        Callable<Void> writer = () -> {
            List<FakeSubscriber> guests = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                guests.add(new FakeSubscriber("g" + i));
            }
            for (int round = 0; round < 2000; round++) {
                guests.forEach(g -> index.add(subscription(g, "$share/g/a")));
                guests.forEach(g -> index.remove(g, "$share/g/a"));
            }
            stop.set(true);
            return null;
        };
        Callable<Void> reader = () -> {
            ApplicationMessage m = message("a");
            while (!stop.get()) {
                assertThat(group.pick(m)).isNotNull();
            }
            return null;
        };
        runAll(List.of(writer, reader));
        assertThat(group.size()).isEqualTo(1);
    }

    /** Each retained message comes to a new subscription exactly once: by its scan, or live. */
    @Test
    void aNewSubscriptionHasEachRetainedMessageOnce() throws Exception {
        for (int round = 0; round < 300; round++) {
            SubscriptionIndex index = new SubscriptionIndex();
            RetainedMessages retained = new RetainedMessages(0, 0);
            FakeSubscriber client = new FakeSubscriber("client");
            ConcurrentLinkedQueue<String> received = new ConcurrentLinkedQueue<>();
            int each = 200;
            CyclicBarrier start = new CyclicBarrier(3);
            Callable<Void> subscriber = () -> {
                start.await();
                while (retained.size() < each / 4) {
                    Thread.onSpinWait();
                }
                Subscription s = new Subscription(
                        client, TopicFilter.parse("t/#"), null, QoS.AT_LEAST_ONCE, false, false, 0, Long.MAX_VALUE);
                index.add(s);
                long mark = retained.mark(s);
                RetainedCursor cursor = retained.scan(s.filter());
                while (cursor.next(mark, 0) == RetainedCursor.Step.MESSAGE) {
                    received.add(cursor.message().topic().toString());
                }
                return null;
            };
            List<Callable<Void>> all = new ArrayList<>(List.of(subscriber));
            for (String name : List.of("p", "q")) {
                all.add(() -> {
                    start.await();
                    MatchCache cache = new MatchCache(index, 1024);
                    for (int i = 0; i < each; i++) {
                        ApplicationMessage m = message("t/" + name + i);
                        cache.get(m.topic()); // so that the match below comes from the cache if nothing has changed
                        long mark = retained.put(m);
                        for (Match match : cache.get(m.topic()).plain()) {
                            if (mark > match.since()) {
                                received.add(m.topic().toString());
                            }
                        }
                    }
                    return null;
                });
            }
            runAll(all);
            assertThat(received).doesNotHaveDuplicates().hasSize(2 * each);
        }
    }

    /** Messages that are replaced while a subscription is made: it has at least the last one, and none twice. */
    @Test
    void aNewSubscriptionHasTheLastOfEachRetainedTopic() throws Exception {
        for (int round = 0; round < 300; round++) {
            SubscriptionIndex index = new SubscriptionIndex();
            RetainedMessages retained = new RetainedMessages(0, 0);
            FakeSubscriber client = new FakeSubscriber("client");
            Map<ApplicationMessage, Boolean> received = new ConcurrentHashMap<>();
            ConcurrentLinkedQueue<ApplicationMessage> twice = new ConcurrentLinkedQueue<>();
            CyclicBarrier start = new CyclicBarrier(2);
            Callable<Void> subscriber = () -> {
                start.await();
                Subscription s = new Subscription(
                        client, TopicFilter.parse("#"), null, QoS.AT_LEAST_ONCE, false, false, 0, Long.MAX_VALUE);
                index.add(s);
                long mark = retained.mark(s);
                RetainedCursor cursor = retained.scan(s.filter());
                while (cursor.next(mark, 0) == RetainedCursor.Step.MESSAGE) {
                    note(received, twice, cursor.message());
                }
                return null;
            };
            Callable<Void> publisher = () -> {
                start.await();
                for (int i = 0; i < 300; i++) {
                    ApplicationMessage m = message("t/" + i % 5);
                    long mark = retained.put(m);
                    for (Match match : index.match(m.topic()).plain()) {
                        if (mark > match.since()) {
                            note(received, twice, m);
                        }
                    }
                }
                return null;
            };
            runAll(List.of(subscriber, publisher));
            assertThat(twice).isEmpty();
            for (int i = 0; i < 5; i++) {
                assertThat(received).containsKey(retained.get(topic("t/" + i)));
            }
        }
    }

    private static void note(
            Map<ApplicationMessage, Boolean> received,
            ConcurrentLinkedQueue<ApplicationMessage> twice,
            ApplicationMessage m) {
        if (received.put(m, true) != null) {
            twice.add(m);
        }
    }

    /** Runs all of them, and fails as soon as one does, though others may wait for it. */
    private void runAll(List<Callable<Void>> tasks) throws Exception {
        ExecutorCompletionService<Void> running = new ExecutorCompletionService<>(threads);
        tasks.forEach(running::submit);
        for (int i = 0; i < tasks.size(); i++) {
            running.take().get();
        }
    }
}
