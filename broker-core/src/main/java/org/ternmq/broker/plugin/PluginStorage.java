package org.ternmq.broker.plugin;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.BackupStorage;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.WriteBatch;

/** A storage, called with the context class loader of its plugin. */
public class PluginStorage implements Storage {
    private final Storage storage;
    private final ClassLoader loader;

    /** One that can copy itself. */
    private static final class Copied extends PluginStorage implements BackupStorage {
        private final BackupStorage storage;

        Copied(BackupStorage storage) {
            super(storage);
            this.storage = storage;
        }

        @Override
        public void backup(Path directory) {
            run(() -> storage.backup(directory));
        }
    }

    private PluginStorage(Storage storage) {
        this.storage = storage;
        this.loader = PluginHost.loaderOf(storage);
    }

    /** Around one that a plugin has opened; it can copy itself if that one can. */
    public static Storage of(Storage storage) {
        return storage instanceof BackupStorage copied ? new Copied(copied) : new PluginStorage(storage);
    }

    private <T extends @Nullable Object> T in(Supplier<T> call) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return call.get();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    final void run(Runnable call) {
        in(() -> {
            call.run();
            return true;
        });
    }

    @Override
    public void write(List<WriteBatch> group, Durability durability) {
        run(() -> storage.write(group, durability));
    }

    @Override
    public <K, V> @Nullable V get(Keyspace<K, V> space, K key) {
        return this.<@Nullable V>in(() -> storage.get(space, key));
    }

    @Override
    public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to) {
        Cursor<K, V> cursor = in(() -> storage.scan(space, from, to));
        return new Cursor<>() {
            @Override
            public boolean next() {
                return in(cursor::next);
            }

            @Override
            public K key() {
                return in(cursor::key);
            }

            @Override
            public V value() {
                return in(cursor::value);
            }

            @Override
            public byte[] rawKey() {
                return in(cursor::rawKey);
            }

            @Override
            public byte[] rawValue() {
                return in(cursor::rawValue);
            }

            @Override
            public void close() {
                run(cursor::close);
            }
        };
    }

    @Override
    public Map<String, Long> statistics() {
        return in(storage::statistics);
    }

    @Override
    public void close() {
        run(storage::close);
    }

    @Override
    public String toString() {
        return storage.toString();
    }
}
