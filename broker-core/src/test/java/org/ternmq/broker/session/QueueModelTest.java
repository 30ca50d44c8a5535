package org.ternmq.broker.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.broker.session.SessionsFixture.soon;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.Limits.Overflow;
import org.ternmq.broker.journal.BytesStorage;
import org.ternmq.broker.session.FakeLink.Sent;
import org.ternmq.spi.QoS;

/**
 * A client with a long queue that comes and goes at any moment, acknowledges in any order, while two loops publish to it and the
 * broker is started anew now and then. Nothing is lost, QoS 2 comes once, and each publisher's messages come in order
 * (MQTT-4.6.0-5, MQTT-4.6.0-6).
 */
final class QueueModelTest {
    private static final class Run {
        private final Random random;
        private final BytesStorage storage = new BytesStorage();
        private final Path folder = Path.of("target");
        /** Little memory, so that pages are short and most of the queue is in the store. */
        private SessionsFixture broker;

        private @Nullable FakeLink link;
        private final int[] published = new int[4];
        private final List<String> arrived = new ArrayList<>();
        /** The client's own state: QoS 2 identifiers between PUBLISH and PUBREL; it outlives connections. */
        private final Set<Integer> open = new HashSet<>();

        private final List<Sent> unacknowledged = new ArrayList<>();

        Run(long seed) {
            random = new Random(seed);
            broker = start();
            FakeLink first = connect();
            broker.subscribe(first, "t/#", QoS.EXACTLY_ONCE);
        }

        private SessionsFixture start() {
            QueueBudget budget = new QueueBudget(0, 0, random.nextBoolean() ? 1L << 30 : 20_000);
            return new SessionsFixture(storage, folder, Overflow.DROP_NEWEST, 1_000_000, budget);
        }

        private FakeLink connect() {
            FakeLink fresh =
                    broker.connect("client", false, SessionLimits.NEVER, 1 + random.nextInt(40), random.nextInt(2));
            link = fresh;
            return fresh;
        }

        private void step() {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> publish();
                case 3, 4 -> acknowledge(random.nextInt(60));
                case 5, 6 -> comeOrGo();
                default -> {
                    if (random.nextInt(4) == 0) {
                        restart();
                    }
                }
            }
        }

        private void publish() {
            int stream = random.nextInt(published.length);
            QoS qos = stream % 2 == 0 ? QoS.AT_LEAST_ONCE : QoS.EXACTLY_ONCE;
            int count = random.nextInt(10) == 0 ? 1000 : random.nextInt(100);
            int first = published[stream];
            published[stream] += count;
            broker.on(broker.shards.get(stream / 2), () -> {
                for (int i = first; i < first + count; i++) {
                    broker.router.route(
                            broker.shards.get(stream / 2),
                            SessionsFixture.message("t/" + stream, qos, stream + ":" + i, Long.MAX_VALUE),
                            null);
                }
            });
        }

        /** Takes what came, and answers some of it, in any order. */
        private void acknowledge(int most) {
            FakeLink to = link;
            if (to == null) {
                return;
            }
            for (Sent sent : to.take()) {
                boolean known = sent.delivery() != null
                        && sent.delivery().qos() == QoS.EXACTLY_ONCE
                        && !open.add(sent.packetId());
                if (sent.delivery() != null && !known) {
                    arrived.add(sent.payload());
                }
                unacknowledged.add(sent);
            }
            broker.with(to, session -> {
                for (int i = 0; i < most && !unacknowledged.isEmpty() && session.link() == to; i++) {
                    Sent sent = unacknowledged.remove(random.nextInt(unacknowledged.size()));
                    if (sent.delivery() == null) {
                        open.remove(sent.packetId());
                        session.pubComp(sent.packetId());
                    } else if (sent.delivery().qos() == QoS.AT_LEAST_ONCE) {
                        session.pubAck(sent.packetId());
                    } else {
                        session.pubRec(sent.packetId(), org.ternmq.broker.protocol.ReasonCode.SUCCESS);
                    }
                }
            });
        }

        private void comeOrGo() {
            FakeLink to = link;
            if (to == null) {
                connect();
            } else {
                if (random.nextBoolean()) {
                    acknowledge(0);
                }
                broker.disconnect(to);
                link = null;
                unacknowledged.clear();
            }
        }

        /** As if killed once what was appended is safe; what came to the client and was not looked at is lost on the way. */
        private void restart() {
            link = null;
            unacknowledged.clear();
            broker.settleJournal();
            broker.close();
            broker = start();
        }

        private void finish() {
            if (link == null) {
                connect();
            }
            soon().until(() -> {
                acknowledge(Integer.MAX_VALUE);
                return broker.budget.messages() == 0
                        && unacknowledged.isEmpty()
                        && SessionsFixture.records(storage) == 0;
            });
            broker.settleJournal();
            assertThat(SessionsFixture.bodies(storage))
                    .as("bodies in the store")
                    .isZero();
            assertThat(broker.budget.bytes()).isZero();
            assertThat(broker.budget.memory()).isZero();
            for (int stream = 0; stream < published.length; stream++) {
                String prefix = stream + ":";
                List<String> ofStream =
                        arrived.stream().filter(p -> p.startsWith(prefix)).toList();
                List<String> expected = new ArrayList<>();
                for (int i = 0; i < published[stream]; i++) {
                    expected.add(prefix + i);
                }
                if (stream % 2 == 1) {
                    assertThat(ofStream).as("QoS 2").isEqualTo(expected);
                } else {
                    assertThat(new ArrayList<>(new LinkedHashSet<>(ofStream)))
                            .as("first arrivals at QoS 1")
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void nothingIsLostOrOutOfOrder(@ForAll long seed) {
        Run run = new Run(seed);
        try {
            for (int i = 0; i < 60; i++) {
                run.step();
            }
            run.finish();
        } finally {
            run.broker.close();
        }
    }
}
