package org.ternmq.storage.rocksdb;

import java.util.List;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageFactory;

/** Opens storages of type {@code rocksdb}. */
@Extension
public final class RocksDbStorageFactory implements StorageFactory {
    /** Called by the plugin host. */
    public RocksDbStorageFactory() {}

    @Override
    public String type() {
        return "rocksdb";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(RocksDbSettings.class);
    }

    @Override
    public Storage open(PluginContext context, List<Keyspace<?, ?>> keyspaces) {
        RocksDbSettings settings = context.config(RocksDbSettings.class);
        NativeLibrary.load(context.dataDirectory().resolve("native"));
        return new RocksDbOpener(context.dataDirectory(), settings, keyspaces).open();
    }
}
