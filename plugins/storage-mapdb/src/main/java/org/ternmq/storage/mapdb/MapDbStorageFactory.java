package org.ternmq.storage.mapdb;

import java.util.List;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageFactory;

/** Opens storages of type {@code mapdb}. */
@Extension
public final class MapDbStorageFactory implements StorageFactory {
    /** Called by the plugin host. */
    public MapDbStorageFactory() {}

    @Override
    public String type() {
        return "mapdb";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(MapDbSettings.class);
    }

    @Override
    public Storage open(PluginContext context, List<Keyspace<?, ?>> keyspaces) {
        MapDbSettings settings = context.config(MapDbSettings.class);
        return new Opener(context.dataDirectory(), settings, keyspaces, context.executor()).open();
    }
}
