package org.ternmq.storage.rocksdb;

import java.util.List;
import org.pf4j.Extension;
import org.rocksdb.RocksDB;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;
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
    public Storage open(PluginContext context, List<Keyspace<?, ?>> keyspaces) {
        RocksDbSettings settings = context.config(RocksDbSettings.class);
        // Before any options object is made: each of them calls native code from its constructor.
        load(RocksDB::loadLibrary);
        return new RocksDbOpener(context.dataDirectory(), settings, keyspaces).open();
    }

    /** Says what to do where the native library does not load: a platform it was not built for, a /tmp without exec, musl. */
    static void load(Runnable library) {
        try {
            library.run();
        } catch (RuntimeException | LinkageError e) {
            throw new StorageException(
                    "RocksDB's native library does not load on " + System.getProperty("os.name") + " "
                            + System.getProperty("os.arch") + ", Java " + System.getProperty("java.version") + ": "
                            + e.getMessage()
                            + ". Use `storage.type: mapdb` or `memory`; if this platform is a usual one, look whether files in "
                            + System.getProperty("java.io.tmpdir")
                            + " may be executed, or name another folder in the environment variable ROCKSDB_SHAREDLIB_DIR",
                    e);
        }
    }
}
