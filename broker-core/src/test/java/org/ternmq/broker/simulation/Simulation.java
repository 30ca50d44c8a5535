package org.ternmq.broker.simulation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.session.Attach;
import org.ternmq.broker.session.Session;
import org.ternmq.broker.session.SessionLimits;
import org.ternmq.broker.simulation.Schedule.Step;
import org.ternmq.broker.simulation.SimulatedStore.Fate;
import org.ternmq.spi.QoS;

/** One schedule from an empty store to the end, when everybody has got everything and has gone. */
final class Simulation {
    private static final List<String> TOPICS = List.of("a", "b", "a/x");
    private static final List<String> FILTERS =
            List.of("a", "b", "#", "a/#", "+", "a/x", "$share/g/a", "$share/g/#", "$share/h/a/x");
    private static final long[] EXPIRY = {SessionLimits.NEVER, SessionLimits.NEVER, 60, 0};
    private static final int[] RECEIVE_MAXIMUM = {1, 2, 5, 100};
    /** Far more than it takes until all is done. */
    private static final int MOST_ROUNDS = 5_000;
    /** One may be thrown out by an earlier one of its own that came late. */
    private static final int MOST_CONNECTS = 5;
    /** A broker whose storage fails ends soon, not at once. */
    private static final int STEPS_AFTER_FAILURE = 8;

    private final SimulatedBroker.Surroundings surroundings;
    private final Schedule schedule;
    private final SimulatedClock clock = new SimulatedClock();
    private final CrankedLoops loops;
    private final SimulatedStore store = new SimulatedStore();
    private final Ledger ledger = new Ledger();
    private final List<SimulatedClient> clients = new ArrayList<>();
    private final long[] sentBefore = new long[QoS.values().length];
    private final long[] receivedBefore = new long[QoS.values().length];
    private SimulatedBroker broker;
    private int stepsSinceFailure;
    private final long droppedBefore;

    private Simulation(SimulatedBroker.Surroundings surroundings, Schedule schedule) {
        this.surroundings = surroundings;
        this.schedule = schedule;
        this.loops = new CrankedLoops(schedule.limits().loops(), clock);
        for (int i = 0; i < EXPIRY.length; i++) {
            clients.add(new SimulatedClient("c" + i, EXPIRY[i], ledger));
        }
        for (QoS qos : QoS.values()) {
            sentBefore[qos.ordinal()] = surroundings.metrics.sentCount(qos);
            receivedBefore[qos.ordinal()] = surroundings.metrics.receivedCount(qos);
        }
        droppedBefore = dropped();
        broker = newBroker();
    }

    /**
     * Runs a schedule.
     *
     * @return what was wrong, null if nothing
     */
    static @Nullable String run(SimulatedBroker.Surroundings surroundings, Schedule schedule) {
        return run(new Simulation(surroundings, schedule));
    }

    /** Runs a schedule and tells everything that happens in it. */
    static List<String> explain(SimulatedBroker.Surroundings surroundings, Schedule schedule) {
        Simulation simulation = new Simulation(surroundings, schedule);
        simulation.ledger.keepNotes();
        run(simulation);
        return simulation.ledger.notes();
    }

    private static @Nullable String run(Simulation simulation) {
        try {
            return simulation.run();
        } catch (RuntimeException | AssertionError e) {
            String known = simulation.ledger.failure();
            return known != null ? known : "threw " + e + " at " + e.getStackTrace()[0];
        }
    }

    private @Nullable String run() {
        for (Step step : schedule.steps()) {
            take(step);
            if (broker.hasFailed() && ++stepsSinceFailure > STEPS_AFTER_FAILURE) {
                crash(false);
            }
            if (ledger.failure() != null) {
                return ledger.failure();
            }
        }
        finish();
        return ledger.failure();
    }

    /** Copies without a record that found a queue full: nothing but those of sessions that are not kept. */
    private long dropped() {
        return surroundings.metrics.droppedCount(DropReason.QUEUE_FULL)
                + surroundings.metrics.droppedCount(DropReason.TOTAL_FULL);
    }

    private SimulatedBroker newBroker() {
        stepsSinceFailure = 0;
        SimulatedBroker made = new SimulatedBroker(surroundings, loops, clock, store, schedule.limits());
        while (!loops.isIdle()) {
            turnAll();
        }
        made.recovered();
        return made;
    }

