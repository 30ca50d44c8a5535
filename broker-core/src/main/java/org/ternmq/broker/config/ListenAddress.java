package org.ternmq.broker.config;

import java.nio.file.Path;

/** Where a listener listens: a port, or a Unix domain socket. */
public sealed interface ListenAddress permits BindAddress, SocketPath {
    /**
     * Reads {@code host:port} or {@code unix:path}.
     *
     * @param base what relative paths are relative to
     * @throws IllegalArgumentException if the text has another form
     */
    static ListenAddress parse(String text, Path base) {
        return text.startsWith(SocketPath.PREFIX) ? SocketPath.parse(text, base) : BindAddress.parse(text);
    }

    /** Whether only this machine can reach it; false for a name that does not resolve. */
    boolean isLoopback();

    /** Whether the two cannot be open at once. */
    boolean clashesWith(ListenAddress other);
}
