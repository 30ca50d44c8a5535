package org.ternmq.storage.mapdb;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ternmq.spi.StorageException;

/**
 * The files that make up the store at one moment, held so that they can be copied while the store goes on: tables are retained,
 * and logs are open, so that they can be read when they have been removed. Used by one thread.
 */
final class HeldFiles implements AutoCloseable {
    private record Log(String name, FileChannel channel, long length) {}

    private final long generation;
    private final List<Table> tables;
    private final List<Log> logs = new ArrayList<>();

    private HeldFiles(long generation, List<Table> tables) {
        this.generation = generation;
        this.tables = tables;
    }

    /**
     * Takes hold. The caller sees to it that nothing is written and no generation replaced meanwhile.
     *
     * @param generation the newest
     * @param tables its tables, retained, which are taken over
     * @param newest the log that is written to
     */
    static HeldFiles of(Folder folder, long generation, List<Table> tables, RedoLog newest) throws IOException {
        HeldFiles held = new HeldFiles(generation, tables);
        boolean done = false;
        try {
            for (Map.Entry<Long, Path> log :
                    folder.logs().tailMap(generation, true).entrySet()) {
                FileChannel channel = FileChannel.open(log.getValue(), StandardOpenOption.READ);
                long length = log.getKey() == newest.number() ? newest.length() : channel.size();
                held.logs.add(new Log(log.getValue().getFileName().toString(), channel, length));
            }
            done = true;
            return held;
        } finally {
            if (!done) {
                held.close();
            }
        }
    }

    /** Makes a store of them, whole on the disk when this returns. The file that names the others comes last. */
    void copyTo(Path directory) throws IOException {
        Files.createDirectory(directory);
        for (Table table : tables) {
            link(table.file(), directory.resolve(table.info().file()));
        }
        for (Log log : logs) {
            copy(log, directory.resolve(log.name()));
        }
        new Generation(generation, tables.stream().map(Table::info).toList()).write(new Folder(directory));
    }

    /** A table is never changed, so that a second name for it is as good as a copy where the file system has such. */
    private static void link(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from);
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.copy(from, to);
            try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        }
    }

    private static void copy(Log log, Path to) throws IOException {
        try (FileChannel out = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long position = 0;
            while (position < log.length()) {
                long copied = log.channel().transferTo(position, log.length() - position, out);
                if (copied == 0) {
                    throw new StorageException(
                            "the log " + log.name() + " ends at byte " + position + " of " + log.length());
                }
                position += copied;
            }
            out.force(true);
        }
    }

    @Override
    public void close() {
        tables.forEach(Table::release);
        for (Log log : logs) {
            try {
                log.channel().close();
            } catch (IOException e) {
                // it was only read
            }
        }
    }
}
