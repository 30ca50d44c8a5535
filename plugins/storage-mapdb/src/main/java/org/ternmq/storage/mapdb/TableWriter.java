package org.ternmq.storage.mapdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Iterator;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.mapdb.DB;
import org.mapdb.DBMaker;
import org.mapdb.Serializer;

/** Writes one table, and proves that it reads back as it was written. Used by one thread. */
final class TableWriter {
    /** Small enough that a lookup reads some kilobytes. */
    private static final int NODE_SIZE = 32;

    private static final int STOP_CHECKED_EVERY = 1_000;

    /** Somebody asked to stop: the storage closes. */
    static final class StoppedException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** What went into a table, or came out of it: the same if the table is good. */
    private static final class Tally {
        private final CRC32C crc = new CRC32C();
        private long entries;
        private long removals;

        void add(String space, byte[] key, byte[] value, boolean removed) {
            entries++;
            removals += removed ? 1 : 0;
            crc.update(ByteBuffer.allocate(3 * Integer.BYTES)
                    .putInt(space.hashCode())
                    .putInt(key.length)
                    .putInt(removed ? -1 : value.length)
                    .flip());
            crc.update(key);
            crc.update(value);
        }

        boolean equalTo(Tally other) {
            return entries == other.entries && removals == other.removals && crc.getValue() == other.crc.getValue();
        }
    }

    private static final byte[] NO_VALUE = new byte[0];

    private final Path folder;
    private final boolean keepRemovals;
    private final BooleanSupplier stopped;

    /**
     * For one table.
     *
     * @param folder where
     * @param keepRemovals whether there are older tables, in which keys must stay hidden
     * @param stopped is asked now and then
     */
    TableWriter(Path folder, boolean keepRemovals, BooleanSupplier stopped) {
        this.folder = folder;
        this.keepRemovals = keepRemovals;
        this.stopped = stopped;
    }

    /**
     * Writes it, has the disk keep it, and reads it.
     *
     * @param number its number
     * @param spaces all keyspaces
     * @param source the entries of a keyspace in order
     * @return what is in the file, which is complete and on the disk; with no entries, there is no file
     * @throws IOException if it cannot be written, or does not read back as it was written; there is no file then
     */
    TableInfo write(long number, Collection<String> spaces, Function<String, Iterator<Entry>> source)
            throws IOException, StoppedException {
        Path file = folder.resolve(new TableInfo(number, 0, 0, 0, 0).file());
        boolean done = false;
        try {
            Files.deleteIfExists(file);
            Tally written = new Tally();
            fill(file, spaces, source, written);
            if (written.entries == 0) {
                return new TableInfo(number, 0, 0, 0, 0);
            }
            sync(file);
            TableInfo info = new TableInfo(number, Files.size(file), checksum(file), written.entries, written.removals);
            prove(info, spaces, written);
            done = true;
            return info;
        } catch (IOException | StoppedException e) {
            throw e;
        } catch (RuntimeException | AssertionError e) {
            throw new IOException("MapDB fails to write " + file + ": " + reason(e), e);
        } finally {
            if (!done) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static String reason(Throwable e) {
        return e.getCause() instanceof IOException io ? Words.of(io) : e.toString();
    }

    private void fill(Path file, Collection<String> spaces, Function<String, Iterator<Entry>> source, Tally written)
            throws StoppedException {
        DB db = DBMaker.fileDB(file.toFile())
                .fileChannelEnable()
                .fileLockDisable()
                .concurrencyDisable()
                .make();
        try {
            for (String space : spaces) {
                fillTree(db, space, source.apply(space), written);
            }
            db.commit();
        } finally {
            db.close();
        }
    }

    private void fillTree(DB db, String space, Iterator<Entry> entries, Tally written) throws StoppedException {
        DB.TreeMapSink<byte[], byte[]> sink = db.treeMap(space, Serializer.BYTE_ARRAY_DELTA, Serializer.BYTE_ARRAY)
                .maxNodeSize(NODE_SIZE)
                .createFromSink();
        while (entries.hasNext()) {
            Entry entry = entries.next();
            if (entry.removed() && !keepRemovals) {
                continue;
            }
            byte[] value = entry.removed() ? NO_VALUE : entry.value();
            byte[] stored;
            if (entry.removed()) {
                stored = Stored.removed();
            } else if (value.length <= Stored.LARGEST_INSIDE) {
                stored = Stored.inside(value);
            } else {
                stored = Stored.outside(db.getStore().put(value, Serializer.BYTE_ARRAY_NOSIZE));
            }
            sink.put(entry.key(), stored);
            written.add(space, entry.key(), value, entry.removed());
            checkStopped(written);
        }
        sink.create();
    }

    private void prove(TableInfo info, Collection<String> spaces, Tally written) throws IOException, StoppedException {
        Table table = new Table(folder, info);
        Tally found = new Tally();
        try {
            for (String space : spaces) {
                Iterator<Entry> entries = table.entries(space, new byte[0], null);
                while (entries.hasNext()) {
                    Entry entry = entries.next();
                    found.add(space, entry.key(), entry.removed() ? NO_VALUE : entry.value(), entry.removed());
                    checkStopped(found);
                }
            }
        } finally {
            table.release();
        }
        if (!found.equalTo(written)) {
            throw new IOException(folder.resolve(info.file()) + " does not read back as it was written: "
                    + found.entries + " of " + written.entries + " entries are there");
        }
    }

    private void checkStopped(Tally tally) throws StoppedException {
        if (tally.entries % STOP_CHECKED_EVERY == 0 && stopped.getAsBoolean()) {
            throw new StoppedException();
        }
    }

    private static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** The CRC-32C of a file. */
    static int checksum(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
            while (channel.read(buffer) >= 0) {
                crc.update(buffer.flip());
                buffer.clear();
            }
        }
        return (int) crc.getValue();
    }
}
