package org.ternmq.broker.journal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Writes the fields of a record: a version byte first, a CRC-32C of all before it last. */
final class RecordWriter {
    private ByteBuffer out;

    RecordWriter(int version, int sizeHint) {
        out = ByteBuffer.allocate(sizeHint + 5);
        out.put((byte) version);
    }

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            ByteBuffer larger = ByteBuffer.allocate(Math.max(out.capacity() * 2, out.position() + bytes));
            out = larger.put(out.flip());
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
        ByteBuffer all = room(4);
        CRC32C crc = new CRC32C();
        crc.update(all.array(), 0, all.position());
        all.putInt((int) crc.getValue());
        byte[] record = new byte[all.position()];
        System.arraycopy(all.array(), 0, record, 0, record.length);
        return record;
    }
}
