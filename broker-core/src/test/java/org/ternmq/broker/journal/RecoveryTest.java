package org.ternmq.broker.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.broker.journal.Keyspaces.NamedKey;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.journal.Recovery.StoredSession;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.protocol.WillMessage;
import org.ternmq.spi.QoS;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

final class RecoveryTest {
    @TempDir
    Path folder = Path.of("");

    private final BytesStorage storage = new BytesStorage();
    private final Metrics metrics = new Metrics();

    private Path quarantine() {
        return folder.resolve("quarantine.jsonl");
    }

    private Recovery recover(boolean failOnCorrupt) {
        Recovery recovery = new Recovery(storage, new Quarantine(quarantine(), metrics), failOnCorrupt);
        recovery.run();
        return recovery;
    }

    private static ApplicationMessage message(String topic) {
        return new ApplicationMessage(
                TopicName.ofValid(topic),
                QoS.EXACTLY_ONCE,
                false,
                new byte[] {1},
                new byte[0],
                ApplicationMessage.NEVER,
                "publisher");
    }

    private static QueueRecord queued(long body, @Nullable ApplicationMessage message, int packetId, boolean released) {
        return new QueueRecord(body, message, QoS.EXACTLY_ONCE, false, new int[0], packetId, released, null);
    }

    private void fill() {
        WillMessage will = new WillMessage(
                TopicName.ofValid("w"), QoS.AT_LEAST_ONCE, false, new byte[0], PublishProperties.NONE, 5);
        WriteBatch batch = new WriteBatch()
                .put(Keyspaces.META, Keyspaces.SCHEMA_KEY, Keyspaces.SCHEMA)
                .put(Keyspaces.SESSIONS, "a", new SessionRecord(60, 1000, "ada"))
                .put(Keyspaces.SESSIONS, "ab", new SessionRecord(60, SessionRecord.CONNECTED, null))
                .put(
                        Keyspaces.SUBSCRIPTIONS,
                        new NamedKey("a", "t/#"),
                        new SubscriptionRecord(QoS.AT_LEAST_ONCE, false, true, RetainHandling.SEND, 3))
                .put(Keyspaces.MESSAGES, 7L, message("shared"))
                .put(Keyspaces.QUEUE, new NumberedKey("a", 7), queued(7, null, 11, true))
                .put(Keyspaces.QUEUE, new NumberedKey("a", 12), queued(0, message("own"), 0, false))
                .put(Keyspaces.QUEUE, new NumberedKey("ab", 7), queued(7, null, 0, false))
                .put(Keyspaces.INBOUND, new NumberedKey("a", 65_535), true)
                .put(Keyspaces.WILLS, "ab", new WillRecord(will, WillRecord.CONNECTED, ClientRecord.UNKNOWN))
                .put(Keyspaces.RETAINED, TopicName.ofValid("r"), message("r"));
        storage.write(List.of(batch), Storage.Durability.POWER);
    }

    @Test
    void findsWhatWasWritten() {
        fill();
        Recovery recovery = recover(true);
        assertThat(recovery.sessions()).containsOnlyKeys("a", "ab");
        StoredSession a = recovery.sessions().get("a");
        assertThat(a.session()).isEqualTo(new SessionRecord(60, 1000, "ada"));
        assertThat(a.subscriptions()).containsOnlyKeys("t/#");
        assertThat(a.inbound()).containsExactly(65_535);
        assertThat(a.inFlight()).singleElement().satisfies(begun -> {
            assertThat(begun.sequence()).isEqualTo(7);
            assertThat(begun.packetId()).isEqualTo(11);
            assertThat(begun.isReleased()).isTrue();
            assertThat(begun.message().topic()).hasToString("shared");
        });
        assertThat(a.queue().bytes()).isEqualTo(message("own").footprint());
        assertThat(a.queue().poll(9, Long.MAX_VALUE).sequences()).containsExactly(12);
        StoredSession ab = recovery.sessions().get("ab");
        assertThat(ab.will()).isNotNull();
        assertThat(ab.inFlight()).isEmpty();
        assertThat(ab.queue().bytes())
                .as("of a body stored apart")
                .isEqualTo(message("shared").footprint());
        assertThat(ab.queue().poll(9, Long.MAX_VALUE).sequences()).containsExactly(7);
        assertThat(recovery.queued()).isEqualTo(2);
        assertThat(recovery.retained()).extracting(m -> m.topic().toString()).containsExactly("r");
        assertThat(recovery.lastSequence()).isEqualTo(12);
        assertThat(recovery.orphans()).isZero();
        assertThat(quarantine()).doesNotExist();
    }

