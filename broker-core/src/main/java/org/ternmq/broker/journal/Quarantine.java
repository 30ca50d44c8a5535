package org.ternmq.broker.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;

/** The side file for records that cannot be read. Safe for use by all threads. */
public final class Quarantine {
    private static final Logger LOG = LoggerFactory.getLogger(Quarantine.class);

    private final Path file;
    private final Metrics metrics;

    /** Writes to this file, which is made with the first record. */
    public Quarantine(Path file, Metrics metrics) {
        this.file = file;
        this.metrics = metrics;
    }

    /**
     * Sets aside the record that a cursor stands on, counts and reports it.
     *
     * @throws UncheckedIOException if the file cannot be written
     */
    synchronized void add(Keyspace<?, ?> space, Cursor<?, ?> cursor, CorruptRecordException problem) {
        metrics.recordUnreadable();
        Base64.Encoder base64 = Base64.getEncoder();
        String line = "{\"keyspace\":\"" + space + "\",\"problem\":\""
                + String.valueOf(problem.getMessage()).replaceAll("[^ -~]|[\"\\\\]", "?")
                + "\",\"key\":\"" + base64.encodeToString(cursor.rawKey())
                + "\",\"value\":\"" + base64.encodeToString(cursor.rawValue()) + "\"}\n";
        try (Writer out = Files.newBufferedWriter(
                file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            out.write(line);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
        LOG.error("Unreadable record in {}: {}; set aside in {}", space, problem.getMessage(), file);
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
