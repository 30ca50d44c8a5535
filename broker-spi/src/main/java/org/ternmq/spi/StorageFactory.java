package org.ternmq.spi;

import java.util.List;

/** Opens the storage that {@code storage.type} names. A storage is chosen once: a change needs a restart. */
public interface StorageFactory extends PluginFactory {
    /**
     * Opens or creates the store in {@link PluginContext#dataDirectory()}. Called once, on the main thread, before
     * anything else is started.
     *
     * @param context the instance's settings and folder
     * @param keyspaces all that will be used, the same in every start of one version; a later version may bring more
     * @return the open store
     * @throws StorageException if it cannot be opened; the broker ends with exit code 4 and this message, which should name
     *     the folder and what to do
     * @throws Exception any other: likewise
     */
    Storage open(PluginContext context, List<Keyspace<?, ?>> keyspaces) throws Exception;

    /**
     * Whether what it holds is gone when the process ends. Such a storage is announced as volatile at start.
     *
     * @return true for a storage in memory
     */
    default boolean isVolatile() {
        return false;
    }
}
