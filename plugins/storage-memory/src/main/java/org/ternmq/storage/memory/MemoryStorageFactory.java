package org.ternmq.storage.memory;

import java.util.List;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageFactory;

/** Opens storages of type {@code memory}, each empty. */
@Extension
public final class MemoryStorageFactory implements StorageFactory {
    /** Called by the plugin host. */
    public MemoryStorageFactory() {}

    @Override
    public String type() {
        return "memory";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(MemorySettings.class);
    }

    @Override
    public Storage open(PluginContext context, List<Keyspace<?, ?>> keyspaces) {
        context.config(MemorySettings.class); // refuses keys that do not exist
        return new MemoryStorage(keyspaces);
    }

    @Override
    public boolean isVolatile() {
        return true;
    }
}
