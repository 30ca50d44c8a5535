package org.ternmq.broker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.session.Inflight.Stage;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.spi.QoS;

final class InflightTest {
    private static Delivery delivery() {
        ApplicationMessage message = new ApplicationMessage(
                TopicName.ofValid("t"),
                QoS.AT_LEAST_ONCE,
                false,
                new byte[0],
                new byte[0],
                ApplicationMessage.NEVER,
                null);
        return Delivery.unstored(message, QoS.AT_LEAST_ONCE, false, Delivery.NO_IDENTIFIERS);
    }

    /** Against a map in the order of adding, long enough for the identifiers to go round twice. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    @Mqtt5("2.2.1-4")
    @Mqtt311("2.3.1-4")
    void keepsOrderAndGivesOnlyFreeIdentifiers(long seed) {
        Random random = new Random(seed);
        Inflight inflight = new Inflight();
        Map<Integer, Delivery> model = new LinkedHashMap<>();
        for (int i = 0; i < 150_000; i++) {
            if (model.size() < 300 && inflight.hasRoom() && (model.isEmpty() || random.nextInt(100) < 52)) {
                Delivery delivery = delivery();
                int id = inflight.add(delivery, Stage.SENT);
                assertThat(id).as("MQTT-2.2.1-4").isBetween(1, Inflight.IDENTIFIERS);
                assertThat(model.put(id, delivery))
                        .as("identifier %d is held", id)
                        .isNull();
            } else {
                List<Integer> ids = new ArrayList<>(model.keySet());
                // Mostly the oldest, as clients do; now and then any, and one is held back for long.
                int id = ids.get(random.nextInt(10) == 0 ? random.nextInt(ids.size()) : Math.min(1, ids.size() - 1));
                assertThat(inflight.get(id)).isSameAs(model.remove(id));
                inflight.remove(id);
                assertThat(inflight.get(id)).isNull();
            }
            if (i % 997 == 0) {
                assertThat(contents(inflight)).isEqualTo(List.copyOf(model.values()));
                assertThat(inflight.size()).isEqualTo(model.size());
            }
        }
    }

    private static List<Delivery> contents(Inflight inflight) {
        List<Delivery> found = new ArrayList<>();
        for (int i = 0; i < inflight.span(); i++) {
            Delivery delivery = inflight.at(i);
            if (delivery != null) {
                assertThat(inflight.get(inflight.idAt(i))).isSameAs(delivery);
                found.add(delivery);
            }
        }
        return found;
    }

    @Test
    void hasNoRoomWhileAllIdentifiersAreHeld() {
        Inflight inflight = new Inflight();
        for (int i = 1; i <= Inflight.IDENTIFIERS; i++) {
            assertThat(inflight.hasRoom()).isTrue();
            assertThat(inflight.add(delivery(), Stage.SENT)).isEqualTo(i);
        }
        assertThat(inflight.hasRoom()).isFalse();
        inflight.remove(2);
        assertThat(inflight.hasRoom())
                .as("1 is still held, and 2 would not be behind 65535")
                .isFalse();
        inflight.remove(1);
        assertThat(inflight.add(delivery(), Stage.SENT)).isEqualTo(1);
    }

    @Test
    void putsBackIdentifiersOfAnEarlierLifeAndGoesOnBehindThem() {
        Inflight inflight = new Inflight();
        Delivery first = delivery();
        Delivery second = delivery();
        Delivery third = delivery();
        inflight.restore(65_530, first, Stage.RESEND);
        inflight.restore(65_534, second, Stage.RELEASED);
        inflight.restore(3, third, Stage.RESEND);
        assertThat(contents(inflight)).containsExactly(first, second, third);
        assertThat(inflight.stage(65_534)).isEqualTo(Stage.RELEASED);
        assertThat(inflight.get(65_531)).isNull();
        assertThat(inflight.add(delivery(), Stage.SENT)).isEqualTo(4);
        inflight.remove(65_530);
        inflight.remove(3);
        assertThat(inflight.size()).isEqualTo(2);
        assertThat(inflight.get(65_534)).isSameAs(second);
    }

    @Test
    void forgetsAllWhenCleared() {
        Inflight inflight = new Inflight();
        for (int i = 0; i < 20; i++) {
            inflight.add(delivery(), Stage.SENT);
        }
        inflight.clear();
        assertThat(inflight.size()).isZero();
        assertThat(inflight.span()).isZero();
        assertThat(inflight.get(5)).isNull();
        assertThat(inflight.stage(5)).isNull();
    }
}
