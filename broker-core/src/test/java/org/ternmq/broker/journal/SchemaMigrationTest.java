package org.ternmq.broker.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.journal.BytesStorage.Killed;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/** Steps of a kind that real ones will have: each changes every session's record, some records at a time. */
final class SchemaMigrationTest {
    private static final int SESSIONS = 25;
    private static final int AT_ONCE = 4;

    /** Multiplies what is not multiplied yet: a step that is done again leaves those alone that have it already. */
    private record Multiply(long from, long factor, List<Long> begun) implements SchemaMigration.Step {
        @Override
        public String what() {
            return "times " + factor;
        }

        @Override
        public void apply(Storage storage) {
            begun.add(from);
            WriteBatch batch = new WriteBatch();
            try (Cursor<String, SessionRecord> cursor = storage.scan(Keyspaces.SESSIONS, "", null)) {
                while (cursor.next()) {
                    SessionRecord session = cursor.value();
                    if (session.disconnectedAt() == from) {
                        batch.put(
                                Keyspaces.SESSIONS,
                                cursor.key(),
                                new SessionRecord(session.expiryInterval() * factor, from + 1, null));
                    }
                    if (batch.size() == AT_ONCE) {
                        storage.write(List.of(batch), Durability.PROCESS);
                        batch = new WriteBatch();
                    }
                }
            }
            if (!batch.isEmpty()) {
                storage.write(List.of(batch), Durability.PROCESS);
            }
        }
    }

    private final List<Long> begun = new ArrayList<>();
    private final SchemaMigration migration =
            new SchemaMigration(4, List.of(new Multiply(2, 10, begun), new Multiply(3, 7, begun)));

    private static BytesStorage store(long schema) {
        BytesStorage storage = new BytesStorage();
        WriteBatch batch = new WriteBatch().put(Keyspaces.META, Keyspaces.SCHEMA_KEY, schema);
        for (int i = 0; i < SESSIONS; i++) {
            batch.put(Keyspaces.SESSIONS, "client-" + i, new SessionRecord(i, schema, null));
        }
        storage.write(List.of(batch), Durability.POWER);
        return storage;
    }

    private static void check(BytesStorage storage, long factor) {
        assertThat(storage.get(Keyspaces.META, Keyspaces.SCHEMA_KEY)).isEqualTo(4);
        for (int i = 0; i < SESSIONS; i++) {
            assertThat(storage.get(Keyspaces.SESSIONS, "client-" + i))
                    .isEqualTo(new SessionRecord(i * factor, 4, null));
        }
    }

    @Test
    void doesTheStepsThatAreNeededInTheirOrder() {
        BytesStorage oldest = store(2);
        migration.run(oldest);
        check(oldest, 70);
        assertThat(begun).containsExactly(2L, 3L);
        begun.clear();
        BytesStorage older = store(3);
        migration.run(older);
        check(older, 7);
        assertThat(begun).containsExactly(3L);
        begun.clear();
        migration.run(older);
        assertThat(begun).as("once only").isEmpty();
    }

    @Test
    void goesOnWhereverItWasKilled() {
        int kills = 0;
        for (int write = 1; ; write++) {
            BytesStorage storage = store(2);
            storage.killAt(write);
            try {
                migration.run(storage);
                break; // there are fewer writes
            } catch (Killed e) {
                kills++;
            }
            storage.killAt(0);
            migration.run(storage);
            check(storage, 70);
        }
        assertThat(kills).as("two steps of seven writes and a version each").isEqualTo(16);
    }

    @Test
    void goesOnWhereverItWasKilledAgainAndAgain() {
        BytesStorage storage = store(2);
        int kills = 0;
        for (int write = 2; kills < 100; ) {
            storage.killAt(write);
            try {
                migration.run(storage);
                break;
            } catch (Killed e) {
                kills++; // one write gets through each time
            }
        }
        storage.killAt(0);
        check(storage, 70);
        assertThat(kills).isGreaterThan(10);
    }

    @Test
    void refusesWhatItCannotRead() {
        BytesStorage newer = store(5);
        assertThatThrownBy(() -> migration.run(newer))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("schema version 5")
                .hasMessageContaining("up to 4");
        assertThat(newer.contents()).as("it is left alone").isEqualTo(store(5).contents());
        assertThatThrownBy(() -> migration.run(store(1)))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("schema version 1")
                .hasMessageContaining("from 2 on");
    }

    @Test
    void refusesRecordsOfNoVersion() {
        BytesStorage storage = store(2);
        storage.write(List.of(new WriteBatch().delete(Keyspaces.META, Keyspaces.SCHEMA_KEY)), Durability.POWER);
        assertThatThrownBy(() -> migration.run(storage))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("schema version");
    }

    @Test
    void marksAnEmptyStore() {
        BytesStorage storage = new BytesStorage();
        migration.run(storage);
        assertThat(storage.get(Keyspaces.META, Keyspaces.SCHEMA_KEY)).isEqualTo(4);
        assertThat(begun).isEmpty();
    }

    @Test
    void isMadeOfStepsWithoutAGap() {
        assertThatThrownBy(() -> new SchemaMigration(4, List.of(new Multiply(1, 1, begun), new Multiply(3, 1, begun))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SchemaMigration(5, List.of(new Multiply(3, 1, begun))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
