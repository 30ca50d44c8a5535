package org.ternmq.storage.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.ternmq.spi.StorageException;

/**
 * The file {@code FORMAT}, which says whose RocksDB this is. It is there before the database is, so a database without it was
 * made by another program, and RocksDB would open that and add to it without a word.
 */
final class FormatFile {
    private static final String NAME = "FORMAT";
    private static final String HEAD = "TernMQ storage rocksdb, format ";

    /** Which keyspaces are which column families, and how. */
    private static final int FORMAT = 1;

    private final Path folder;

    FormatFile(Path folder) {
        this.folder = folder;
    }

    /**
     * Looks at it; makes it where there is no database yet.
     *
     * @param exists whether there is a database
     */
    void check(boolean exists) {
        Path file = folder.resolve(NAME);
        try {
            if (!Files.exists(file)) {
                if (exists) {
                    throw new StorageException(
                            folder + " has a RocksDB that is not TernMQ's, or of an unknown format: there is "
                                    + "no file FORMAT. Name another folder (--data), or restore this one from a backup");
                }
                write();
                return;
            }
            String text = Files.readString(file, UTF_8);
            if (!text.equals(HEAD + FORMAT + "\n")) {
                throw new StorageException(file
                        + (text.startsWith(HEAD)
                                ? " says format "
                                        + text.substring(HEAD.length()).strip()
                                : " is not as TernMQ writes it, so the format is unknown")
                        + "; this version of the plugin reads format " + FORMAT
                        + ". Start the version that wrote it, or begin with an empty folder (--data)");
            }
        } catch (AccessDeniedException e) {
            throw new StorageException("cannot use " + file + ": access denied", e);
        } catch (IOException e) {
            throw new StorageException("cannot read or write " + file + ": " + e.getMessage(), e);
        }
    }

    /** At once, and on the disk before the database is. */
    void write() throws IOException {
        Path unfinished = folder.resolve(NAME + ".tmp");
        try (FileChannel channel = FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap((HEAD + FORMAT + "\n").getBytes(UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(unfinished, folder.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
    }
}
