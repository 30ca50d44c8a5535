package org.ternmq.storage.mapdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.mapdb.BTreeMap;
import org.mapdb.DB;
import org.mapdb.DBException;
import org.mapdb.DBMaker;
import org.mapdb.Serializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.StorageException;

/**
 * A finished file of MapDB, a tree per keyspace, which is only read. Any thread may read.
 *
 * <p>It is closed, and removed if it is obsolete, when the storage and all cursors have released it.
 */
final class Table {
    private static final Logger LOG = LoggerFactory.getLogger(Table.class);

    /** The file as it is open now. */
    private static final class Opened {
        private final DB db;
        private final Map<String, BTreeMap<byte[], byte[]>> trees = new HashMap<>();

        Opened(Path file) {
            db = DBMaker.fileDB(file.toFile())
                    .fileChannelEnable()
                    .fileLockDisable()
                    .readOnly()
                    .make();
            for (String name : db.getAllNames()) {
                trees.put(
                        name,
                        db.treeMap(name, Serializer.BYTE_ARRAY_DELTA, Serializer.BYTE_ARRAY)
                                .open());
            }
        }

        DB db() {
            return db;
        }

        Map<String, BTreeMap<byte[], byte[]>> trees() {
            return trees;
        }
    }

    private final Path file;
    private final TableInfo info;
    private final AtomicInteger users = new AtomicInteger(1);
    private volatile boolean obsolete;
    private volatile Opened opened;

    /** Opens a file whose checksum is known to be right. */
    Table(Path folder, TableInfo info) {
        this.file = folder.resolve(info.file());
        this.info = info;
        try {
            this.opened = new Opened(file);
        } catch (RuntimeException | Error e) {
            throw unreadable(e);
        }
    }

    TableInfo info() {
        return info;
    }

    Path file() {
        return file;
    }

    Set<String> spaces() {
        return Set.copyOf(opened.trees().keySet());
    }

    /** The entry of a key, which may be its removal; null if the table does not know it. */
    @Nullable
    Entry get(String space, byte[] key) {
        byte[] stored = read(o -> {
            BTreeMap<byte[], byte[]> tree = o.trees().get(space);
            return tree == null ? null : tree.get(key);
        });
        return stored == null ? null : new InTable(key, stored);
    }

    /** The entries from a key to another one, exclusive; null for no end. */
    Iterator<Entry> entries(String space, byte[] from, byte @Nullable [] to) {
        return opened.trees().containsKey(space) ? new Range(space, from, to) : Merged.NOTHING;
    }

    private record Pair(byte[] key, byte[] stored) {}

    private final class InTable implements Entry {
        private final byte[] key;
        private final byte[] stored;

        InTable(byte[] key, byte[] stored) {
            this.key = key;
            this.stored = stored;
        }

        @Override
        public byte[] key() {
            return key;
        }

        @Override
        public boolean removed() {
            return Stored.isRemoved(stored);
        }

        @Override
        public byte[] value() {
            if (!Stored.isOutside(stored)) {
                return Stored.value(stored);
            }
            byte[] value = read(o -> o.db().getStore().get(Stored.record(stored), Serializer.BYTE_ARRAY_NOSIZE));
            if (value == null) {
                throw new StorageException("the storage's table " + file + " is damaged: a value is missing");
            }
            return value;
        }
    }

    /** Goes on behind the last key where the file had to be opened again. */
    private final class Range implements Iterator<Entry> {
        private final String space;
        private final byte @Nullable [] to;
        private byte[] from;
        private boolean inclusive = true;
        private @Nullable Opened source;
        private Iterator<Map.Entry<byte[], byte[]>> entries = Collections.emptyIterator();
        private @Nullable Pair next;

        Range(String space, byte[] from, byte @Nullable [] to) {
            this.space = space;
            this.from = from;
            this.to = to;
            this.next = read(this::step);
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public Entry next() {
            Pair current = next;
            if (current == null) {
                throw new NoSuchElementException();
            }
            from = current.key();
            inclusive = false;
            next = read(this::step);
            return new InTable(current.key(), current.stored());
        }

        private @Nullable Pair step(Opened now) {
            if (source != now) {
                BTreeMap<byte[], byte[]> tree = now.trees().get(space);
                if (tree == null) {
                    throw new StorageException("the storage's table " + file + " lost keyspace " + space);
                }
                entries = tree.entryIterator(from, inclusive, to, false);
                source = now;
            }
            if (!entries.hasNext()) {
                return null;
            }
            Map.Entry<byte[], byte[]> entry = entries.next();
            return new Pair(entry.getKey(), entry.getValue());
        }
    }

    /**
     * Reads, in spite of interrupts: one that arrives during a read closes the file for all readers. It is opened again then,
     * and the thread is interrupted at the end.
     */
    private <T extends @Nullable Object> T read(Function<Opened, T> reading) {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                Opened now = opened;
                try {
                    return reading.apply(now);
                } catch (DBException.VolumeClosed | DBException.VolumeClosedByInterrupt e) {
                    interrupted |= Thread.interrupted();
                    openAgain(now);
                } catch (StorageException e) {
                    throw e;
                } catch (RuntimeException | AssertionError e) {
                    throw unreadable(e); // MapDB says with anything from NullPointerException on that a file is damaged
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void openAgain(Opened broken) {
        if (users.get() == 0) {
            throw new StorageException("the storage is closed");
        }
        if (opened == broken) {
            opened = new Opened(file);
        }
    }

    /** For a cursor, which releases it. The caller holds it already, or a lock under which it cannot be released. */
    void retain() {
        users.incrementAndGet();
    }

    /** Is removed once nobody uses it. */
    void makeObsolete() {
        obsolete = true;
    }

    void release() {
        if (users.decrementAndGet() > 0) {
            return;
        }
        synchronized (this) {
            try {
                opened.db().close();
            } catch (RuntimeException e) {
                LOG.warn("{} does not close: {}", file, e.toString());
            }
        }
        if (obsolete) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOG.warn("{} is not needed any more, and cannot be removed now: {}", file, Words.of(e));
            }
        }
    }

    private StorageException unreadable(Throwable e) {
        return new StorageException("the storage's table " + file + " cannot be read: " + e, e);
    }
}
