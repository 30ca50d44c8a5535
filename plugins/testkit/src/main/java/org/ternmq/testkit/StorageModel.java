package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.WriteBatch;

/** Does the same random changes to a storage and to sorted maps, and compares. Used by one thread. */
final class StorageModel {
    private static final byte[] KEY_BYTES = {0, 1, 0x61, 0x7f, (byte) 0x80, (byte) 0xff};
    private static final HexFormat HEX = HexFormat.of();

    private final Random random;
    private final Map<Keyspace<byte[], byte[]>, NavigableMap<byte[], byte[]>> expected = new LinkedHashMap<>();

    StorageModel(long seed) {
        random = new Random(seed);
        expected.put(TestKeyspaces.BYTES, new TreeMap<>(Arrays::compareUnsigned));
        expected.put(TestKeyspaces.OTHER_BYTES, new TreeMap<>(Arrays::compareUnsigned));
    }

    /** Writes that many groups, looking at the storage after each and handing it to {@code reopen} now and then. */
    Storage run(Storage opened, int groups, UnaryOperator<Storage> reopen) {
        Storage storage = opened;
        for (int i = 0; i < groups; i++) {
            List<WriteBatch> group = new ArrayList<>();
            for (int batch = random.nextInt(3); batch >= 0; batch--) {
                group.add(randomBatch());
            }
            storage.write(group, random.nextInt(10) == 0 ? Durability.POWER : Durability.PROCESS);
            if (random.nextInt(25) == 0) {
                storage = reopen.apply(storage);
            }
            compareSomeOf(storage);
        }
        for (Map.Entry<Keyspace<byte[], byte[]>, NavigableMap<byte[], byte[]>> all : expected.entrySet()) {
            compare(storage, all.getKey(), new byte[0], null, all.getValue());
        }
        return storage;
    }

    private WriteBatch randomBatch() {
        WriteBatch batch = new WriteBatch();
        for (int change = random.nextInt(8); change >= 0; change--) {
            Keyspace<byte[], byte[]> space = random.nextBoolean() ? TestKeyspaces.BYTES : TestKeyspaces.OTHER_BYTES;
            NavigableMap<byte[], byte[]> map = map(space);
            byte[] key = randomKey();
            int kind = random.nextInt(10);
            if (kind < 6) {
                byte[] value = new byte[random.nextInt(random.nextInt(20) == 0 ? 20_000 : 50)];
                random.nextBytes(value);
                batch.put(space, key, value);
                map.put(key, value);
            } else if (kind < 8) {
                batch.delete(space, key);
                map.remove(key);
            } else {
                byte[] end = randomKey();
                if (Arrays.compareUnsigned(key, end) < 0) {
                    batch.deleteRange(space, key, end);
                    map.subMap(key, end).clear();
                } else {
                    batch.delete(space, end);
                    map.remove(end);
                }
            }
        }
        return batch;
    }

    private void compareSomeOf(Storage storage) {
        expected.forEach((space, map) -> {
            byte[] key = randomKey();
            assertThat(storage.get(space, key))
                    .as("value of %s", HEX.formatHex(key))
                    .isEqualTo(map.get(key));
            byte[] end = randomKey();
            if (Arrays.compareUnsigned(key, end) < 0) {
                compare(storage, space, key, end, map.subMap(key, true, end, false));
            } else {
                compare(storage, space, key, null, map.tailMap(key, true));
            }
        });
    }

    private void compare(
            Storage storage,
            Keyspace<byte[], byte[]> space,
            byte[] from,
            byte @Nullable [] to,
            NavigableMap<byte[], byte[]> range) {
        List<String> found = new ArrayList<>();
        try (Cursor<byte[], byte[]> cursor = storage.scan(space, from, to)) {
            while (cursor.next()) {
                found.add(HEX.formatHex(cursor.key()) + "=" + HEX.formatHex(cursor.value()));
            }
        }
        List<String> wanted = range.entrySet().stream()
                .map(e -> HEX.formatHex(e.getKey()) + "=" + HEX.formatHex(e.getValue()))
                .toList();
        assertThat(found)
                .as("%s from %s to %s", space, HEX.formatHex(from), to == null ? "the end" : HEX.formatHex(to))
                .isEqualTo(wanted);
    }

    private NavigableMap<byte[], byte[]> map(Keyspace<byte[], byte[]> space) {
        NavigableMap<byte[], byte[]> map = expected.get(space);
        if (map == null) {
            throw new IllegalArgumentException(space.name());
        }
        return map;
    }

    private byte[] randomKey() {
        byte[] key = new byte[1 + random.nextInt(3)];
        for (int i = 0; i < key.length; i++) {
            key[i] = KEY_BYTES[random.nextInt(KEY_BYTES.length)];
        }
        return key;
    }
}
