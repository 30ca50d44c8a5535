package org.ternmq.storage.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.StorageException;
import org.ternmq.storage.rocksdb.RocksDbSettings.DamagedLog;

/** Opens a folder, and says in words why it cannot be opened. */
final class RocksDbOpener {
    private static final Logger LOG = LoggerFactory.getLogger(RocksDbOpener.class);

    private final Path folder;
    private final RocksDbSettings settings;
    private final List<Keyspace<?, ?>> keyspaces;

    RocksDbOpener(Path folder, RocksDbSettings settings, List<Keyspace<?, ?>> keyspaces) {
        this.folder = folder;
        this.settings = settings;
        this.keyspaces = keyspaces;
    }

    RocksDbStorage open() {
        try {
            return open(CompressionType.LZ4_COMPRESSION);
        } catch (RocksDBException e) {
            if (String.valueOf(e.getMessage()).contains("not linked")) {
                try {
                    return open(CompressionType.NO_COMPRESSION);
                } catch (RocksDBException second) {
                    throw explain(second);
                }
            }
            throw explain(e);
        }
    }

    private RocksDbStorage open(CompressionType compression) throws RocksDBException {
        RocksDbOptions options = new RocksDbOptions(settings, compression);
        boolean opened = false;
        try {
            boolean exists = exists();
            new FormatFile(folder).check(exists);
            List<ColumnFamilyDescriptor> existing = exists ? existingFamilies(options) : List.of();
            if (exists && hasLog()) {
                lookForDamage(options, existing);
            }
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            RocksDB db = RocksDB.open(options.database(), folder.toString(), withKeyspaces(existing, options), handles);
            RocksDbStorage storage = new RocksDbStorage(folder, options, db, new RocksDbFamilies(handles));
            opened = true;
            return storage;
        } finally {
            if (!opened) {
                options.close();
            }
        }
    }

    /** Refuses a store that lost its CURRENT file: RocksDB would begin a new one in its place and remove the tables. */
    private boolean exists() {
        if (Files.exists(folder.resolve("CURRENT"))) {
            return true;
        }
        // A process killed while it made the store leaves neither of these behind.
        if (has("*.sst") || has("*.log")) {
            throw new StorageException(
                    "RocksDB in " + folder + " is damaged: there are tables or logs, but no file CURRENT. "
                            + "Restore the folder from a backup, or move it away to begin with an empty store");
        }
        return false;
    }

    private boolean hasLog() {
        return has("*.log");
    }

    /** Whether the folder has a file of such a name that is not empty. */
    private boolean has(String glob) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, glob)) {
            for (Path file : files) {
                if (Files.size(file) > 0) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new StorageException("cannot read the folder of RocksDB, " + folder + ": " + e, e);
        }
    }

    /** Every family must be opened, also one that only a newer or older version of the broker knows. */
    private List<ColumnFamilyDescriptor> existingFamilies(RocksDbOptions options) throws RocksDBException {
        try (Options list = new Options()) {
            return RocksDB.listColumnFamilies(list, folder.toString()).stream()
                    .map(name -> new ColumnFamilyDescriptor(name, options.family()))
                    .toList();
        }
    }

    private List<ColumnFamilyDescriptor> withKeyspaces(List<ColumnFamilyDescriptor> existing, RocksDbOptions options) {
        Set<String> names = new LinkedHashSet<>();
        names.add(new String(RocksDB.DEFAULT_COLUMN_FAMILY, UTF_8));
        existing.forEach(family -> names.add(new String(family.getName(), UTF_8)));
        keyspaces.forEach(space -> names.add(space.name()));
        return names.stream()
                .map(name -> new ColumnFamilyDescriptor(name.getBytes(UTF_8), options.family()))
                .toList();
    }

    /**
     * Reads the log once without changing anything. Opening the store would drop what follows a damaged place without a word,
     * groups among it that were written to the disk.
     */
    private void lookForDamage(RocksDbOptions options, List<ColumnFamilyDescriptor> existing) throws RocksDBException {
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (RocksDB db = RocksDB.openReadOnly(options.strict(), folder.toString(), existing, handles)) {
            handles.forEach(ColumnFamilyHandle::close);
        } catch (RocksDBException e) {
            if (e.getStatus() == null || e.getStatus().getCode() != Status.Code.Corruption) {
                throw e;
            }
            if (settings.damagedLog() == DamagedLog.REFUSE) {
                throw new StorageException(
                        "RocksDB in " + folder + " is damaged: " + e.getMessage()
                                + ". If it is a log (*.log), `damaged-log: cut` in the block `storage` starts with what was written "
                                + "before the damage and drops the rest",
                        e);
            }
            LOG.error(
                    "RocksDB in {} is damaged, what was written after the damage is dropped: {}",
                    folder,
                    e.getMessage());
        }
    }

    private StorageException explain(RocksDBException e) {
        String message = String.valueOf(e.getMessage());
        if (message.contains("lock file") || message.contains("lock hold by current process")) {
            return new StorageException(
                    "another broker uses " + folder + ". Stop it, or give this one a folder of its own (--data)", e);
        }
        return new StorageException("RocksDB in " + folder + " cannot be opened: " + message, e);
    }
}
