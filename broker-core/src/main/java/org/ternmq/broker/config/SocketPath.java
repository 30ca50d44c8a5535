package org.ternmq.broker.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * A Unix domain socket.
 *
 * @param path its file, absolute
 */
public record SocketPath(Path path) implements ListenAddress {
    static final String PREFIX = "unix:";

    /**
     * Reads {@code unix:/run/ternmq.sock}.
     *
     * @throws IllegalArgumentException if the text has another form
     */
    static SocketPath parse(String text, Path base) {
        String file = text.substring(PREFIX.length());
        if (file.isBlank()) {
            throw new IllegalArgumentException("no path behind unix:");
        }
        try {
            return new SocketPath(base.resolve(file).normalize());
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    @Override
    public boolean isLoopback() {
        return true;
    }

    @Override
    public boolean clashesWith(ListenAddress other) {
        return equals(other);
    }

    /** As it is written in the configuration. */
    @Override
    public String toString() {
        return PREFIX + path;
    }
}
