package org.ternmq.broker.journal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.ternmq.broker.journal.JsonFields.MisfitException;
import org.ternmq.spi.WriteBatch;

/** Reads what {@link DumpWriter} writes, one record at a time, and trusts nothing. Used by one thread. */
final class DumpReader {
    /** A payload of 256 MiB in Base64 is one string. */
    private static final int LONGEST_STRING = 400 << 20;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(LONGEST_STRING)
                    .build())
            .build();

    /** Takes the records. */
    interface Sink {
        /** The head was read, and is one of this version. */
        void begin() throws DumpException;

        /**
         * A record was read.
         *
         * @param put adds it to a batch
         * @param weight bytes that it takes in memory, roughly
         */
        void record(Consumer<WriteBatch> put, long weight);
    }

    private final DumpCounts counts = new DumpCounts();
    private final Consumer<DumpCounts> progress;

    DumpReader(Consumer<DumpCounts> progress) {
        this.progress = progress;
    }

    /**
     * Reads to the end.
     *
     * @throws DumpException if it is not a whole export of this schema version, with the line
     */
    DumpCounts read(InputStream in, Sink sink) throws IOException, DumpException {
        try (JsonParser json = JSON.createParser(in)) {
            json.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
            try {
                if (json.nextToken() == null) {
                    throw new MisfitException("the file is empty");
                }
                checkHead(JsonFields.read(json));
                sink.begin();
                boolean ended = false;
                while (json.nextToken() != null) {
                    if (ended) {
                        throw new MisfitException("there is more behind the last line of the export");
                    }
                    long begin = json.currentTokenLocation().getByteOffset();
                    JsonFields fields = JsonFields.read(json);
                    ended = line(fields, json.currentLocation().getByteOffset() - begin, sink);
                }
                if (!ended) {
                    throw new MisfitException("the last line is missing: the file was cut, or the export did not end");
                }
                return counts;
            } catch (MisfitException e) {
                throw new DumpException("line " + json.currentLocation().getLineNr() + ": " + e.getMessage(), e);
            }
        } catch (JsonProcessingException e) {
            long line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            throw new DumpException(
                    "line " + line + ": no whole JSON (" + e.getOriginalMessage() + "): the file was cut or changed",
                    e);
        }
    }

    private static void checkHead(JsonFields head) throws DumpException {
        if (!head.has("format") || !DumpWriter.FORMAT.equals(head.text("format"))) {
            throw new DumpException("line 1: this is not what `ternmq export` writes");
        }
        long version = head.number("version");
        if (version != DumpWriter.VERSION) {
            throw new DumpException(
                    "line 1: the file has version " + version + ", this broker reads version " + DumpWriter.VERSION);
        }
        long schema = head.number("schema");
        String origin = head.text("broker");
        if (schema != Keyspaces.SCHEMA) {
            throw new DumpException(
                    "line 1: the records have schema version " + schema + ", written by TernMQ " + origin
                            + "; this broker imports version " + Keyspaces.SCHEMA
                            + ": import them with a version of the broker that has "
                            + "that schema, and let a later one change the store at its start");
        }
        head.end();
    }

    /** True if that was the last line. */
    private boolean line(JsonFields line, long length, Sink sink) {
        JsonFields end = line.optionalObject("end");
        if (end != null) {
            line.end();
            checkNumbers(end.numbers());
            return true;
        }
        RecordJson<?, ?> form = RecordJson.named(line.text("keyspace"));
        if (line.has("unreadable")) {
            line.text("unreadable");
            line.bytes("raw-key");
            line.bytes("raw-value");
            counts.unreadable();
        } else {
            sink.record(put(form, line), length);
            counts.record(form.space().name());
        }
        line.end();
        progress.accept(counts);
        return false;
    }

    private static <K, V> Consumer<WriteBatch> put(RecordJson<K, V> form, JsonFields line) {
        JsonFields keyFields = line.object("key");
        JsonFields valueFields = line.object("fields");
        K key = form.readKey().apply(keyFields);
        V value = form.readFields().apply(valueFields);
        keyFields.end();
        valueFields.end();
        return batch -> batch.put(form.space(), key, value);
    }

    private void checkNumbers(Map<String, Long> told) {
        Map<String, Long> found = new LinkedHashMap<>(counts.byKeyspace());
        found.put("unreadable", counts.unreadableRecords());
        if (!new TreeMap<>(told).equals(new TreeMap<>(found))) {
            throw new MisfitException(
                    "lines are missing or were added: the export had " + told + ", here are " + found);
        }
    }
}
