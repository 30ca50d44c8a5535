package org.ternmq.broker.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.Codec;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.WriteBatch;

/** A storage finds its own classes, whoever calls. */
final class PluginStorageTest {
    private final List<String> calls = new ArrayList<>();

    private void called(String what) {
        assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(PluginStorageTest.class.getClassLoader());
        calls.add(what);
    }

    private final class Backend implements Storage {
        @Override
        public void write(List<WriteBatch> group, Durability durability) {
            called("write");
        }

        @Override
        public <K, V> @Nullable V get(Keyspace<K, V> space, K key) {
            called("get");
            return null;
        }

        @Override
        public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to) {
            called("scan");
            return new Cursor<>() {
                @Override
                public boolean next() {
                    called("next");
                    return true;
                }

                @Override
                public K key() {
                    called("key");
                    return from;
                }

                @Override
                public V value() {
                    called("value");
                    throw new IllegalStateException("no value");
                }

                @Override
                public byte[] rawKey() {
                    called("rawKey");
                    return new byte[1];
                }

                @Override
                public byte[] rawValue() {
                    called("rawValue");
                    return new byte[2];
                }

                @Override
                public void close() {
                    called("cursor closed");
                }
            };
        }

        @Override
        public void close() {
            called("close");
        }
    }

    @Test
    void everyCallHasItsContextClassLoaderAndGivesItBack() {
        Codec<String> none = new Codec<>() {
            @Override
            public byte[] encode(String value) {
                return new byte[0];
            }

            @Override
            public String decode(byte[] bytes) {
                return "";
            }
        };
        Keyspace<String, String> space = new Keyspace<>("s", Comparator.naturalOrder(), none, none);
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        ClassLoader other = new ClassLoader(before) {};
        Thread.currentThread().setContextClassLoader(other);
        try {
            try (Storage storage = PluginStorage.of(new Backend())) {
                storage.write(List.of(), Storage.Durability.PROCESS);
                assertThat(storage.get(space, "a")).isNull();
                try (Cursor<String, String> cursor = storage.scan(space, "a", null)) {
                    assertThat(cursor.next()).isTrue();
                    assertThat(cursor.key()).isEqualTo("a");
                    assertThat(cursor.rawKey()).hasSize(1);
                    assertThat(cursor.rawValue()).hasSize(2);
                    assertThat(org.assertj.core.api.Assertions.catchThrowable(cursor::value))
                            .hasMessage("no value");
                    assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(other);
                }
            }
            assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(other);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
        assertThat(calls)
                .containsExactly(
                        "write", "get", "scan", "next", "key", "rawKey", "rawValue", "value", "cursor closed", "close");
    }
}
