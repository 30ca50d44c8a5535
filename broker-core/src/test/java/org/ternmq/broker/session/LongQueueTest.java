package org.ternmq.broker.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.broker.session.SessionsFixture.message;
import static org.ternmq.broker.session.SessionsFixture.soon;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.broker.config.Limits.Overflow;
import org.ternmq.broker.journal.BytesStorage;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.security.Permissions;
import org.ternmq.broker.session.FakeLink.Sent;
import org.ternmq.spi.QoS;

/** Queues that are far longer than what is kept of them in memory. */
@Timeout(60)
final class LongQueueTest {
    @TempDir
    Path folder = Path.of("");

    private final BytesStorage storage = new BytesStorage();
    private final List<SessionsFixture> opened = new ArrayList<>();

    private SessionsFixture broker(Overflow overflow, int queueMessages, QueueBudget budget) {
        SessionsFixture broker = new SessionsFixture(storage, folder, overflow, queueMessages, budget);
        opened.add(broker);
        return broker;
    }

    private SessionsFixture broker() {
        return broker(Overflow.DROP_NEWEST, 1_000_000, SessionsFixture.noLimit());
    }

    @AfterEach
    void close() {
        opened.forEach(SessionsFixture::close);
    }

    private static void subscribeAndLeave(SessionsFixture broker, String clientId, String filter) {
        FakeLink link = broker.connect(clientId);
        broker.subscribe(link, filter, QoS.AT_LEAST_ONCE);
        broker.disconnect(link);
    }

