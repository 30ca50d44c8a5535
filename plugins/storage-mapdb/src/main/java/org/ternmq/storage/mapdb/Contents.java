package org.ternmq.storage.mapdb;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.StorageException;

/**
 * What the store holds now: the newest changes, those that are being written into a table, and the tables.
 *
 * <p>The lock makes a group whole for readers, and keeps tables open while one is read. A cursor holds it only while it is made,
 * and retains its tables. Groups are applied, and changes set aside, by the writing thread; tables are replaced by the one
 * thread that writes a table.
 */
final class Contents {
    /**
     * One state.
     *
     * @param active takes the next changes
     * @param frozen goes into the next table; null if none is to be written
     * @param tables the newest first
     */
    record View(Changes active, @Nullable Changes frozen, List<Table> tables) {
        @Nullable
        Entry get(String space, byte[] key) {
            Entry entry = active.get(space, key);
            if (entry == null && frozen != null) {
                entry = frozen.get(space, key);
            }
            for (int i = 0; entry == null && i < tables.size(); i++) {
                entry = tables.get(i).get(space, key);
            }
            return entry;
        }

        Merged entries(String space, byte[] from, byte @Nullable [] to) {
            List<Iterator<Entry>> sources = new ArrayList<>();
            sources.add(active.entries(space, from, to));
            if (frozen != null) {
                sources.add(frozen.entries(space, from, to));
            }
            tables.forEach(table -> sources.add(table.entries(space, from, to)));
            return new Merged(sources);
        }
    }

    /** Entries, and the tables they are read from, which the receiver releases. */
    record Scan(Merged entries, List<Table> retained) {}

    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private View view;
    private boolean closed;

    /** With open tables, which it takes over. */
    Contents(List<Table> tables) {
        view = new View(new Changes(), null, List.copyOf(tables));
    }

    /** The present state; for the threads that change it. */
    View view() {
        lock.readLock().lock();
        try {
            return view;
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The entry of a key, which may be its removal; null if there is none. */
    @Nullable
    Entry get(String space, byte[] key) {
        lock.readLock().lock();
        try {
            checkOpen();
            Entry entry = view.get(space, key);
            // The value may be in a table that is closed as soon as the lock is given back.
            return entry == null || entry.removed() ? null : new Loaded(key, entry.value());
        } finally {
            lock.readLock().unlock();
        }
    }

    private record Loaded(byte[] key, byte[] value) implements Entry {
        @Override
        public boolean removed() {
            return false;
        }
    }

    Scan scan(String space, byte[] from, byte @Nullable [] to) {
        lock.readLock().lock();
        try {
            checkOpen();
            Merged entries = view.entries(space, from, to);
            view.tables().forEach(Table::retain);
            return new Scan(entries, view.tables());
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The present tables, which the receiver releases. */
    List<Table> retainTables() {
        lock.readLock().lock();
        try {
            checkOpen();
            view.tables().forEach(Table::retain);
            return view.tables();
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * How much there is.
     *
     * @param tables how many tables
     * @param tableBytes what they take on the disk
     * @param memoryBytes what changes that are in no table take in the heap
     */
    record Figures(long tables, long tableBytes, long memoryBytes) {}

    Figures figures() {
        lock.readLock().lock();
        try {
            long bytes = 0;
            for (Table table : view.tables()) {
                bytes += table.info().length();
            }
            Changes frozen = view.frozen();
            return new Figures(
                    view.tables().size(), bytes, view.active().bytes() + (frozen == null ? 0 : frozen.bytes()));
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Makes the changes of a group visible at once. */
    void apply(List<Op> group) {
        lock.writeLock().lock();
        try {
            Changes active = view.active();
            for (Op op : group) {
                switch (op.kind()) {
                    case PUT -> active.put(op.space(), op.key(), op.other());
                    case REMOVE -> active.remove(op.space(), op.key());
                    case REMOVE_RANGE -> removeRange(op);
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void removeRange(Op range) {
        List<byte[]> keys = new ArrayList<>();
        Merged entries = view.entries(range.space(), range.key(), range.other());
        while (entries.hasNext()) {
            Entry entry = entries.next();
            if (!entry.removed()) {
                keys.add(entry.key());
            }
        }
        keys.forEach(key -> view.active().remove(range.space(), key));
    }

    /** Sets the changes aside that are to go into a table. There must be none set aside. */
    void freeze() {
        lock.writeLock().lock();
        try {
            view = new View(new Changes(), view.active(), view.tables());
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Replaces the changes that were set aside, and the tables that went into the new one too. */
    void replace(List<Table> tables) {
        List<Table> before;
        lock.writeLock().lock();
        try {
            before = view.tables();
            view = new View(view.active(), null, List.copyOf(tables));
        } finally {
            lock.writeLock().unlock();
        }
        for (Table table : before) {
            if (!tables.contains(table)) {
                table.makeObsolete();
                table.release();
            }
        }
    }

    /** No call may be running but reads of cursors, which were closed before. */
    void close() {
        lock.writeLock().lock();
        try {
            closed = true;
            view.tables().forEach(Table::release);
            view = new View(new Changes(), null, List.of());
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new StorageException("the storage is closed");
        }
    }
}
