package org.ternmq.broker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.broker.config.Limits.Overflow;
import org.ternmq.broker.journal.BytesStorage;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.protocol.Packet.Unsubscribe;
import org.ternmq.broker.session.FakeLink.Sent;
import org.ternmq.spi.QoS;

/** What was on its way to a client that has lost the right to it when it comes back. */
@Timeout(60)
final class LostRightTest {
    @TempDir
    Path folder = Path.of("");

    private final BytesStorage storage = new BytesStorage();
    private final List<SessionsFixture> opened = new ArrayList<>();

    private SessionsFixture broker() {
        SessionsFixture broker =
                new SessionsFixture(storage, folder, Overflow.DROP_NEWEST, 1000, SessionsFixture.noLimit());
        opened.add(broker);
        return broker;
    }

    @AfterEach
    void close() {
        opened.forEach(SessionsFixture::close);
    }

    private static FakeLink withoutRights(SessionsFixture broker) {
        FakeLink link = broker.connect("client", false, SessionLimits.NEVER, 100, 0, broker.nothing());
        broker.settleJournal();
        return link;
    }

    private static List<Sent> sent(SessionsFixture broker, FakeLink link, QoS qos, int messages) {
        broker.subscribe(link, "secret", qos);
        broker.publish("secret", qos, 0, messages);
        broker.settleJournal();
        List<Sent> sent = link.take();
        assertThat(sent).hasSize(messages);
        broker.disconnect(link);
        return sent;
    }

    @Test
    void qos1IsNotSentAgain() {
        SessionsFixture broker = broker();
        sent(broker, broker.connect("client"), QoS.AT_LEAST_ONCE, 3);
        FakeLink again = withoutRights(broker);
        assertThat(again.sent()).isEmpty();
        assertThat(again.session().inFlight()).isZero();
        assertThat(broker.dropped(DropReason.RECEIVE_DENIED)).isEqualTo(3);
        assertThat(SessionsFixture.records(storage)).isZero();
        assertThat(SessionsFixture.bodies(storage)).isZero();
    }

    /** MQTT-2.2.1-4: its identifier is in use until PUBCOMP, as the client may wait for PUBREL. */
    @Test
    void qos2IsReleasedAndNotSentAgain() {
        SessionsFixture broker = broker();
        int packetId = sent(broker, broker.connect("client"), QoS.EXACTLY_ONCE, 1)
                .get(0)
                .packetId();
        FakeLink again = withoutRights(broker);
        assertThat(again.take()).containsExactly(new Sent(packetId, null, false));
        assertThat(again.session().inFlight()).isEqualTo(1);
        broker.disconnect(again);
        broker.settleJournal();
        broker.close();
        opened.clear();

        SessionsFixture restarted = broker();
        FakeLink withRights = restarted.connect("client");
        restarted.settleJournal();
        assertThat(withRights.take()).as("released for good").containsExactly(new Sent(packetId, null, false));
        restarted.with(withRights, session -> session.pubComp(packetId));
        restarted.settleJournal();
        assertThat(SessionsFixture.records(storage)).isZero();
        assertThat(withRights.session().inFlight()).isZero();
    }

    @Test
    void qos2ThatWasNeverSentIsDropped() {
        SessionsFixture broker = broker();
        FakeLink link = broker.connect("client");
        broker.subscribe(link, "secret", QoS.EXACTLY_ONCE);
        link.writable(false);
        broker.publish("secret", QoS.EXACTLY_ONCE, 0, 1);
        broker.settleJournal();
        synchronized (storage) { // so that its identifier is not written before the client has gone
            link.writable(true);
            broker.with(link, session -> {
                session.writable();
                session.disconnected(link, false, -1);
            });
        }
        broker.settleJournal();
        assertThat(link.sent()).isEmpty();
        assertThat(SessionsFixture.records(storage)).isEqualTo(1);

        assertThat(withoutRights(broker).sent()).isEmpty();
        assertThat(broker.dropped(DropReason.RECEIVE_DENIED)).isEqualTo(1);
        assertThat(SessionsFixture.records(storage)).isZero();
    }

    /** MQTT-3.10.4-3: what was begun is finished. */
    @Test
    void anUnsubscribeTakesNoRightAway() {
        SessionsFixture broker = broker();
        FakeLink link = broker.connect("client");
        broker.subscribe(link, "secret", QoS.AT_LEAST_ONCE);
        broker.publish("secret", QoS.AT_LEAST_ONCE, 0, 1);
        broker.settleJournal();
        int packetId = link.take().get(0).packetId();
        broker.with(link, session -> session.unsubscribe(link, new Unsubscribe(1, List.of("secret"))));
        broker.settleJournal();
        broker.disconnect(link);
        FakeLink again = broker.connect("client");
        broker.settleJournal();
        assertThat(again.take()).singleElement().satisfies(sent -> {
            assertThat(sent.packetId()).isEqualTo(packetId);
            assertThat(sent.dup()).isTrue();
        });
    }
}
