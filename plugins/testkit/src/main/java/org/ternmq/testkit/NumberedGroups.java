package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.WriteBatch;

/** What the process to be killed writes: groups 1, 2, 3 …, each of two batches over three keyspaces. */
final class NumberedGroups {
    static final List<Keyspace<?, ?>> KEYSPACES =
            List.of(TestKeyspaces.BODIES, TestKeyspaces.NUMBERS, TestKeyspaces.OTHER_NUMBERS);

    /** One of the keyspaces is a queue of this length, so that deletions are tried too. */
    private static final int QUEUE = 100;

    private static final int LONGEST_BODY = 3_000;
    /** Rare, as it takes long: a kill would nearly always meet it, and what the others left unwritten would be written. */
    private static final int POWER_EVERY = 2_000;

    private NumberedGroups() {}

    /** Writes a group; returns when the storage says that it is safe. */
    static void write(Storage storage, long number) {
        WriteBatch first = new WriteBatch().put(TestKeyspaces.BODIES, number, body(number));
        WriteBatch second = new WriteBatch()
                .put(TestKeyspaces.NUMBERS, number, number)
                .put(TestKeyspaces.OTHER_NUMBERS, number, number);
        if (number > QUEUE) {
            second.delete(TestKeyspaces.OTHER_NUMBERS, number - QUEUE);
        }
        storage.write(List.of(first, second), number % POWER_EVERY == 0 ? Durability.POWER : Durability.PROCESS);
    }

    /** Checks that the groups that are there are whole and that none is missing in between, and counts them. */
    static long check(Storage storage) {
        long bodies = 0;
        try (Cursor<Long, byte[]> cursor = storage.scan(TestKeyspaces.BODIES, 0L, null)) {
            while (cursor.next()) {
                bodies++;
                assertThat(cursor.key()).as("body %d", bodies).isEqualTo(bodies);
                if (!Arrays.equals(cursor.value(), body(bodies))) {
                    assertThat(cursor.value()).as("body %d", bodies).isEqualTo(body(bodies));
                }
            }
        }
        assertThat(checkNumbers(storage, TestKeyspaces.NUMBERS, 1)).isEqualTo(bodies);
        assertThat(checkNumbers(storage, TestKeyspaces.OTHER_NUMBERS, Math.max(1, bodies - QUEUE + 1)))
                .isEqualTo(bodies);
        return bodies;
    }

    private static long checkNumbers(Storage storage, Keyspace<Long, Long> space, long first) {
        long next = first;
        try (Cursor<Long, Long> cursor = storage.scan(space, 0L, null)) {
            while (cursor.next()) {
                assertThat(cursor.key()).as("key in %s", space).isEqualTo(next);
                assertThat(cursor.value()).as("value in %s", space).isEqualTo(next);
                next++;
            }
        }
        return next - 1;
    }

    private static byte[] body(long number) {
        byte[] body = new byte[(int) (Long.BYTES + number * 7919 % LONGEST_BODY)];
        Arrays.fill(body, (byte) number);
        ByteBuffer.wrap(body).putLong(number);
        return body;
    }
}
