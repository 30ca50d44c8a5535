package org.ternmq.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.ternmq.testkit.TestKeyspaces.BODIES;
import static org.ternmq.testkit.TestKeyspaces.BYTES;
import static org.ternmq.testkit.TestKeyspaces.NUMBERS;
import static org.ternmq.testkit.TestKeyspaces.NUMBERS_RAW;
import static org.ternmq.testkit.TestKeyspaces.OTHER_NUMBERS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.WriteBatch;

/** Keys and values: what comes back, in which order and range, and what a cursor shows. */
abstract class StorageRecordsConformance extends StorageFixture {
    @Test
    protected void namesAType() {
        assertThat(factory().type()).matches("[a-z0-9-]+").isEqualTo(factory().type());
    }

    @Test
    protected void refusesUnknownSettings() {
        Map<String, Object> settings = new HashMap<>(config());
        settings.put("no-such-setting", 1);
        try (TestPluginContext context = new TestPluginContext("test", folder.resolve("unknown"), settings)) {
            assertThatThrownBy(() -> factory().open(context, KEYSPACES)).isInstanceOf(ConfigurationException.class);
        }
    }

    @Test
    protected void returnsWhatWasWritten() {
        assertThat(storage().get(NUMBERS, 1L)).isNull();
        write(new WriteBatch().put(NUMBERS, 1L, 10L).put(NUMBERS, 2L, 20L));
        assertThat(storage().get(NUMBERS, 1L)).isEqualTo(10);
        write(new WriteBatch().put(NUMBERS, 1L, 11L).delete(NUMBERS, 2L).delete(NUMBERS, 3L));
        assertThat(storage().get(NUMBERS, 1L)).isEqualTo(11);
        assertThat(storage().get(NUMBERS, 2L)).isNull();
        assertThat(numbers(0, null)).containsExactly(1L);
    }

    @Test
    protected void keepsKeyspacesApart() {
        write(new WriteBatch().put(NUMBERS, 1L, 1L).put(OTHER_NUMBERS, 1L, 2L).put(OTHER_NUMBERS, 2L, 2L));
        write(new WriteBatch().delete(NUMBERS, 1L));
        assertThat(storage().get(OTHER_NUMBERS, 1L)).isEqualTo(2);
        write(new WriteBatch().put(NUMBERS, 1L, 3L).deleteRange(OTHER_NUMBERS, 0L, 9L));
        assertThat(storage().get(NUMBERS, 1L)).isEqualTo(3);
        assertThat(storage().get(OTHER_NUMBERS, 1L)).isNull();
        assertThat(storage().get(OTHER_NUMBERS, 2L)).isNull();
    }

    @Test
    protected void ordersKeysByTheirUnsignedBytes() {
        List<byte[]> keys = new ArrayList<>(List.of(
                key(0x00),
                key(0x00, 0x00),
                key(0x00, 0xff),
                key(0x01),
                key(0x7f),
                key(0x7f, 0x00),
                key(0x7f, 0xff),
                key(0x80),
                key(0x80, 0x00),
                key(0xfe, 0xff),
                key(0xff),
                key(0xff, 0x00),
                key(0xff, 0xff)));
        List<byte[]> shuffled = new ArrayList<>(keys);
        Collections.shuffle(shuffled, new Random(seed));
        for (byte[] key : shuffled) {
            write(new WriteBatch().put(BYTES, key, key));
        }
        assertThat(keysOf(BYTES, new byte[0], null)).containsExactlyElementsOf(keys);
        for (byte[] key : keys) {
            assertThat(storage().get(BYTES, key)).isEqualTo(key);
        }
        assertThat(keysOf(BYTES, key(0x7f), key(0x80))).containsExactlyElementsOf(keys.subList(4, 7));
    }

    @Test
    protected void bearsHostileKeys() {
        byte[] zeros = new byte[65_536];
        byte[] ones = new byte[65_536];
        Arrays.fill(ones, (byte) 0xff);
        byte[] almost = ones.clone();
        almost[almost.length - 1] = (byte) 0xfe;
        List<byte[]> keys = List.of(key(0), zeros, "a/b\n\r\t\"'`;%_\\".getBytes(UTF_8), key(0xff), almost, ones);
        WriteBatch batch = new WriteBatch();
        keys.forEach(key -> batch.put(BYTES, key, Arrays.copyOf(key, 10)));
        write(batch);
        assertThat(keysOf(BYTES, new byte[0], null)).containsExactlyElementsOf(keys);
        for (byte[] key : keys) {
            assertThat(storage().get(BYTES, key)).isEqualTo(Arrays.copyOf(key, 10));
        }
        assertThat(keysOf(BYTES, almost, ones)).containsExactly(almost);
        write(new WriteBatch().deleteRange(BYTES, key(0), ones));
        assertThat(keysOf(BYTES, new byte[0], null)).containsExactly(ones);
    }

