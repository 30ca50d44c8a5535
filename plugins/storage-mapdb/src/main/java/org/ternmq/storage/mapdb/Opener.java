package org.ternmq.storage.mapdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.StorageException;
import org.ternmq.storage.mapdb.Generation.DamagedException;
import org.ternmq.storage.mapdb.MapDbSettings.DamagedLog;

/** Opens a folder: the tables of the newest generation that is whole, and the logs since. Says in words why it cannot. */
final class Opener {
    private static final Logger LOG = LoggerFactory.getLogger(Opener.class);

    private final Folder folder;
    private final MapDbSettings settings;
    private final Set<String> spaces = new LinkedHashSet<>();
    private final Executor executor;
    private long loggedBefore;

    Opener(Path path, MapDbSettings settings, List<Keyspace<?, ?>> keyspaces, Executor executor) {
        this.folder = new Folder(path);
        this.settings = settings;
        this.executor = executor;
        keyspaces.forEach(space -> spaces.add(space.name()));
    }

    MapDbStorage open() {
        FolderLock lock = FolderLock.take(folder.path());
        Contents contents = null;
        boolean opened = false;
        try {
            Generation generation = newestGeneration();
            removeLeftovers(generation);
            contents = new Contents(openTables(generation));
            RedoLog log = replay(generation, contents);
            Checkpoints checkpoints = new Checkpoints(
                    folder,
                    contents,
                    generation.number(),
                    executor,
                    settings.memory().bytes());
            MapDbStorage storage = new MapDbStorage(folder, lock, contents, checkpoints, spaces, log, loggedBefore);
            opened = true;
            return storage;
        } catch (IOException e) {
            throw new StorageException("the storage in " + folder.path() + " cannot be opened: " + Words.of(e), e);
        } finally {
            if (!opened) {
                if (contents != null) {
                    contents.close();
                }
                lock.close();
            }
        }
    }

    /** Between the moment when a new one is whole and the one when the older is removed, there are two. */
    private Generation newestGeneration() throws IOException {
        NavigableMap<Long, Path> found = folder.generations();
        if (found.isEmpty()) {
            return create();
        }
        String problem = null;
        for (Map.Entry<Long, Path> one : found.descendingMap().entrySet()) {
            try {
                Generation generation = Generation.read(one.getKey(), one.getValue());
                check(generation);
                return generation;
            } catch (DamagedException e) {
                LOG.error("The storage in {}: {}", folder.path(), e.getMessage());
                problem = problem == null ? e.getMessage() : problem;
            }
        }
        throw new StorageException(problem + ", and there is no older generation to go back to. "
                + "Restore the folder from a backup, or move it away to begin with an empty store");
    }

    /** Generation 0 is written behind its log, so a folder without a generation has no groups in it. */
    private Generation create() throws IOException {
        for (Path log : folder.logs().values()) {
            if (Files.size(log) > RedoReader.open(log).head().encode().length) {
                throw lost("any file generation.N");
            }
        }
        if (!folder.tables().isEmpty()) {
            throw lost("any file generation.N");
        }
        RedoLog.create(folder, 0, 1, List.copyOf(spaces)).close();
        Generation first = new Generation(0, List.of());
        first.write(folder);
        return first;
    }

    private void check(Generation generation) throws IOException, DamagedException {
        for (TableInfo table : generation.tables()) {
            Path file = folder.path().resolve(table.file());
            if (!Files.exists(file)) {
                throw new DamagedException(file + " is missing");
            }
            if (Files.size(file) != table.length() || TableWriter.checksum(file) != table.crc()) {
                throw new DamagedException(file + " is damaged");
            }
        }
    }

    private void removeLeftovers(Generation generation) throws IOException {
        folder.removeOlderThan(generation.number());
        Folder.remove(folder.generations().tailMap(generation.number(), false));
        NavigableMap<Long, Path> tables = folder.tables();
        generation.tables().forEach(table -> tables.remove(table.number()));
        Folder.remove(tables);
    }

    private List<Table> openTables(Generation generation) {
        List<Table> tables = new ArrayList<>();
        try {
            generation.tables().forEach(table -> tables.add(new Table(folder.path(), table)));
            return tables;
        } catch (StorageException e) {
            tables.forEach(Table::release);
            throw e;
        }
    }

    /** Applies the logs since the generation, and opens the last one for more. */
    private RedoLog replay(Generation generation, Contents contents) throws IOException {
        NavigableMap<Long, Path> logs = folder.logs();
        Position last = null;
        for (long number = generation.number(); last == null || number <= logs.lastKey(); number++) {
            Path path = logs.get(number);
            if (path == null) {
                throw lost(folder.log(number).getFileName().toString());
            }
            RedoReader reader = RedoReader.open(path);
            if (last != null && reader.head().firstGroup() != last.end().nextGroup()) {
                damaged(last.path(), last.end());
                break;
            }
            loggedBefore += last == null ? 0 : last.end().length();
            last = new Position(path, reader.head(), reader.read(contents::apply));
            if (last.end().damaged()) {
                damaged(path, last.end());
                break;
            }
        }
        return goOn(last);
    }

    private record Position(Path path, RedoLog.Head head, RedoReader.End end) {}

    private RedoLog goOn(@Nullable Position last) throws IOException {
        if (last == null) {
            throw new IllegalStateException("a generation has a log");
        }
        long number = last.head().number();
        Folder.remove(folder.logs().tailMap(number, false)); // behind the damage
        RedoLog log = RedoLog.append(
                folder, last.head(), last.end().length(), last.end().nextGroup());
        if (last.head().spaces().equals(List.copyOf(spaces))) {
            return log;
        }
        loggedBefore += log.length();
        try (log) {
            return RedoLog.create(folder, number + 1, last.end().nextGroup(), List.copyOf(spaces));
        }
    }

    private void damaged(Path log, RedoReader.End end) {
        String where = log + " is damaged at byte " + end.length() + ", and groups were written behind it";
        if (settings.damagedLog() == DamagedLog.REFUSE) {
            throw new StorageException(where
                    + ". `damaged-log: cut` in the block `storage` starts with what was written before the damage "
                    + "and drops the rest; or restore the folder from a backup");
        }
        LOG.error("{}: they are dropped", where);
    }

    private StorageException lost(String file) {
        return new StorageException("the storage in " + folder.path() + " is damaged: it lacks " + file
                + ". Restore the folder from a backup, or move it away to begin with an empty store");
    }
}
