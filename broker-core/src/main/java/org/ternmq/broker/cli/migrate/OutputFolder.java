package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;

/** A new folder, for its owner only: it holds hashes and passwords. */
final class OutputFolder {
    private final Path folder;

    private OutputFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Makes it.
     *
     * @throws IOException if something is in it already, or it cannot be made
     */
    static OutputFolder make(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> inside = Files.list(folder)) {
                if (inside.findAny().isPresent()) {
                    throw new IOException(folder + " is not empty: name a new folder");
                }
            }
        } else {
            if (folder.getParent() != null) {
                Files.createDirectories(folder.getParent());
            }
            Files.createDirectory(folder, mode(folder, "rwx------"));
        }
        return new OutputFolder(folder);
    }

    /** The one that was made before. */
    static OutputFolder existing(Path folder) {
        return new OutputFolder(folder);
    }

    void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createFile(file, mode(folder, "rw-------"));
        Files.write(file, text.getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    private static FileAttribute<?>[] mode(Path folder, String mode) {
        Set<String> views = folder.getFileSystem().supportedFileAttributeViews();
        return views.contains("posix")
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))}
                : new FileAttribute<?>[0];
    }
}
