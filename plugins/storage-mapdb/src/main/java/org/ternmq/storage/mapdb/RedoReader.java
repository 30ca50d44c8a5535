package org.ternmq.storage.mapdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.ternmq.spi.StorageException;

/** Reads the groups of a log up to the first frame that is not whole, and tells a torn end from damage. */
final class RedoReader {
    private static final int BUFFER = 1 << 16;

    /**
     * How far a log could be read.
     *
     * @param length bytes that are whole
     * @param nextGroup the number after that of its last whole group
     * @param damaged whether a whole frame follows the end of what could be read: then the place between was
     *     written once, and groups were acknowledged that cannot be read now
     */
    record End(long length, long nextGroup, boolean damaged) {}

    private final Path path;
    private final RedoLog.Head head;
    private final long start;

    private RedoReader(Path path, RedoLog.Head head) {
        this.path = path;
        this.head = head;
        this.start = head.encode().length;
    }

    /** Reads the head of a log, which was written at once and is therefore whole. */
    static RedoReader open(Path path) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(path)))) {
            if (in.readLong() != RedoLog.FILE_MARK) {
                throw new StorageException(path + " is damaged: it does not begin as a log of this storage");
            }
            int format = in.readInt();
            if (format != RedoLog.FORMAT) {
                throw new StorageException(
                        path + " is of format " + format + "; this version of the plugin reads format " + RedoLog.FORMAT
                                + ". Start the version that wrote it, or begin with an empty folder (--data)");
            }
            long number = in.readLong();
            long firstGroup = in.readLong();
            long salt = in.readLong();
            byte[] names = in.readNBytes(Math.max(0, Math.min(in.readInt(), BUFFER)));
            RedoLog.Head head =
                    new RedoLog.Head(number, firstGroup, salt, List.of(new String(names, UTF_8).split("\n", -1)));
            byte[] encoded = head.encode();
            int crc = in.readInt();
            if (crc != ByteBuffer.wrap(encoded).getInt(encoded.length - 4)) {
                throw new StorageException(path + " is damaged: its first " + encoded.length + " bytes");
            }
            return new RedoReader(path, head);
        } catch (EOFException e) {
            throw new StorageException(path + " is damaged: it ends after " + Files.size(path) + " bytes", e);
        }
    }

    RedoLog.Head head() {
        return head;
    }

    /** Hands out every group that is whole. */
    End read(Consumer<List<Op>> groups) throws IOException {
        long group = head.firstGroup();
        long position = start;
        long length = Files.size(path);
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(path), BUFFER))) {
            in.skipNBytes(start);
            byte[] frame = new byte[RedoLog.FRAME_HEAD];
            while (length - position >= RedoLog.FRAME_HEAD) {
                in.readFully(frame, 0, RedoLog.FRAME_HEAD);
                int size = size(ByteBuffer.wrap(frame), 0, length - position);
                if (size < 0) {
                    break;
                }
                if (frame.length < size) {
                    frame = Arrays.copyOf(frame, size);
                }
                in.readFully(frame, RedoLog.FRAME_HEAD, size - RedoLog.FRAME_HEAD);
                if (!isWhole(frame, 0, size) || ByteBuffer.wrap(frame).getLong(8) != group) {
                    break;
                }
                groups.accept(decode(frame, size));
                position += size;
                group++;
            }
        }
        return new End(position, group, position < length && isFollowed(position, length, group));
    }

    /** The size of the frame that begins there, if one can; else -1. */
    private int size(ByteBuffer bytes, int at, long available) {
        if (bytes.getInt(at) != head.frameMark()) {
            return -1;
        }
        long size = (long) RedoLog.FRAME_HEAD + bytes.getInt(at + 4);
        return size < RedoLog.FRAME_HEAD || size > available ? -1 : (int) size;
    }

    private boolean isWhole(byte[] bytes, int at, int size) {
        return RedoLog.checksum(head.salt(), bytes, at, size)
                == ByteBuffer.wrap(bytes).getInt(at + RedoLog.FRAME_HEAD - 4);
    }

    private List<Op> decode(byte[] frame, int size) {
        List<Op> ops = new ArrayList<>();
        ByteBuffer bytes = ByteBuffer.wrap(frame, RedoLog.FRAME_HEAD, size - RedoLog.FRAME_HEAD);
        while (bytes.hasRemaining()) {
            Op.Kind kind = Op.Kind.values()[bytes.get()];
            String space = head.spaces().get(bytes.getShort());
            byte[] key = new byte[bytes.getInt()];
            byte[] other = new byte[bytes.getInt()];
            bytes.get(key).get(other);
            ops.add(new Op(kind, space, key, other));
        }
        return ops;
    }

    /** Looks for a whole frame behind a place that cannot be read. */
    private boolean isFollowed(long position, long length, long group) throws IOException {
        byte[] rest = new byte[(int) Math.min(length - position, Integer.MAX_VALUE - 64)];
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            file.seek(position);
            file.readFully(rest);
        }
        ByteBuffer bytes = ByteBuffer.wrap(rest);
        for (int at = 1; at <= rest.length - RedoLog.FRAME_HEAD; at++) {
            int size = size(bytes, at, rest.length - at);
            if (size > 0 && bytes.getLong(at + 8) >= group && isWhole(rest, at, size)) {
                return true;
            }
        }
        return false;
    }
}