    private void take(Step step) {
        ledger.tick();
        ledger.note(step::toString);
        int what = step.what();
        SimulatedClient client = clients.get(step.who() % clients.size());
        switch (step.action()) {
            case CONNECT -> {
                if (!client.isOpen() || (what >> 8) % 8 == 0) {
                    connect(client, what % 16 == 1, what >> 4, RECEIVE_MAXIMUM[(what >> 12) % 4]);
                }
            }
            case CUT -> cut(client, what);
            case DISCONNECT -> disconnect(client, -1);
            case SUBSCRIBE -> client.subscribe(FILTERS.get(what % FILTERS.size()), QoS.values()[(what >> 4) % 3]);
            case UNSUBSCRIBE -> client.unsubscribe(FILTERS.get(what % FILTERS.size()));
            case PUBLISH -> {
                boolean retain = (what >> 4) % 8 == 0;
                boolean clears = retain && (what >> 7) % 4 == 0;
                client.publish(
                        TOPICS.get(what % TOPICS.size()),
                        QoS.values()[(what >> 2) % 3],
                        retain,
                        clears,
                        !retain && (what >> 9) % 16 == 0);
            }
            case READ -> read(client, what % 5 == 0 ? Integer.MAX_VALUE : 1 + what % 4);
            case TURN -> turn(step.who(), what % 3 == 0 ? 64 : 1 + what % 4);
            case JOURNAL -> turnJournal(what);
            case PAGER -> broker.pagerThreads.turn();
            case SOCKET -> {
                if (client.link() != null) {
                    client.link().writable(what % 2 == 0);
                }
            }
            case TIME -> time(what % 4 == 0 ? 70_000 : what % 3_000);
            case CRASH -> crash(step.who(), what);
        }
    }

    private void turn(int loop, int tasks) {
        loops.get(loop % schedule.limits().loops()).turn(tasks);
    }

    private boolean turnAll() {
        boolean any = false;
        for (int i = 0; i < schedule.limits().loops(); i++) {
            any |= loops.get(i).turn(64);
        }
        return any;
    }

    /** The journal writes what waits; loops and clients go on meanwhile. */
    private boolean turnJournal(int what) {
        SplittableRandom random = new SplittableRandom(what);
        store.meanwhile(() -> {
            for (int i = random.nextInt(6); i > 0; i--) {
                ledger.tick();
                switch (random.nextInt(5)) {
                    case 0 -> read(clients.get(random.nextInt(clients.size())), 2);
                    case 1 -> broker.pagerThreads.turn();
                    default -> turn(random.nextInt(8), 1 + random.nextInt(3));
                }
            }
        });
        boolean any = broker.turnJournal();
        store.meanwhile(() -> {});
        return any;
    }

    private static boolean read(SimulatedClient client, int atMost) {
        SimulatedLink link = client.link();
        boolean any = false;
        for (int i = 0; i < atMost && link != null && link.read(); i++) {
            any = true;
        }
        return any;
    }

    private void connect(SimulatedClient client, boolean cleanStart, int loop, int receiveMaximum) {
        SimulatedLink link =
                new SimulatedLink(broker.shards.get(loop % schedule.limits().loops()), client, ledger, receiveMaximum);
        boolean clean = client.connect(link, cleanStart);
        SimulatedBroker here = broker;
        link.claim(() -> here.registry.claim(
                new Attach(surroundings.client(client.clientId()), link.shard, link, clean, client.expiry(), null),
                link.shard));
    }

    private static void cut(SimulatedClient client, int what) {
        SimulatedLink link = client.link();
        if (link == null || !link.isOpenForClient()) {
            return;
        }
        client.leave();
        if (what % 2 == 0) {
            link.loseInput();
        }
        if ((what >> 1) % 4 != 0) { // else the broker hears of it by the next connection only
            link.end(false, -1);
        }
    }

    private static void disconnect(SimulatedClient client, long newExpiry) {
        SimulatedLink link = client.link();
        if (link != null && link.isOpenForClient()) {
            client.leave();
            link.end(true, newExpiry);
        }
    }

    private void time(long millis) {
        clients.forEach(client -> client.time(millis));
        loops.advance(millis);
    }

    private void crash(int who, int what) {
        Fate fate = Fate.values()[what % Fate.values().length];
        if (fate != Fate.WRITTEN) {
            store.next(fate);
            turnJournal(what);
            store.next(Fate.WRITTEN);
        }
        if (fate != Fate.FAILED || !broker.hasFailed()) {
            crash(who % 2 == 0);
        }
    }

    private void crash(boolean clientsReadOn) {
        ledger.note(() -> "the broker is killed");
        ledger.crashed();
        for (SimulatedClient client : clients) {
            if (clientsReadOn) { // what was in their sockets
                read(client, Integer.MAX_VALUE);
            }
            SimulatedLink link = client.link();
            client.leave();
            if (link != null) {
                link.crash();
            }
        }
        loops.forget();
        broker = newBroker();
    }

