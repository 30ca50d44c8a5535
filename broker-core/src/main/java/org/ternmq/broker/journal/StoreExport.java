package org.ternmq.broker.journal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.function.Consumer;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;

/**
 * Writes a store as lines of JSON: a head, a line for each record, and a tail with their numbers. Of the store, one record at a
 * time is in memory. Used by one thread.
 */
public final class StoreExport {
    /** What the first line says. */
    static final String FORMAT = "ternmq-store";

    /** The version of the lines; that of the records is the schema version. */
    static final long VERSION = 1;

    private static final JsonFactory JSON = new JsonFactory();

    private final Storage storage;
    private final DumpCounts counts = new DumpCounts();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
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
        writeLine(out, json -> {
            json.writeStringField("format", FORMAT);
            json.writeNumberField("version", VERSION);
            json.writeNumberField("schema", Keyspaces.SCHEMA);
            json.writeStringField("broker", origin);
        });
        for (RecordJson<?, ?> each : RecordJson.ALL) {
            writeKeyspace(out, each);
        }
        writeLine(out, json -> {
            json.writeObjectFieldStart("end");
            for (Map.Entry<String, Long> each : counts.byKeyspace().entrySet()) {
                json.writeNumberField(each.getKey(), each.getValue());
            }
            json.writeNumberField("unreadable", counts.unreadableRecords());
            json.writeEndObject();
        });
        return counts;
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

    private interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    private void writeLine(OutputStream out, Body body) throws IOException {
        line.reset();
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            body.write(json);
            json.writeEndObject();
        }
        line.write('\n');
        line.writeTo(out);
    }

    private <K, V> void writeKeyspace(OutputStream out, RecordJson<K, V> form) throws IOException {
        try (Cursor<K, V> cursor = storage.scan(form.space(), form.first(), null)) {
            while (cursor.next()) {
                try {
                    K key = cursor.key();
                    V value = cursor.value();
                    writeLine(out, json -> {
                        json.writeStringField("keyspace", form.space().name());
                        json.writeObjectFieldStart("key");
                        form.writeKey().write(json, key);
                        json.writeEndObject();
                        json.writeObjectFieldStart("fields");
                        form.writeFields().write(json, value);
                        json.writeEndObject();
                    });
                    counts.record(form.space().name());
                } catch (CorruptRecordException e) {
                    writeLine(out, json -> {
                        json.writeStringField("keyspace", form.space().name());
                        json.writeStringField("unreadable", String.valueOf(e.getMessage()));
                        json.writeBinaryField("raw-key", cursor.rawKey());
                        json.writeBinaryField("raw-value", cursor.rawValue());
                    });
                    counts.unreadable();
                }
                progress.accept(counts);
            }
        }
    }
}
