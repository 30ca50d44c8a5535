package org.ternmq.broker.journal;

import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Consumer;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;

/**
 * Writes a store as lines of JSON ({@link DumpWriter}). Of the store, one record at a time is in memory. Used by one thread.
 */
public final class StoreExport {
    private final Storage storage;
    private final Consumer<DumpCounts> progress;

    /**
     * Of a store that nobody writes to.
     *
     * @param progress is shown the numbers after each record
     */
    public StoreExport(Storage storage, Consumer<DumpCounts> progress) {
        this.storage = storage;
        this.progress = progress;
    }

    /**
     * Writes everything.
     *
     * @param out is not closed
     * @param origin the version of the broker, for whoever reads the file
     * @return how much it was
     * @throws DumpException if the store is not one that this broker can export
     * @throws StorageException if the store cannot be read
     */
    public DumpCounts write(OutputStream out, String origin) throws IOException, DumpException {
        checkStore();
        DumpWriter writer = new DumpWriter(out, origin, progress);
        for (RecordJson<?, ?> each : RecordJson.ALL) {
            writeKeyspace(writer, each);
        }
        return writer.end();
    }

    private void checkStore() throws DumpException {
        StoreMarks marks = new StoreMarks(storage);
        if (marks.isImporting()) {
            throw new DumpException("an import into the store has not ended: repeat it first");
        }
        Long schema = marks.schema();
        if (schema == null ? !marks.isEmpty() : schema != Keyspaces.SCHEMA) {
            throw new DumpException("the store has "
                    + (schema == null ? "no schema version" : "schema version " + schema)
                    + ", this broker exports version " + Keyspaces.SCHEMA
                    + ": start a broker once that reads it, which changes an older one to its own version");
        }
    }

    private <K, V> void writeKeyspace(DumpWriter writer, RecordJson<K, V> form) throws IOException {
        try (Cursor<K, V> cursor = storage.scan(form.space(), form.first(), null)) {
            while (cursor.next()) {
                try {
                    writer.record(form.space(), cursor.key(), cursor.value());
                } catch (CorruptRecordException e) {
                    writer.unreadable(form.space(), String.valueOf(e.getMessage()), cursor.rawKey(), cursor.rawValue());
                }
            }
        }
    }
}