    @Test
    protected void tellsKeysWithACommonBeginningApart() {
        List<byte[]> keys = new ArrayList<>();
        byte[] longest = new byte[400];
        Arrays.fill(longest, (byte) 'a');
        for (int length = 0; length <= longest.length; length++) { // the empty key is one, too
            keys.add(Arrays.copyOf(longest, length));
        }
        List<byte[]> shuffled = new ArrayList<>(keys);
        Collections.shuffle(shuffled, new Random(seed));
        WriteBatch batch = new WriteBatch();
        shuffled.forEach(key -> batch.put(BYTES, key, Arrays.copyOf(key, key.length + 1)));
        write(batch);
        assertThat(keysOf(BYTES, new byte[0], null)).containsExactlyElementsOf(keys);
        for (byte[] key : keys) {
            assertThat(storage().get(BYTES, key)).isEqualTo(Arrays.copyOf(key, key.length + 1));
        }
        write(new WriteBatch().deleteRange(BYTES, new byte[0], keys.get(200)).delete(BYTES, keys.get(300)));
        assertThat(keysOf(BYTES, new byte[0], null))
                .hasSize(200)
                .startsWith(keys.get(200))
                .endsWith(longest);
    }

    @Test
    protected void walksFromTheFirstKeyInclusiveToTheLastExclusive() {
        WriteBatch batch = new WriteBatch();
        LongStream.of(2, 4, 6, 8).forEach(n -> batch.put(NUMBERS, n, n));
        write(batch);
        assertThat(numbers(4, 8L)).containsExactly(4L, 6L);
        assertThat(numbers(3, 7L)).containsExactly(4L, 6L);
        assertThat(numbers(0, 2L)).isEmpty();
        assertThat(numbers(5, 6L)).isEmpty();
        assertThat(numbers(4, 4L)).isEmpty();
        assertThat(numbers(6, null)).containsExactly(6L, 8L);
        assertThat(numbers(8, null)).containsExactly(8L);
        assertThat(numbers(9, null)).isEmpty();
        assertThat(numbers(0, Long.MAX_VALUE)).containsExactly(2L, 4L, 6L, 8L);
    }

    @Test
    protected void keepsCursorsApart() {
        writeNumbers(1, 100);
        try (Cursor<Long, Long> one = storage().scan(NUMBERS, 1L, null);
                Cursor<Long, Long> two = storage().scan(NUMBERS, 50L, 60L)) {
            for (long n = 1; n <= 10; n++) {
                assertThat(one.next()).isTrue();
                assertThat(two.next()).isTrue();
                assertThat(one.key()).isEqualTo(n).isEqualTo(one.value());
                assertThat(two.key()).isEqualTo(n + 49);
            }
            assertThat(two.next()).isFalse();
            assertThat(two.next()).isFalse();
            assertThat(one.next()).isTrue();
            assertThat(one.key()).isEqualTo(11);
        }
        for (int i = 0; i < 2_000; i++) { // left in the middle, closed, forgotten
            try (Cursor<Long, Long> cursor = storage().scan(NUMBERS, 1L, null)) {
                assertThat(cursor.next()).isTrue();
            }
        }
    }

    @Test
    protected void takesLargeAndEmptyValues() {
        byte[] large = new byte[8 * MIB];
        new Random(seed).nextBytes(large);
        write(new WriteBatch()
                .put(BODIES, 1L, new byte[0])
                .put(BODIES, 2L, large)
                .put(BODIES, 3L, key(3)));
        assertThat(storage().get(BODIES, 1L)).isEmpty();
        assertThat(Arrays.equals(storage().get(BODIES, 2L), large)).isTrue();
        try (Cursor<Long, byte[]> cursor = storage().scan(BODIES, 1L, null)) {
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.value()).isEmpty();
            assertThat(cursor.next()).isTrue();
            assertThat(Arrays.equals(cursor.value(), large)).isTrue();
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.value()).isEqualTo(key(3));
        }
    }

    @Test
    protected void reportsUnreadableRecordsAndGoesOn() {
        assumeTrue(storesBytes(), "the storage stores no bytes");
        byte[] second = NUMBERS.keys().encode(2L);
        byte[] third = {0, 0, 0, 0, 0, 0, 0, 2, 9};
        write(new WriteBatch()
                .put(NUMBERS, 1L, 1L)
                .put(NUMBERS_RAW, second, key(7, 7))
                .put(NUMBERS_RAW, third, NUMBERS.values().encode(3L))
                .put(NUMBERS, 4L, 4L));
        assertThatThrownBy(() -> storage().get(NUMBERS, 2L)).isInstanceOf(CorruptRecordException.class);
        try (Cursor<Long, Long> cursor = storage().scan(NUMBERS, 0L, null)) {
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.value()).isEqualTo(1);
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.key()).isEqualTo(2);
            assertThatThrownBy(cursor::value).isInstanceOf(CorruptRecordException.class);
            assertThat(cursor.rawKey()).isEqualTo(second);
            assertThat(cursor.rawValue()).isEqualTo(key(7, 7));
            assertThat(cursor.next()).isTrue();
            assertThatThrownBy(cursor::key).isInstanceOf(CorruptRecordException.class);
            assertThat(cursor.rawKey()).isEqualTo(third);
            assertThat(cursor.value()).isEqualTo(3);
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.key()).isEqualTo(4);
            assertThat(cursor.next()).isFalse();
        }
    }

    @Test
    protected void showsRawBytes() {
        writeNumbers(300, 300);
        try (Cursor<Long, Long> cursor = storage().scan(NUMBERS, 0L, null)) {
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.rawKey()).isEqualTo(key(0, 0, 0, 0, 0, 0, 1, 44));
            assertThat(cursor.rawValue()).isEqualTo(key(0, 0, 0, 0, 0, 0, 1, 44));
        }
    }
}