    /** Acknowledges everything until nothing waits any more; the payloads in order. */
    private List<String> drain(SessionsFixture broker, FakeLink link) {
        List<String> payloads = new ArrayList<>();
        soon().until(() -> {
            broker.with(link, session -> {
                for (List<Sent> taken = link.take(); !taken.isEmpty(); taken = link.take()) {
                    taken.forEach(sent -> payloads.add(sent.payload()));
                    taken.forEach(sent -> session.pubAck(sent.packetId()));
                }
            });
            return link.session().queuedMessages() == 0 && link.session().inFlight() == 0;
        });
        return payloads;
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    @Test
    void isDrainedInOrderAndLeavesNothing() {
        SessionsFixture broker = broker();
        subscribeAndLeave(broker, "client", "t");
        broker.publish("t", QoS.AT_LEAST_ONCE, 0, 10_000);
        broker.settleJournal();
        assertThat(SessionsFixture.records(storage)).isEqualTo(10_000);
        assertThat(broker.budget.messages()).isEqualTo(10_000);
        assertThat(broker.budget.memory()).as("a head, and no more").isLessThan(128 * 300);
        FakeLink link = broker.connect("client");
        assertThat(link.session().queuedMessages()).isBetween(9_000, 10_000);
        assertThat(drain(broker, link)).isEqualTo(numbers(0, 10_000));
        broker.settleJournal();
        assertThat(SessionsFixture.records(storage)).isZero();
        assertThat(broker.budget.bytes()).isZero();
        assertThat(broker.budget.memory()).isZero();
    }

    @Test
    void ofSeveralSessionsShareBodiesInTheStoreUntilTheLastHasIt() {
        SessionsFixture broker = broker();
        subscribeAndLeave(broker, "a", "t");
        subscribeAndLeave(broker, "b", "t");
        broker.publish("t", QoS.AT_LEAST_ONCE, 0, 1_000);
        broker.settleJournal();
        assertThat(SessionsFixture.bodies(storage)).isEqualTo(1_000);
        assertThat(drain(broker, broker.connect("a"))).isEqualTo(numbers(0, 1_000));
        broker.settleJournal();
        assertThat(SessionsFixture.bodies(storage)).isEqualTo(1_000);
        assertThat(drain(broker, broker.connect("b"))).isEqualTo(numbers(0, 1_000));
        broker.settleJournal();
        assertThat(SessionsFixture.bodies(storage)).isZero();
    }

    @Test
    void dropsItsOldestAlsoFromTheStore() {
        SessionsFixture broker = broker(Overflow.DROP_OLDEST, 1_000, SessionsFixture.noLimit());
        subscribeAndLeave(broker, "client", "t");
        broker.publish("t", QoS.AT_LEAST_ONCE, 0, 3_000);
        broker.settleJournal();
        assertThat(broker.dropped(DropReason.QUEUE_FULL)).isEqualTo(2_000);
        soon().until(() -> SessionsFixture.records(storage) == 1_000);
        FakeLink link = broker.connect("client");
        assertThat(link.session().dropped(DropReason.QUEUE_FULL)).isEqualTo(2_000);
        assertThat(drain(broker, link)).isEqualTo(numbers(2_000, 3_000));
    }

    @Test
    void dropsTheNewestBeyondItsLimit() {
        SessionsFixture broker = broker(Overflow.DROP_NEWEST, 1_000, SessionsFixture.noLimit());
        subscribeAndLeave(broker, "client", "t");
        broker.publish("t", QoS.AT_LEAST_ONCE, 0, 1_500);
        broker.settleJournal();
        assertThat(broker.dropped(DropReason.QUEUE_FULL)).isEqualTo(500);
        assertThat(SessionsFixture.records(storage)).isEqualTo(1_000);
        assertThat(drain(broker, broker.connect("client"))).isEqualTo(numbers(0, 1_000));
    }

    @Test
    void expiredMessagesHoldNoPlacesAgainstNewOnes() { // MQTT-3.3.2-5
        SessionsFixture broker = broker(Overflow.DROP_NEWEST, 1_000, SessionsFixture.noLimit());
        subscribeAndLeave(broker, "client", "t");
        long soon = broker.clock.millis() + 5_000;
        broker.on(broker.shards.get(1), () -> {
            for (int i = 0; i < 1_000; i++) {
                broker.router.route(
                        broker.shards.get(1),
                        message("t", QoS.AT_LEAST_ONCE, "" + i, i % 2 == 0 ? soon : ApplicationMessage.NEVER),
                        null);
            }
        });
        broker.settleJournal();
        broker.clock.advance(Duration.ofSeconds(5));
        broker.publish("t", QoS.AT_LEAST_ONCE, 1_000, 600);
        broker.settleJournal();
        assertThat(broker.dropped(DropReason.EXPIRED)).isEqualTo(500);
        assertThat(broker.dropped(DropReason.QUEUE_FULL)).isEqualTo(100);
        List<String> expected = new ArrayList<>(
                IntStream.range(0, 500).mapToObj(i -> "" + (2 * i + 1)).toList());
        expected.addAll(numbers(1_000, 1_500));
        assertThat(drain(broker, broker.connect("client"))).isEqualTo(expected);
        soon().until(() -> SessionsFixture.records(storage) == 0);
    }

    @Test
    void whatIsMissingOrUnreadableIsCountedAndTheRestComes() throws Exception {
        SessionsFixture broker = broker();
        subscribeAndLeave(broker, "client", "t");
        broker.publish("t", QoS.AT_LEAST_ONCE, 0, 1_000);
        broker.settleJournal();
        synchronized (storage) {
            List<byte[]> keys = new ArrayList<>(storage.of(Keyspaces.QUEUE).keySet());
            storage.of(Keyspaces.QUEUE).remove(keys.get(500));
            storage.of(Keyspaces.QUEUE).values().stream().skip(700).findFirst().orElseThrow()[5] ^= 1;
        }
        List<String> expected = new ArrayList<>(numbers(0, 1_000));
        expected.remove("500");
        expected.remove("701");
        FakeLink link = broker.connect("client");
        assertThat(drain(broker, link)).isEqualTo(expected);
        assertThat(link.session().dropped(DropReason.UNREADABLE)).isEqualTo(2);
        assertThat(Files.readAllLines(folder.resolve("quarantine.jsonl"))).hasSize(1);
        broker.settleJournal();
        assertThat(SessionsFixture.records(storage)).isZero();
    }

    @Test
    void aCleanStartDiscardsItAndTheNewSessionSeesNothingOfIt() { // MQTT-3.1.2-4
        SessionsFixture broker = broker();
        subscribeAndLeave(broker, "client", "t");
        subscribeAndLeave(broker, "other", "t");
        broker.publish("t", QoS.AT_LEAST_ONCE, 0, 20_000);
        broker.settleJournal();
        FakeLink link = broker.connect("client", true, SessionLimits.NEVER, 100, 1);
        broker.subscribe(link, "t", QoS.AT_LEAST_ONCE);
        broker.publish("t", QoS.AT_LEAST_ONCE, 20_000, 10);
        broker.settleJournal();
        assertThat(drain(broker, link)).isEqualTo(numbers(20_000, 20_010));
        soon().until(() -> broker.dropped(DropReason.SESSION_ENDED) == 20_000);
        soon().until(() -> SessionsFixture.records(storage) == 20_010);
        assertThat(drain(broker, broker.connect("other"))).isEqualTo(numbers(0, 20_010));
        soon().until(() -> SessionsFixture.bodies(storage) == 0 && SessionsFixture.records(storage) == 0);
        soon().until(() -> {
            synchronized (storage) {
                return storage.of(Keyspaces.META).size() == 1; // the schema; the note that it goes is gone too
            }
        });
    }

    @Test
    void whatIsLeftOfADiscardedOneGoesAfterARestart() {
        SessionsFixture first = broker();
        subscribeAndLeave(first, "client", "t");
        first.publish("t", QoS.AT_LEAST_ONCE, 0, 50_000);
        first.settleJournal();
        FakeLink link = first.connect("client", true, SessionLimits.NEVER, 100, 0);
        first.subscribe(link, "t", QoS.AT_LEAST_ONCE);
        first.close();
        opened.clear();
        SessionsFixture second = broker();
        assertThat(drain(second, second.connect("client"))).isEmpty();
        soon().until(() -> SessionsFixture.records(storage) == 0);
    }

    @Test
    void aSharedOneGoesToAnotherMemberWhenItsSessionEnds() { // MQTT 5.0, 4.8.2
        SessionsFixture broker = broker();
        subscribeAndLeave(broker, "leaving", "$share/g/t");
        broker.publish("t", QoS.AT_LEAST_ONCE, 0, 5_000);
        subscribeAndLeave(broker, "staying", "$share/g/t");
        broker.settleJournal();
        broker.disconnect(broker.connect("leaving", true, 0, 100, 1));
        FakeLink staying = broker.connect("staying");
        List<String> taken = new ArrayList<>();
        soon().until(() -> {
            taken.addAll(drain(broker, staying));
            return taken.size() == 5_000;
        });
        assertThat(taken).isEqualTo(numbers(0, 5_000));
        assertThat(broker.dropped(DropReason.SESSION_ENDED)).isZero();
        soon().until(() -> SessionsFixture.records(storage) == 0);
    }

    @Test
    void whatOthersCanTakeOfASharedOneGoesToThemWhenTheConnectionBreaks() {
        SessionsFixture broker = broker();
        FakeLink leaving = broker.connect("leaving", false, SessionLimits.NEVER, 1, 0);
        broker.subscribe(leaving, "$share/g/t", QoS.AT_LEAST_ONCE);
        broker.subscribe(leaving, "own", QoS.AT_LEAST_ONCE);
        broker.publish("own", QoS.AT_LEAST_ONCE, 0, 1_000);
        broker.publish("t", QoS.AT_LEAST_ONCE, 1_000, 3_000);
        broker.settleJournal();
        FakeLink staying = broker.connect("staying", false, SessionLimits.NEVER, 65_535, 1);
        broker.subscribe(staying, "$share/g/t", QoS.AT_LEAST_ONCE);
        broker.disconnect(leaving);
        soon().until(() -> staying.sent().size() == 3_000);
        assertThat(staying.sent().stream().map(Sent::payload)).containsExactlyElementsOf(numbers(1_000, 4_000));
        assertThat(drain(broker, broker.connect("leaving")))
                .as("and keeps its own")
                .isEqualTo(numbers(0, 1_000));
    }

    @Test
    void whatTheClientMayNotHaveAnyMoreIsFoundInTheStore() {
        SessionsFixture broker = broker();
        FakeLink link = broker.connect("client", false, SessionLimits.NEVER, 10, 0);
        broker.subscribe(link, "t", QoS.AT_LEAST_ONCE);
        broker.publish("t", QoS.AT_LEAST_ONCE, 0, 5_000);
        broker.settleJournal();
        Permissions nothing = broker.nothing();
        broker.with(link, session -> session.restrict(nothing));
        soon().until(() -> broker.dropped(DropReason.RECEIVE_DENIED) == 4_990);
        assertThat(drain(broker, link)).isEqualTo(numbers(0, 10));
        soon().until(() -> SessionsFixture.records(storage) == 0);
    }

    @Test
    void allQueuesTogetherKeepToTheirLimit() {
        SessionsFixture broker = broker(Overflow.DROP_NEWEST, 1_000_000, new QueueBudget(1_500, 0, 1L << 40));
        subscribeAndLeave(broker, "a", "a");
        subscribeAndLeave(broker, "b", "b");
        broker.publish("a", QoS.AT_LEAST_ONCE, 0, 1_000);
        broker.settleJournal();
        broker.publish("b", QoS.AT_LEAST_ONCE, 0, 1_000);
        broker.settleJournal();
        assertThat(broker.dropped(DropReason.TOTAL_FULL)).isEqualTo(500);
        FakeLink b = broker.connect("b");
        assertThat(b.session().dropped(DropReason.TOTAL_FULL)).isEqualTo(500);
        assertThat(drain(broker, b)).isEqualTo(numbers(0, 500));
    }

    @Test
    void whatIsNotStoredKeepsToTheMemoryThatQueuesMayTake() {
        SessionsFixture broker = broker(Overflow.DROP_NEWEST, 1_000_000, new QueueBudget(0, 0, 100_000));
        FakeLink link = broker.connect("client", true, 0, 1, 0);
        broker.subscribe(link, "t", QoS.AT_LEAST_ONCE);
        broker.publish("t", QoS.AT_LEAST_ONCE, 0, 5_000);
        broker.settleJournal();
        assertThat(broker.budget.memory()).isBetween(90_000L, 110_000L);
        long dropped = broker.dropped(DropReason.TOTAL_FULL);
        assertThat(dropped).isPositive();
        assertThat(drain(broker, link)).isEqualTo(numbers(0, 5_000 - (int) dropped));
    }

    @Test
    void manyRetainedMessagesHoldUpNobodyElse() {
        SessionsFixture broker = broker();
        int messages = 200_000;
        for (int i = 0; i < messages; i++) {
            broker.retained.put(message("r/" + i, QoS.AT_MOST_ONCE, "" + i, ApplicationMessage.NEVER));
        }
        FakeLink greedy = broker.connect("greedy", true, 0, 100, 0);
        FakeLink other = broker.connect("other", true, 0, 100, 0);
        broker.subscribe(other, "live", QoS.AT_LEAST_ONCE);
        AtomicInteger before = new AtomicInteger(messages);
        broker.on(broker.shards.get(0), () -> {
            greedy.session()
                    .subscribe(
                            greedy,
                            new org.ternmq.broker.protocol.Packet.Subscribe(
                                    1,
                                    0,
                                    List.of(new org.ternmq.broker.protocol.SubscriptionRequest(
                                            "r/#",
                                            QoS.AT_MOST_ONCE,
                                            false,
                                            false,
                                            org.ternmq.broker.protocol.RetainHandling.SEND))));
            broker.router.route(
                    broker.shards.get(0), message("live", QoS.AT_LEAST_ONCE, "live", ApplicationMessage.NEVER), null);
            broker.shards.get(0).execute(() -> before.set(greedy.sent().size()));
        });
        soon().until(() -> greedy.sent().size() == messages);
        assertThat(before.get())
                .as("sent before another task of the loop had its turn")
                .isLessThan(5_000);
        soon().until(() -> other.sent().size() == 1);
        assertThat(broker.dropped(DropReason.QUEUE_FULL)).isZero();
    }
}
