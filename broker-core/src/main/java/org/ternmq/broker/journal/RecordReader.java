package org.ternmq.broker.journal;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.CorruptRecordException;

/** Reads what {@link RecordWriter} wrote, and trusts nothing. */
final class RecordReader {
    private final ByteBuffer in;

    private RecordReader(ByteBuffer in) {
        this.in = in;
    }

    /** Checks version and checksum, then has the fields read, all of them. */
    static <T> T read(byte[] record, int version, Function<RecordReader, T> fields) {
        if (record.length < 5) {
            throw new CorruptRecordException("only " + record.length + " bytes");
        }
        int end = record.length - 4;
        CRC32C crc = new CRC32C();
        crc.update(record, 0, end);
        if ((int) crc.getValue() != ByteBuffer.wrap(record, end, 4).getInt()) {
            throw new CorruptRecordException("wrong checksum");
        }
        if (record[0] != version) {
            throw new CorruptRecordException("record version " + record[0] + " instead of " + version);
        }
        RecordReader reader = new RecordReader(ByteBuffer.wrap(record, 1, end - 1));
        try {
            T value = fields.apply(reader);
            if (reader.in.hasRemaining()) {
                throw new CorruptRecordException(reader.in.remaining() + " bytes too many");
            }
            return value;
        } catch (BufferUnderflowException | IllegalArgumentException | NegativeArraySizeException e) {
            throw new CorruptRecordException("fields do not fit: " + e);
        }
    }

    /** Whether there is no field more. */
    boolean isAtEnd() {
        return !in.hasRemaining();
    }

    int int8() {
        return in.get() & 0xFF;
    }

    int int16() {
        return in.getShort() & 0xFFFF;
    }

    int int32() {
        return in.getInt();
    }

    long int64() {
        return in.getLong();
    }

    byte[] bytes() {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new CorruptRecordException("length " + length);
        }
        byte[] value = new byte[length];
        in.get(value);
        return value;
    }

    String text() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    @Nullable
    String optionalText() {
        in.mark();
        if (in.getInt() == -1) {
            return null;
        }
        in.reset();
        return text();
    }
}
