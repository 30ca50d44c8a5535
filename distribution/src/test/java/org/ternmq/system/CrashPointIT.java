package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.crash.CrashPoint;
import org.ternmq.system.crash.CrashTrigger;

/**
 * The broker ends at each of the places between a PUBLISH and the end of its deliveries that docs/adr/0020 argues about,
 * under traffic of all kinds, and nothing that it acknowledged is lost.
 *
 * <p>{@code -Dternmq.rounds=20} goes through all places as often, each time at other moments; {@code -Dternmq.point=RELEASE}
 * takes only those whose name has this in it; {@code -Dternmq.storage} and {@code -Dternmq.seed} are as with {@link CrashIT}.
 */
@Timeout(value = 120, unit = TimeUnit.MINUTES)
final class CrashPointIT {
    private static final int ROUNDS = Integer.getInteger("ternmq.rounds", 1);
    private static final String ONLY = System.getProperty("ternmq.point", "");
    private static final String STORAGE = System.getProperty("ternmq.storage", "rocksdb");
    private static final long SEED = Long.getLong("ternmq.seed", System.nanoTime());
    private static final String CORE = "org.ternmq.broker.";

    private static final List<CrashPoint> POINTS = List.of(
            enter("PUBLISH read, nothing done", "session.InboundFlow", "take"),
            exit("retained message in memory, not appended", "routing.RetainedMessages", "put"),
            enter("copies at QoS 1 offered, nothing appended", "journal.Journal", "append"),
            exit("entry appended", "journal.Journal", "append"),
            exit("copy encoded for its subscriber, perhaps sent", "connection.Connection", "publish"),
            enter("group due, batch empty", "journal.Journal", "commit"),
            exit("copies put into the batch", "journal.DeliveryRecords", "put"),
            enter("batch filled, not written", store(), "write"),
            exit("batch written, nobody told", store(), "write"),
            enter("some of a group told", "routing.Publication", "committed"),
            exit("copies at QoS 2 offered after the commit", "routing.Publication", "committed"),
            enter("publisher's session told, not acknowledged", "session.InboundFlow", "committed"),
            exit("PUBACK encoded, perhaps sent", "connection.Connection", "pubAck"),
            exit("PUBREC encoded, perhaps sent", "connection.Connection", "pubRec"),
            enter("PUBREL came", "session.InboundFlow", "pubRel"),
            exit("removal of the inbound identifier appended", "session.InboundFlow", "pubRel"),
            exit("PUBCOMP encoded, perhaps sent", "connection.Connection", "pubComp"),
            exit("outbound identifier or release put into the batch", "journal.DeliveryRecords", "update"),
            enter("outbound identifier written, PUBLISH not sent", "session.OutboundFlow", "identifierStored"),
            exit("outbound identifier written, PUBLISH perhaps sent", "session.OutboundFlow", "identifierStored"),
            enter("PUBACK of a subscriber came", "session.OutboundFlow", "pubAck"),
            exit("removal of a copy put into the batch", "journal.DeliveryRecords", "remove"),
            enter("PUBREC of a subscriber came", "session.OutboundFlow", "pubRec"),
            enter("release written, PUBREL not sent", "session.OutboundFlow", "releaseStored"),
            exit("release written, PUBREL perhaps sent", "session.OutboundFlow", "releaseStored"),
            enter("PUBCOMP of a subscriber came", "session.OutboundFlow", "pubComp"),
            exit("removal after PUBCOMP appended", "session.OutboundFlow", "pubComp"),
            enter("CONNECT of a stored session claimed, nothing written", "session.Session", "open"),
            enter("stored session written, CONNACK not sent", "session.Session", "opened"),
            exit("client gone, its record appended", "session.Session", "disconnected"));

    /** Places after which the retained messages are looked at before anything is published. */
    private static final Set<String> RETAINED = Set.of("put", "commit", "write");

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final Random random = new Random(SEED);

    private static CrashPoint enter(String name, String type, String method) {
        return new CrashPoint(name, full(type), method, true);
    }

    private static CrashPoint exit(String name, String type, String method) {
        return new CrashPoint(name, full(type), method, false);
    }

    private static String full(String type) {
        return type.startsWith("org.") ? type : CORE + type;
    }

    private static String store() {
        return STORAGE.equals("mapdb")
                ? "org.ternmq.storage.mapdb.MapDbStorage"
                : "org.ternmq.storage.rocksdb.RocksDbStorage";
    }

    @Test
    @Mqtt5({"4.1.0-1", "4.3.2-4", "4.3.3-8", "4.4.0-1", "4.6.0-1"})
    @Mqtt311({"4.1.0-1", "4.3.2-2", "4.3.3-2", "4.4.0-1", "4.6.0-1"})
    void losesNothingWhereverItEnds() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        List<CrashPoint> points =
                POINTS.stream().filter(point -> point.name().contains(ONLY)).toList();
        assertThat(points).as("places with '%s'", ONLY).isNotEmpty();
        System.out.println("CrashPointIT: storage " + STORAGE + ", " + points.size() + " places, seed " + SEED);
        Path agent = CrashPoint.agent(Files.createDirectories(brokers.base()));
        BrokerFolder folder = brokers.folder("crash")
                .configure(BrokerFolder.ONE_LISTENER
                        + "limits: {queue-messages: 10000000, queue-bytes: 4GiB}\n"
                        + "sys: {interval: 0s}\n" // figures that are published at the start would pass the places too
                        + "storage: {type: " + STORAGE + ", durability: process}\n");
        BrokerProcess first = folder.start();
        CrashTraffic traffic = new CrashTraffic(first.port(), random);
        traffic.start();
        first.kill9();
        for (int round = 0; round < ROUNDS; round++) {
            for (CrashPoint point : points) {
                endAt(point, agent, folder, traffic);
                if (RETAINED.contains(point.method())) {
                    lookAtRetained(folder, traffic);
                }
            }
        }
        BrokerProcess broker = folder.start();
        traffic.moved(broker.port());
        traffic.finish();
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).as("errors in its log").isEmpty();
    }

    private static void lookAtRetained(BrokerFolder folder, CrashTraffic traffic) throws Exception {
        traffic.pauseSubscribers();
        Map<String, Long> safe = traffic.pauseRetained();
        try (BrokerProcess broker = folder.start()) {
            traffic.moved(broker.port());
            traffic.checkRetainedAndResume(safe);
            traffic.resumeSubscribers();
        }
    }

    /** Starts a broker that ends at this place, and waits until it has. */
    private void endAt(CrashPoint point, Path agent, BrokerFolder folder, CrashTraffic traffic) throws IOException {
        // Clients connect less often than they publish; and some of the journal's places are passed during the start.
        int times = point.type().endsWith(".Session") ? 1 + random.nextInt(4) : 20 + random.nextInt(60);
        System.out.printf("CrashPointIT: ends at: %s, time %d%n", point, times);
        BrokerProcess broker = folder.startWith(point.flag(agent, times));
        traffic.moved(broker.port());
        try {
            assertThat(broker.waitForExit(Duration.ofSeconds(30)))
                    .as("exit code")
                    .isEqualTo(CrashTrigger.EXIT);
        } finally {
            traffic.check();
        }
        assertThat(broker.faults()).as("errors in its log").isEmpty();
    }
}
