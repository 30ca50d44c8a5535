package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What was acknowledged arrives, at QoS 2 once, and in order, whatever happens to the broker and to the network meanwhile, and
 * traffic goes on by itself when it is over. {@code mvn verify -Dit.test=FaultIT -Dternmq.faults=50} has each happen more often;
 * {@code distribution/target/faults.md} is the account.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
final class FaultIT {
    private static final int TIMES = Integer.getInteger("ternmq.faults", 2);
    private static final Path ACCOUNT = Path.of("target", "faults.md");
    private static final String HEAD = """
            | fault | times | acknowledged | delivered | lost | at QoS 1 again | out of order | longest until traffic goes on |
            |---|---|---|---|---|---|---|---|
            """;
    /** So many acknowledgements after a fault mean that traffic goes on. */
    private static final int GOES_ON = 200;

    /** What happens. */
    enum Fault {
        KILLED,
        FROZEN,
        CONNECTIONS_CUT,
        NETWORK_SILENT,
        NETWORK_SLOW
    }

    @RegisterExtension
    final Brokers brokers = new Brokers();

    @ParameterizedTest
    @EnumSource
    void keepsWhatItAcknowledged(Fault fault) throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = brokers.folder("fault")
                .configure(BrokerFolder.ONE_LISTENER
                        + "limits: {queue-messages: 10000000, queue-bytes: 4GiB}\n"
                        + "storage: {type: rocksdb, durability: process}\n");
        Running running = new Running(folder);
        try (Relay network = new Relay(() -> running.broker.port())) {
            CrashTraffic traffic = new CrashTraffic(network.port(), new Random(fault.ordinal()));
            traffic.start();
            long longest = 0;
            for (int time = 0; time < TIMES; time++) {
                pass(Duration.ofMillis(300));
                happen(fault, running, network);
                long begin = System.nanoTime();
                traffic.awaitMore(traffic.acknowledged() + GOES_ON);
                longest = Math.max(longest, System.nanoTime() - begin);
            }
            traffic.check();
            traffic.resumeSubscribers();
            traffic.finish();
            account(fault, traffic, longest);
        }
        assertThat(running.broker.faults()).as("errors in its log").isEmpty();
        assertThat(running.broker.stop()).isZero();
    }

    /** The broker that is there now. */
    private static final class Running {
        private final BrokerFolder folder;
        private volatile BrokerProcess broker;

        Running(BrokerFolder folder) throws IOException {
            this.folder = folder;
            this.broker = folder.start();
        }

        void killAndStart() throws IOException {
            broker.kill9();
            assertThat(broker.faults()).as("errors in its log").isEmpty();
            broker = folder.start();
        }
    }

    private static void happen(Fault fault, Running running, Relay network) throws Exception {
        switch (fault) {
            case KILLED -> running.killAndStart();
            case FROZEN -> {
                running.broker.signal("STOP");
                pass(Duration.ofMillis(1500));
                running.broker.signal("CONT");
            }
            case CONNECTIONS_CUT -> network.cut();
            case NETWORK_SILENT -> {
                network.hold();
                pass(Duration.ofMillis(1500));
                network.cut(); // what was held back never arrives
                network.release();
            }
            case NETWORK_SLOW -> {
                network.delay(Duration.ofMillis(30));
                pass(Duration.ofMillis(1500));
                network.delay(Duration.ZERO);
            }
        }
    }

    private static void pass(Duration time) {
        Awaitility.await().pollDelay(time).atMost(time.plusSeconds(30)).until(() -> true);
    }

    private static void account(Fault fault, CrashTraffic traffic, long longest) throws IOException {
        String row = "| %s | %d | %d | %d | 0 | %d | 0 | %d ms |%n"
                .formatted(
                        fault.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        TIMES,
                        traffic.acknowledged(),
                        traffic.arrived(),
                        traffic.arrivedAgain(),
                        TimeUnit.NANOSECONDS.toMillis(longest));
        if (fault.ordinal() == 0) {
            Files.writeString(ACCOUNT, HEAD);
        }
        Files.writeString(ACCOUNT, row, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        System.out.print("FaultIT: " + row);
    }
}
