package org.ternmq.broker.journal;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.Consumer;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/**
 * Reads an export into a store, in groups of a bounded size. From the first group to the last the store is marked, so that no
 * broker starts on half of it. Used by one thread.
 */
public final class StoreImport {
    private static final int GROUP = 1_000;

    /** So much of a group is in memory at most, and one record more. */
    private static final long GROUP_BYTES = 4 << 20;

    private final Storage storage;
    private final Consumer<DumpCounts> progress;

    /**
     * Into a store that nobody else writes to.
     *
     * @param progress is shown the numbers after each record
     */
    public StoreImport(Storage storage, Consumer<DumpCounts> progress) {
        this.storage = storage;
        this.progress = progress;
    }

    /**
     * Looks whether an export is whole, and changes nothing.
     *
     * @throws DumpException if it is not
     */
    public static DumpCounts verify(InputStream in, Consumer<DumpCounts> progress) throws IOException, DumpException {
        return new DumpReader(progress).read(in, new DumpReader.Sink() {
            @Override
            public void begin() {}

            @Override
            public void record(Consumer<WriteBatch> put, long weight) {}
        });
    }

    /**
     * Reads everything into the store.
     *
     * @param in is not closed
     * @param replace whether what is there goes first; else the store must be empty
     * @return how much it was
     * @throws DumpException if the export is not whole, or there is something in the store
     * @throws StorageException if the store cannot be written
     */
    public DumpCounts read(InputStream in, boolean replace) throws IOException, DumpException {
        StoreMarks marks = new StoreMarks(storage);
        Writer writer = new Writer(marks, replace);
        DumpCounts counts = new DumpReader(progress).read(in, writer);
        writer.flush();
        marks.endImport(Keyspaces.SCHEMA);
        return counts;
    }

    private final class Writer implements DumpReader.Sink {
        private final StoreMarks marks;
        private final boolean replace;
        private WriteBatch batch = new WriteBatch();
        private long bytes;

        Writer(StoreMarks marks, boolean replace) {
            this.marks = marks;
            this.replace = replace;
        }

        @Override
        public void begin() throws DumpException {
            if (!replace) {
                if (marks.isImporting()) {
                    throw new DumpException(
                            "an import into the store has not ended: --replace removes what came of it");
                }
                if (!marks.isEmpty()) {
                    throw new DumpException("there are records in the store already: --replace removes them first");
                }
            }
            marks.beginImport();
            marks.clear();
        }

        @Override
        public void record(Consumer<WriteBatch> put, long weight) {
            put.accept(batch);
            bytes += weight;
            if (batch.size() >= GROUP || bytes >= GROUP_BYTES) {
                flush();
            }
        }

        void flush() {
            if (!batch.isEmpty()) {
                storage.write(List.of(batch), Durability.PROCESS);
                batch = new WriteBatch();
                bytes = 0;
            }
        }
    }
}
