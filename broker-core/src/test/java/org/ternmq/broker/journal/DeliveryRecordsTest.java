package org.ternmq.broker.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.QoS;
import org.ternmq.spi.WriteBatch;

class DeliveryRecordsTest {
    private final DeliveryRecords records = new DeliveryRecords();
    private final Delivery delivery = Delivery.stored(
            new ApplicationMessage(
                    TopicName.ofValid("a"),
                    QoS.EXACTLY_ONCE,
                    true,
                    new byte[1],
                    new byte[0],
                    ApplicationMessage.NEVER,
                    null),
            QoS.EXACTLY_ONCE,
            true,
            Delivery.NO_IDENTIFIERS,
            7);

    @Test
    void whatWasSettledBeforeItsFirstWriteIsNotWrittenAgain() {
        assertThat(DeliveryRecords.settle(delivery)).isFalse(); // so that nobody removes it
        WriteBatch batch = new WriteBatch();
        records.put(batch, List.of("c"), List.of(delivery));
        records.update(batch, "c", delivery, 1, false);
        assertThat(batch.isEmpty()).isTrue();
    }

    @Test
    void whatIsStillOnItsWayIsWrittenAgainWithItsIdentifier() {
        WriteBatch batch = new WriteBatch();
        records.put(batch, List.of("c"), List.of(delivery));
        int first = batch.size();
        records.update(batch, "c", delivery, 1, false);
        assertThat(batch.size()).isEqualTo(first + 1);
    }
}