    @Test
    void countsReferencesToBodiesAnew() {
        fill();
        DeliveryRecords records = recover(true).records();
        WriteBatch first = new WriteBatch();
        records.release(first, 7);
        assertThat(first.isEmpty()).as("one is left").isTrue();
        WriteBatch last = new WriteBatch();
        records.release(last, 7);
        storage.write(List.of(last), Storage.Durability.POWER);
        assertThat(storage.get(Keyspaces.MESSAGES, 7L)).isNull();
    }

    @Test
    void whatASessionThatHasEndedLeftIsNotItsSuccessors() { // MQTT-3.1.2-4
        fill();
        WriteBatch ended = new WriteBatch();
        new Discarded("a", 12).put(ended);
        new Discarded("with a space", 40).put(ended);
        ended.put(Keyspaces.QUEUE, new NumberedKey("a", 13), queued(0, message("new"), 0, false));
        storage.write(List.of(ended), Storage.Durability.POWER);
        Recovery recovery = recover(true);
        assertThat(recovery.sessions().get("a").inFlight()).isEmpty();
        assertThat(recovery.sessions().get("a").queue().poll(9, Long.MAX_VALUE).sequences())
                .containsExactly(13);
        assertThat(recovery.remnants()).containsOnlyKeys("a", "with a space");
        assertThat(recovery.remnants().get("a").queue().poll(9, Long.MAX_VALUE).sequences())
                .containsExactly(7, 12);
        assertThat(recovery.remnants().get("a").notes()).containsExactly(new Discarded("a", 12));
        assertThat(recovery.lastSequence()).as("its successors get higher ones").isEqualTo(40);
    }

    @Test
    void removesWhatBelongsToNothing() {
        fill();
        storage.write(
                List.of(new WriteBatch()
                        .put(Keyspaces.MESSAGES, 99L, message("orphan"))
                        .put(Keyspaces.QUEUE, new NumberedKey("gone", 1), queued(0, message("x"), 0, false))
                        .put(Keyspaces.QUEUE, new NumberedKey("a", 50), queued(49, null, 0, false))
                        .put(Keyspaces.INBOUND, new NumberedKey("gone", 1), true)),
                Storage.Durability.POWER);
        Recovery recovery = recover(true);
        assertThat(recovery.orphans()).isEqualTo(4);
        assertThat(recovery.lastSequence()).as("numbers are not used again").isEqualTo(99);
        assertThat(storage.get(Keyspaces.MESSAGES, 99L)).isNull();
        assertThat(recover(true).orphans()).isZero();
    }

    @Test
    void setsAnUnreadableRecordAsideAndGoesOn() throws Exception {
        fill();
        byte[] key = Keyspaces.SESSIONS.keys().encode("ab");
        byte[] value = storage.of(Keyspaces.SESSIONS).get(key);
        value[1] ^= 1;
        Recovery recovery = recover(false);
        assertThat(recovery.sessions()).containsOnlyKeys("a");
        assertThat(recovery.unreadable()).isEqualTo(1);
        assertThat(metrics.unreadableRecords()).isEqualTo(1);
        List<String> lines = Files.readAllLines(quarantine(), StandardCharsets.UTF_8);
        assertThat(lines).hasSize(1);
        assertThat(lines.get(0))
                .contains("\"keyspace\":\"sessions\"")
                .contains(Base64.getEncoder().encodeToString(key))
                .contains(Base64.getEncoder().encodeToString(value));
        assertThat(recover(true).sessions()).as("it is out of the store").containsOnlyKeys("a");
    }

    @Test
    void refusesToStartWithAnUnreadableRecordIfToldSo() {
        fill();
        storage.of(Keyspaces.RETAINED).firstEntry().getValue()[0] ^= 1;
        assertThatThrownBy(() -> recover(true))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("retained")
                .hasMessageContaining("on-corrupt");
    }

    @Test
    void refusesAStoreOfAnotherSchema() {
        storage.write(
                List.of(new WriteBatch().put(Keyspaces.META, Keyspaces.SCHEMA_KEY, Keyspaces.SCHEMA + 1)),
                Storage.Durability.POWER);
        assertThatThrownBy(() -> recover(false))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("schema");
    }

    @Test
    void marksANewStoreWithItsSchema() {
        recover(true);
        assertThat(storage.get(Keyspaces.META, Keyspaces.SCHEMA_KEY)).isEqualTo(Keyspaces.SCHEMA);
    }
}
