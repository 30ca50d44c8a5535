package org.ternmq.storage.mapdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageException;

/**
 * A log of groups, open for the next. A group is one frame, written by one call: a mark, its length, the group's number, a
 * CRC-32C, and the changes. {@link RedoReader} reads it.
 *
 * <p>Not a {@link java.nio.channels.FileChannel}, which an interrupt of the writing thread would close. Owned by that thread.
 */
final class RedoLog implements AutoCloseable {
    static final long FILE_MARK = 0x544d515245444f0aL; // "TMQREDO\n"
    static final int FORMAT = 1;

    /** Mark, length, number, checksum. */
    static final int FRAME_HEAD = 4 + 4 + 8 + 4;

    static final int OP_HEAD = 1 + 2 + 4 + 4;

    /** The buffer keeps the size of its largest group; one that grew beyond this is replaced. */
    private static final int KEPT_BYTES = 1024 * 1024;

    /**
     * What a log begins with.
     *
     * @param number of the log
     * @param firstGroup the number of its first group
     * @param salt begins the frames and goes into their checksums: nobody can make a message that looks like a frame
     * @param spaces names of keyspaces; a change names its own by the index
     */
    record Head(long number, long firstGroup, long salt, List<String> spaces) {
        /** What each frame begins with. */
        int frameMark() {
            return (int) (salt >>> 32);
        }

        byte[] encode() {
            byte[] names = String.join("\n", spaces).getBytes(UTF_8);
            ByteBuffer bytes = ByteBuffer.allocate(8 + 4 + 3 * 8 + 4 + names.length + 4);
            bytes.putLong(FILE_MARK).putInt(FORMAT);
            bytes.putLong(number).putLong(firstGroup).putLong(salt);
            bytes.putInt(names.length).put(names);
            CRC32C crc = new CRC32C();
            crc.update(bytes.array(), 0, bytes.position());
            return bytes.putInt((int) crc.getValue()).array();
        }
    }

    private final Path path;
    private final RandomAccessFile file;
    private final Head head;
    private final Map<String, Integer> indexes = new HashMap<>();
    private long length;
    private long nextGroup;
    private byte[] frame = new byte[8192];

    private RedoLog(Path path, RandomAccessFile file, Head head, long length, long nextGroup) {
        this.path = path;
        this.file = file;
        this.head = head;
        this.length = length;
        this.nextGroup = nextGroup;
        for (String space : head.spaces()) {
            indexes.put(space, indexes.size());
        }
    }

    /** Begins a log, which is on the disk when this returns. */
    static RedoLog create(Folder folder, long number, long firstGroup, List<String> spaces) throws IOException {
        Head head = new Head(number, firstGroup, new SecureRandom().nextLong(), spaces);
        folder.create(folder.log(number), head.encode());
        return append(folder, head, head.encode().length, firstGroup);
    }

    /** Goes on with a log that is whole up to that length, and cuts the rest. */
    static RedoLog append(Folder folder, Head head, long length, long nextGroup) throws IOException {
        Path path = folder.log(head.number());
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        try {
            if (file.length() != length) {
                file.setLength(length);
                file.getFD().sync();
            }
            file.seek(length);
        } catch (IOException e) {
            file.close();
            throw e;
        }
        return new RedoLog(path, file, head, length, nextGroup);
    }

    /** The log that follows this one, which is closed, and all of it on the disk. */
    RedoLog next(Folder folder) throws IOException {
        file.getFD().sync();
        RedoLog next = create(folder, head.number() + 1, nextGroup, head.spaces());
        close();
        return next;
    }

    /** Writes a group; with {@link Durability#POWER}, to the disk. After a failure, the log must not be used again. */
    void append(List<Op> group, Durability durability) throws IOException {
        int size = encode(group);
        file.write(frame, 0, size);
        length += size;
        nextGroup++;
        switch (durability) {
            case PROCESS -> {}
            case POWER -> file.getFD().sync();
        }
    }

    /** Puts a group into the buffer and returns its size. */
    private int encode(List<Op> group) {
        long needed = FRAME_HEAD;
        for (Op op : group) {
            needed += OP_HEAD + op.key().length + op.other().length;
        }
        if (needed > Integer.MAX_VALUE - 64) {
            throw new StorageException("a group of " + needed + " bytes does not fit in the log");
        }
        int size = (int) needed;
        if (frame.length < size || (frame.length > KEPT_BYTES && size < KEPT_BYTES)) {
            frame = new byte[size < KEPT_BYTES / 2 ? 2 * size : size];
        }
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        bytes.putInt(head.frameMark())
                .putInt(size - FRAME_HEAD)
                .putLong(nextGroup)
                .position(FRAME_HEAD);
        for (Op op : group) {
            bytes.put((byte) op.kind().ordinal()).putShort(index(op.space()).shortValue());
            bytes.putInt(op.key().length).putInt(op.other().length);
            bytes.put(op.key()).put(op.other());
        }
        bytes.putInt(FRAME_HEAD - 4, checksum(head.salt(), frame, 0, size));
        return size;
    }

    private Integer index(String space) {
        Integer index = indexes.get(space);
        if (index == null) {
            throw new StorageException("keyspace " + space + " was not named when the store was opened");
        }
        return index;
    }

    /** Of a whole frame: of the salt, and of everything in it but the checksum itself. */
    static int checksum(long salt, byte[] bytes, int from, int size) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(8).putLong(salt).flip());
        crc.update(bytes, from, FRAME_HEAD - 4);
        crc.update(bytes, from + FRAME_HEAD, size - FRAME_HEAD);
        return (int) crc.getValue();
    }

    long number() {
        return head.number();
    }

    long length() {
        return length;
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
