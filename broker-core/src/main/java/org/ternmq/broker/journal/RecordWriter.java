package org.ternmq.broker.journal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Writes the fields of a record: a version byte first, a CRC-32C of all before it last. */
final class RecordWriter {
    private byte[] bytes;
    private ByteBuffer out;

    RecordWriter(int version, int sizeHint) {
        bytes = new byte[sizeHint + 5];
        out = ByteBuffer.wrap(bytes).put((byte) version);
    }

    private ByteBuffer room(int needed) {
        if (out.remaining() < needed) {
            int position = out.position();
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, position + needed));
            out = ByteBuffer.wrap(bytes).position(position);
        }
        return out;
    }

    RecordWriter int8(int value) {
        room(1).put((byte) value);
        return this;
    }

    RecordWriter int16(int value) {
        room(2).putShort((short) value);
        return this;
    }

    RecordWriter int32(int value) {
        room(4).putInt(value);
        return this;
    }

    RecordWriter int64(long value) {
        room(8).putLong(value);
        return this;
    }

    RecordWriter bytes(byte[] value) {
        room(4 + value.length).putInt(value.length).put(value);
        return this;
    }

    RecordWriter text(@Nullable String value) {
        if (value == null) {
            return int32(-1);
        }
        return bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    byte[] finish() {
        int length = room(4).position();
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        out.putInt((int) crc.getValue());
        return Arrays.copyOf(bytes, length + 4);
    }
}
