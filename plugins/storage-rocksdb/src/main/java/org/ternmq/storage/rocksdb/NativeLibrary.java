package org.ternmq.storage.rocksdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.StorageException;

/** Loads RocksDB's native code, which must be there before any of its objects is made: their constructors call it. */
final class NativeLibrary {
    private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);

    private NativeLibrary() {}

    /**
     * Loads it by way of a copy in a folder of the store.
     *
     * <p>By itself RocksDB makes a new copy of 17 MB in {@code /tmp} at each start, and a process that is killed leaves its
     * copy there; many a {@code /tmp} allows no execution, too. It is the second choice, as the library cannot be loaded from
     * the same file by two class loaders.
     */
    static void load(Path folder) {
        if (System.getenv("ROCKSDB_SHAREDLIB_DIR") == null) {
            try {
                NativeLibraryLoader.getInstance()
                        .loadLibrary(Files.createDirectories(folder).toString());
            } catch (IOException | RuntimeException | LinkageError e) {
                LOG.debug("RocksDB's native library does not load from {}", folder, e);
            }
        }
        load(RocksDB::loadLibrary);
    }

    /** Says what to do where it does not load: on a platform it was not built for, or from folders without execution. */
    static void load(Runnable loader) {
        try {
            loader.run();
        } catch (RuntimeException | LinkageError e) {
            throw new StorageException(
                    "RocksDB's native library does not load on " + System.getProperty("os.name") + " "
                            + System.getProperty("os.arch") + ", Java " + System.getProperty("java.version") + ": "
                            + e.getMessage()
                            + ". Use `storage.type: mapdb`, which needs no native code; if this platform is a usual one, name a folder whose files "
                            + "may be executed in the environment variable ROCKSDB_SHAREDLIB_DIR",
                    e);
        }
    }
}
