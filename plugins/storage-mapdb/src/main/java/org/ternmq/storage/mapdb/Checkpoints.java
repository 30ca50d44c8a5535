package org.ternmq.storage.mapdb;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.StorageException;
import org.ternmq.storage.mapdb.TableWriter.StoppedException;

/**
 * Moves changes from memory and log into tables: the writing thread sets them aside and begins a new log; the plugin's
 * executor writes a table of them, merged with tables that are not much larger or have much removed, and proves it. Then only the older generation goes.
 *
 * <p>The writing thread goes on meanwhile. It waits only if the other half of the memory is full before the table is written.
 */
final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    /** Of a table so many times as large as what is written anyway, it costs little to write it again. */
    private static final int LARGER = 2;

    /** A table is written again if a fourth of its keys may have been removed. */
    private static final int REMOVED_PART = 4;

    /** A file is never smaller, so smaller ones need not be told apart. */
    private static final long SMALLEST_TABLE = 1 << 20;

    /** So much that is removed may stay in tables however small they are. */
    private static final long GARBAGE_LEFT_ALONE = 4 << 20;

    private final Folder folder;
    private final Contents contents;
    private final Executor executor;
    private final long memory;
    /** Held while the files of a generation take the place of older ones, and while somebody takes hold of those there are. */
    private final ReentrantLock files = new ReentrantLock();

    private volatile boolean stopped;
    private volatile @Nullable Throwable failure;
    /** The newest generation that is whole; under {@link #files}. */
    private long committed;

    private @Nullable CountDownLatch running;
    private long generation;

    /**
     * For an open store.
     *
     * @param committed the generation it was opened with
     * @param memory for changes, in bytes
     */
    Checkpoints(Folder folder, Contents contents, long committed, Executor executor, long memory) {
        this.folder = folder;
        this.contents = contents;
        this.committed = committed;
        this.executor = executor;
        this.memory = memory;
    }

    private enum Need {
        NONE,
        USEFUL,
        NECESSARY
    }

    /**
     * Sees to it that there is memory for another group. Called by the writing thread.
     *
     * @param log the log of the newest changes, of which all are in {@code logged} bytes of this log and those before
     * @return the log to write to: that one, or its successor, for which counting begins anew
     * @throws StorageException if there is no memory because tables cannot be written
     */
    RedoLog makeRoom(RedoLog log, long logged) throws IOException {
        Contents.View view = contents.view();
        Need need = need(view, logged);
        if (view.frozen() != null && need == Need.NECESSARY) {
            view = awaitTable();
        }
        if (need == Need.NONE || view.frozen() != null) {
            return log;
        }
        RedoLog next = log.next(folder);
        contents.freeze();
        generation = next.number();
        start();
        return next;
    }

    private Need need(Contents.View view, long logged) {
        Changes active = view.active();
        if (active.isEmpty()) {
            return Need.NONE;
        }
        if (active.bytes() >= memory / 2 || logged >= memory) {
            return Need.NECESSARY;
        }
        long length = 0;
        long entries = 1;
        for (Table table : view.tables()) {
            length += table.info().length();
            entries += table.info().entries();
        }
        long garbage = active.removals() * (length / entries);
        return garbage >= Math.max(GARBAGE_LEFT_ALONE, length / 2) ? Need.USEFUL : Need.NONE;
    }

    /** Waits for the table; where it failed, it is tried once more, as there may be room on the disk again. */
    private Contents.View awaitTable() {
        await();
        if (contents.view().frozen() != null) {
            start();
            await();
        }
        Contents.View view = contents.view();
        Throwable cause = failure;
        if (view.frozen() != null) {
            String what = "the storage in " + folder.path() + " cannot write a table, and its memory is full";
            throw cause == null
                    ? new StorageException(what)
                    : new StorageException(what + ": " + cause.getMessage(), cause);
        }
        return view;
    }

    private void start() {
        CountDownLatch done = new CountDownLatch(1);
        running = done;
        Runnable task = () -> {
            try {
                run();
            } finally {
                done.countDown();
            }
        };
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            task.run(); // the broker stops, and writes its last groups
        }
    }

    private void await() {
        CountDownLatch awaited = running;
        boolean interrupted = false;
        while (awaited != null) {
            try {
                awaited.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            long begun = System.nanoTime();
            TableInfo info = write(contents.view());
            failure = null;
            LOG.debug(
                    "Wrote {} in {} ms: {} entries, {} bytes",
                    info.file(),
                    (System.nanoTime() - begun) / 1_000_000,
                    info.entries(),
                    info.length());
        } catch (StoppedException e) {
            LOG.debug("Left table {} unwritten, the log has what would be in it", generation);
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            LOG.error(
                    "The storage in {} cannot write a table. Nothing is lost, its log grows until there is no memory: {}",
                    folder.path(),
                    e instanceof IOException io ? Words.of(io) : e.toString(),
                    e);
        }
    }

    private TableInfo write(Contents.View view) throws IOException, StoppedException {
        Changes frozen = view.frozen();
        if (frozen == null) {
            throw new IllegalStateException("no changes are set aside");
        }
        List<Table> tables = view.tables();
        int merged = tablesToMerge(frozen, tables);
        Set<String> spaces = new LinkedHashSet<>(frozen.spaces());
        tables.subList(0, merged).forEach(table -> spaces.addAll(table.spaces()));
        TableInfo info = new TableWriter(folder.path(), merged < tables.size(), () -> stopped)
                .write(generation, spaces, space -> merge(space, frozen, tables.subList(0, merged)));

        List<Table> replaced = new ArrayList<>(tables.subList(merged, tables.size()));
        if (info.entries() > 0) {
            replaced.add(0, new Table(folder.path(), info));
        }
        commit(replaced, tables);
        return info;
    }

    /** Makes the tables those of the store, and removes what they replace. */
    private void commit(List<Table> replaced, List<Table> before) throws IOException {
        files.lock();
        try {
            try {
                new Generation(generation, replaced.stream().map(Table::info).toList()).write(folder);
            } catch (IOException | RuntimeException e) {
                replaced.stream().filter(table -> !before.contains(table)).forEach(Table::release);
                throw e;
            }
            contents.replace(replaced);
            committed = generation;
            removeOlder();
        } finally {
            files.unlock();
        }
    }

    private void removeOlder() {
        try {
            folder.removeOlderThan(generation);
        } catch (IOException e) {
            LOG.warn("Files in {} that are not needed any more cannot be removed now: {}", folder.path(), Words.of(e));
        }
    }

    /** Keeps generations from being replaced until {@link #releaseFiles}. */
    void holdFiles() {
        files.lock();
    }

    void releaseFiles() {
        files.unlock();
    }

    /** The newest generation that is whole. To be called between {@link #holdFiles} and {@link #releaseFiles}. */
    long committed() {
        return committed;
    }

    private static Iterator<Entry> merge(String space, Changes frozen, List<Table> tables) {
        List<Iterator<Entry>> sources = new ArrayList<>();
        sources.add(frozen.entries(space, new byte[0], null));
        tables.forEach(table -> sources.add(table.entries(space, new byte[0], null)));
        return new Merged(sources);
    }

    /** How many tables, from the newest on, are written again together with the changes. */
    private static int tablesToMerge(Changes frozen, List<Table> tables) {
        long length = Math.max(frozen.bytes(), SMALLEST_TABLE);
        long removals = frozen.removals();
        boolean small = true;
        int merged = 0;
        for (int i = 0; i < tables.size(); i++) {
            TableInfo table = tables.get(i).info();
            small &= table.length() <= LARGER * length;
            if (small || removals * REMOVED_PART >= table.entries()) {
                merged = i + 1;
            }
            length += table.length();
            removals += table.removals();
        }
        return merged;
    }

    /** Stops the table that is being written. */
    void close() {
        stopped = true;
        await();
    }
}
