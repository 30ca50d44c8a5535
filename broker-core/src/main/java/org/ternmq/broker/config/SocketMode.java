package org.ternmq.broker.config;

import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Who may use a Unix domain socket.
 *
 * @param permissions of its file
 */
public record SocketMode(Set<PosixFilePermission> permissions) {
    /** Of the socket's owner and group, and nobody else: 0660. */
    public static final SocketMode DEFAULT = parse("0660");

    /** Copies. */
    public SocketMode {
        permissions = Set.copyOf(permissions);
    }

    /**
     * Reads an octal mode such as {@code 0660}.
     *
     * @throws IllegalArgumentException if the text has another form
     */
    public static SocketMode parse(String text) {
        if (!text.matches("0?[0-7]{3}")) {
            throw new IllegalArgumentException(text);
        }
        int bits = Integer.parseInt(text, 8);
        StringBuilder letters = new StringBuilder();
        for (int i = 8; i >= 0; i--) {
            letters.append((bits >> i & 1) == 0 ? '-' : "xwr".charAt(i % 3));
        }
        return new SocketMode(PosixFilePermissions.fromString(letters.toString()));
    }
}