    // ---- the end

    private void finish() {
        if (broker.hasFailed()) {
            crash(true);
        }
        bringBack();
        settle();
        for (int i = 0; !clients.stream().allMatch(SimulatedClient::isReady); i++) {
            if (i == MOST_CONNECTS) {
                ledger.fail("a client is not let in");
                return;
            }
            bringBack();
            settle();
        }
        if (ledger.failure() != null) {
            return;
        }
        clients.forEach(SimulatedClient::checkFinished);
        checkQuiet();
        checkCounters();
        ledger.check(clients, dropped() != droppedBefore);
        if (ledger.failure() == null) {
            checkRetained();
            leave();
        }
    }

    private void bringBack() {
        for (int i = 0; i < clients.size(); i++) {
            SimulatedClient client = clients.get(i);
            SimulatedLink link = client.link();
            if (link == null || !client.isReady()) {
                connect(client, false, i, 100);
            } else {
                link.writable(true);
            }
        }
    }

    private void settle() {
        boolean busy = true;
        for (int round = 0; busy; round++) {
            if (round == MOST_ROUNDS) {
                ledger.fail("it never comes to rest");
                return;
            }
            ledger.tick();
            busy = turnAll() | turnJournal(round) | broker.pagerThreads.turn();
            for (SimulatedClient client : clients) {
                busy |= read(client, Integer.MAX_VALUE);
            }
        }
    }

    /** Nothing is on its way any more, and nothing is kept of what was. */
    private void checkQuiet() {
        broker.registry.forEach(this::checkQuiet);
        checkBudget();
        if (broker.pendingEntries() != 0) {
            ledger.fail(broker.pendingEntries() + " entries are still with the journal");
        }
        if (!store.messagesLeft().isEmpty()) {
            ledger.fail("all is delivered and the store has " + store.messagesLeft());
        }
    }

    private void checkQuiet(Session session) {
        if (session.inFlight() != 0 || session.queuedMessages() != 0 || session.queuedBytes() != 0) {
            ledger.fail(session + " has " + session.inFlight() + " in flight and " + session.queuedMessages()
                    + " that wait, and its client wants them");
        }
        if (session.backlog() != 0) {
            ledger.fail(session + " was not woken for " + session.backlog());
        }
    }

    private void checkBudget() {
        if (broker.budget.messages() != 0 || broker.budget.bytes() != 0 || broker.budget.memory() != 0) {
            ledger.fail("the queues are empty and count " + broker.budget.messages() + " messages, "
                    + broker.budget.bytes() + " bytes, " + broker.budget.memory() + " bytes of memory");
        }
    }

    private void checkCounters() {
        for (QoS qos : QoS.values()) {
            long received = surroundings.metrics.receivedCount(qos) - receivedBefore[qos.ordinal()];
            long sent = surroundings.metrics.sentCount(qos) - sentBefore[qos.ordinal()];
            if (received != ledger.receivedCount(qos) || sent != ledger.sentCount(qos)) {
                ledger.fail("counted " + received + " received and " + sent + " sent at " + qos + ", were "
                        + ledger.receivedCount(qos) + " and " + ledger.sentCount(qos));
            }
        }
    }

    private void checkRetained() {
        for (String name : TOPICS) {
            TopicName topic = TopicName.ofValid(name);
            ApplicationMessage inMemory = broker.retained.get(topic);
            ApplicationMessage inStore = store.get(Keyspaces.RETAINED, topic);
            if (number(inMemory) != number(inStore)) {
                ledger.fail("retained for " + name + " is " + number(inMemory) + ", in the store " + number(inStore));
            }
            ledger.checkRetained(name, number(inMemory));
        }
    }

    private static int number(@Nullable ApplicationMessage message) {
        return message == null ? -1 : Integer.parseInt(new String(message.properties(), StandardCharsets.US_ASCII));
    }

    /** All sessions end: nothing may be left of them. */
    private void leave() {
        clients.forEach(client -> disconnect(client, 0));
        settle();
        if (broker.registry.size() != 0 || broker.router.index().size() != 0) {
            ledger.fail("all have gone, and there are " + broker.registry.size() + " sessions and "
                    + broker.router.index().size() + " subscriptions");
        }
        checkBudget();
        if (!store.sessionsLeft().isEmpty()) {
            ledger.fail("all have gone, and the store has " + store.sessionsLeft());
        }
    }
}
