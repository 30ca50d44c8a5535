package org.ternmq.audit.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file that grows at its end, for its owner alone, and becomes {@code .1} when it is large: {@code .1} becomes {@code .2}, and
 * the oldest goes. Locked, so that no two write to it. After a failure the next call opens it again. Used by one thread at a
 * time.
 */
final class AuditFile implements AutoCloseable {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final Path path;
    private final long maxSize;
    private final int keep;
    private @Nullable FileChannel channel;
    private @Nullable Object key;
    private long size;

    /** Opens it. */
    AuditFile(Path path, long maxSize, int keep) throws IOException {
        this.path = path.toAbsolutePath().normalize();
        this.maxSize = maxSize;
        this.keep = keep;
        open();
    }

    /**
     * Adds whole lines, or nothing. They are with the operating system when this returns.
     *
     * @return whether it could also make a new file where one was due; if not, the old one goes on
     * @throws IOException if they are not in the file
     */
    boolean append(byte[] lines) throws IOException {
        FileChannel to = channel == null ? open() : channel;
        boolean turned = true;
        if (size > 0 && size + lines.length > maxSize) {
            turned = rotate();
            to = channel == null ? open() : channel;
        }
        ByteBuffer buffer = ByteBuffer.wrap(lines);
        try {
            while (buffer.hasRemaining()) {
                to.write(buffer);
            }
        } catch (IOException e) {
            takeBack(to);
            close();
            throw e;
        }
        size += lines.length;
        return turned;
    }

    /** What was written of a line is no line; if it cannot be taken back, the next opening puts a line feed behind it. */
    private void takeBack(FileChannel to) {
        try {
            to.truncate(size);
        } catch (IOException e) {
            // said with what was to be written
        }
    }

    /** Makes a file that somebody has removed or renamed anew. */
    void followPath() throws IOException {
        if (channel != null && key != null && !key.equals(keyOfPath())) {
            close();
        }
        if (channel == null) {
            open();
        }
    }

    private FileChannel open() throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileSystemException(path.toString(), null, "it is not a regular file");
        }
        boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] mode = posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
        FileChannel opened = FileChannel.open(
                path, Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS), mode);
        try {
            if (opened.tryLock() == null) {
                throw new FileSystemException(path.toString(), null, "another process writes to it");
            }
            if (posix) {
                Files.setPosixFilePermissions(path, OWNER_ONLY);
            }
            size = opened.size();
            if (size > 0 && !endsWithALine()) {
                opened.write(ByteBuffer.wrap(new byte[] {'\n'}));
                size++;
            }
            key = keyOfPath();
        } catch (OverlappingFileLockException e) {
            opened.close();
            throw new FileSystemException(path.toString(), null, "another audit log of this broker writes to it");
        } catch (IOException e) {
            opened.close();
            throw e;
        }
        channel = opened;
        return opened;
    }

    private boolean endsWithALine() throws IOException {
        try (FileChannel reader = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            return reader.read(last, size - 1) == 1 && last.get(0) == '\n';
        }
    }

    private @Nullable Object keyOfPath() throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Renames the newest first: where that cannot be done, the older ones must not move on and out. */
    private boolean rotate() {
        try {
            if (!Files.exists(old(0))) {
                Files.move(path, old(0));
            }
            for (int i = keep - 1; i >= 0; i--) {
                if (Files.exists(old(i))) {
                    Files.move(old(i), old(i + 1), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            if (Files.exists(path)) {
                return rotate(); // an earlier attempt had ended half-way
            }
            close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private Path old(int number) {
        return path.resolveSibling(path.getFileName() + "." + number);
    }

    /** Closes it until the next call. */
    @Override
    public void close() throws IOException {
        FileChannel closing = channel;
        channel = null;
        if (closing != null) {
            closing.close();
        }
    }
}
