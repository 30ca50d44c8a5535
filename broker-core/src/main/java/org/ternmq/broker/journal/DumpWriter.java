package org.ternmq.broker.journal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.function.Consumer;
import org.ternmq.spi.Keyspace;

/**
 * Writes records as lines of JSON: a head, a line for each record, and a tail with their numbers. Of all records, one at a time is
 * in memory. Used by one thread.
 */
public final class DumpWriter {
    /** What the first line says. */
    static final String FORMAT = "ternmq-store";

    /** The version of the lines; that of the records is the schema version. */
    static final long VERSION = 1;

    private static final JsonFactory JSON = new JsonFactory();

    private final OutputStream out;
    private final DumpCounts counts = new DumpCounts();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final Consumer<DumpCounts> progress;

    /**
     * Begins with the head.
     *
     * @param out is not closed
     * @param origin the version of the broker, for whoever reads the file
     * @param progress is shown the numbers after each record
     * @throws IOException if it cannot be written
     */
    public DumpWriter(OutputStream out, String origin, Consumer<DumpCounts> progress) throws IOException {
        this.out = out;
        this.progress = progress;
        writeLine(json -> {
            json.writeStringField("format", FORMAT);
            json.writeNumberField("version", VERSION);
            json.writeNumberField("schema", Keyspaces.SCHEMA);
            json.writeStringField("broker", origin);
        });
    }

    /**
     * A record of any keyspace but {@link Keyspaces#META}, in any order.
     *
     * @throws IOException if it cannot be written
     */
    public <K, V> void record(Keyspace<K, V> space, K key, V value) throws IOException {
        @SuppressWarnings("unchecked") // each is kept under the name of its own keyspace
        RecordJson<K, V> form = (RecordJson<K, V>) RecordJson.named(space.name());
        writeLine(json -> {
            json.writeStringField("keyspace", space.name());
            json.writeObjectFieldStart("key");
            form.writeKey().write(json, key);
            json.writeEndObject();
            json.writeObjectFieldStart("fields");
            form.writeFields().write(json, value);
            json.writeEndObject();
        });
        counts.record(space.name());
        progress.accept(counts);
    }

    /** A record that cannot be read, as it is. */
    void unreadable(Keyspace<?, ?> space, String why, byte[] rawKey, byte[] rawValue) throws IOException {
        writeLine(json -> {
            json.writeStringField("keyspace", space.name());
            json.writeStringField("unreadable", why);
            json.writeBinaryField("raw-key", rawKey);
            json.writeBinaryField("raw-value", rawValue);
        });
        counts.unreadable();
        progress.accept(counts);
    }

    /**
     * The tail, without which it is no whole dump.
     *
     * @return how much it was
     * @throws IOException if it cannot be written
     */
    public DumpCounts end() throws IOException {
        writeLine(json -> {
            json.writeObjectFieldStart("end");
            for (Map.Entry<String, Long> each : counts.byKeyspace().entrySet()) {
                json.writeNumberField(each.getKey(), each.getValue());
            }
            json.writeNumberField("unreadable", counts.unreadableRecords());
            json.writeEndObject();
        });
        return counts;
    }

    private interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    private void writeLine(Body body) throws IOException {
        line.reset();
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            body.write(json);
            json.writeEndObject();
        }
        line.write('\n');
        line.writeTo(out);
    }
}
