package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;

/**
 * What was acknowledged outlives {@code kill -9}, with storage on disk and the durability that is the default.
 *
 * <p>Three kills, each at a random moment, and one more of a broker that has not finished its start. {@code mvn verify -Dit.test=CrashIT -Dternmq.kills=20} for more,
 * {@code -Dternmq.storage=mapdb} for another storage, and {@code -Dternmq.seed=…} for the moments of another run (its seed is printed; the same seed is not the same run, since
 * the broker's and the clients' threads have a say too). {@link CrashPointIT} has the moments that are chosen.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
final class CrashIT {
    private static final int KILLS = Integer.getInteger("ternmq.kills", 3);
    private static final String STORAGE = System.getProperty("ternmq.storage", "rocksdb");
    private static final long SEED = Long.getLong("ternmq.seed", System.nanoTime());

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final Random random = new Random(SEED);

    @Test
    @Mqtt5({"4.3.2-4", "4.3.3-8"})
    @Mqtt311({"4.1.0-1", "4.3.2-2", "4.3.3-2"})
    void keepsWhatItAcknowledged() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        System.out.println("CrashIT: storage " + STORAGE + ", " + KILLS + " kills, seed " + SEED);
        BrokerFolder folder = brokers.folder("crash")
                .configure(BrokerFolder.ONE_LISTENER
                        + "limits: {queue-messages: 10000000, queue-bytes: 4GiB}\n"
                        + "storage: {type: " + STORAGE + ", durability: process}\n");
        BrokerProcess broker = folder.start();
        System.out.println("CrashIT: start to ready on an empty store: "
                + broker.startTime().toMillis() + " ms");
        CrashTraffic traffic = new CrashTraffic(broker.port(), random);
        traffic.start();
        for (int kill = 1; kill <= KILLS; kill++) {
            Awaitility.await()
                    .pollDelay(Duration.ofMillis(300 + random.nextInt(1200)))
                    .until(() -> true);
            broker.kill9();
            assertThat(broker.faults()).as("errors in its log").isEmpty();
            long before = traffic.acknowledged();
            int underWay = traffic.underWay();
            traffic.pauseSubscribers();
            Map<String, Long> safe = traffic.pauseRetained();

            if (kill % 3 == 2) {
                killWhileItStarts(folder);
            }
            broker = folder.start();
            traffic.moved(broker.port());
            System.out.printf(
                    "CrashIT: kill %d after %d acknowledged, %d under way; start to ready on what was left: %d ms%n",
                    kill, before, underWay, broker.startTime().toMillis());
            traffic.checkRetainedAndResume(safe);
            // What is published now finds the sessions that nobody has come back to yet.
            traffic.awaitMore(before + 500);
            traffic.resumeSubscribers();
            traffic.check();
        }
        traffic.finish();
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).as("errors in its log").isEmpty();
    }

    /** Some of what it does then is writing. */
    private void killWhileItStarts(BrokerFolder folder) throws Exception {
        BrokerProcess starting = folder.launch();
        Awaitility.await()
                .pollDelay(Duration.ofMillis(200 + random.nextInt(1500)))
                .until(() -> true);
        starting.kill9();
        assertThat(starting.faults()).as("errors in its log").isEmpty();
    }
}
