package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that were written for Mosquitto, and by whoever. */
final class InputFiles {
    /** More is no file of this kind. */
    static final int MAX_BYTES = 16 << 20;

    private final Path folder;

    /**
     * Below a folder.
     *
     * @param folder that of the configuration
     */
    InputFiles(Path folder) {
        this.folder = folder;
    }

    /** Mosquitto takes names from the folder it was started in, which nobody knows: from that of the configuration, or from this one. */
    Path resolve(String name) {
        Path beside = folder.resolve(name).normalize();
        return Files.exists(beside) ? beside : Path.of(name).toAbsolutePath().normalize();
    }

    /**
     * The lines of a text.
     *
     * @throws IOException with words for people if it is no regular file, too large or no UTF-8
     */
    static String[] lines(Path file) throws IOException {
        return text(file).split("\r?\n", -1);
    }

    static String text(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + " is a folder");
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException(Files.exists(file) ? file + " is no regular file" : file + " is not there");
        }
        if (!Files.isReadable(file)) {
            throw new IOException(file + " may not be read by this user");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        }
        if (bytes.length > MAX_BYTES) {
            throw new IOException(file + " is larger than 16MiB");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is no UTF-8 text", e);
        }
    }

    /** What keeps a file from being used, or nothing. */
    static String problem(Path file) {
        try {
            text(file);
            return "";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
