package org.ternmq.broker.transport;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.config.SocketMode;

/**
 * The file of a Unix domain socket. It is bound in a folder that only the broker can enter and moved to its place when it has
 * its mode, so that nobody comes in before. Used by one thread.
 */
final class UnixSocket {
    private static final Logger LOG = LoggerFactory.getLogger(UnixSocket.class);
    private static final int TYPE = 0170000;
    private static final int SOCKET = 0140000;

    private final Path path;
    private final SocketMode mode;
    private final Path folder;
    private @Nullable Object fileKey;

    /**
     * Looks whether the path is free; a socket that nobody answers on is removed when the new one takes its place.
     *
     * @throws IOException if something else is there, or somebody answers
     */
    UnixSocket(Path path, SocketMode mode) throws IOException {
        this.path = path;
        this.mode = mode;
        checkFree();
        Path parent = path.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new IOException("the folder " + parent + " is not there");
        }
        folder = Files.createTempDirectory(
                parent, ".", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private void checkFree() throws IOException {
        int type;
        try {
            type = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & TYPE;
        } catch (NoSuchFileException e) {
            return;
        }
        if (type != SOCKET) {
            throw new IOException("there is a file that is not a socket");
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new IOException("somebody listens on it already" + (probe.isConnected() ? "" : "?"));
        } catch (ConnectException e) {
            LOG.info("Removing the socket {}, on which nobody listens", path);
        }
    }

    /** Where to bind. */
    Path bindAt() {
        return folder.resolve("s");
    }

    /** Is bound: gives it its mode and its place. */
    void bound() throws IOException {
        Path made = bindAt();
        Files.setPosixFilePermissions(made, mode.permissions());
        fileKey = key(made);
        Files.move(made, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.delete(folder);
    }

    private static @Nullable Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    /** Removes what this object has made and nobody has replaced. */
    void remove() {
        try {
            Files.deleteIfExists(bindAt());
            Files.deleteIfExists(folder);
            if (fileKey != null
                    && Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                    && Objects.equals(fileKey, key(path))) {
                Files.delete(path);
            }
        } catch (IOException e) {
            LOG.warn("Cannot remove the socket {}: {}", path, e.toString());
        }
    }
}
