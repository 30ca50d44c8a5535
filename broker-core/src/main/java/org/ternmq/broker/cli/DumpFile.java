package org.ternmq.broker.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.ternmq.broker.journal.DumpCounts;
import org.ternmq.broker.journal.DumpException;

/** A file of records: it has its name when it is complete. It holds what people wrote to each other, and is for its owner only. */
final class DumpFile {
    /** Writes the records. */
    interface Body {
        DumpCounts write(OutputStream out) throws IOException, DumpException;
    }

    private DumpFile() {}

    /**
     * Writes a file.
     *
     * @param overwrite whether it may be there already
     * @throws DumpException if it is there already, or the records cannot be had
     * @throws IOException if it cannot be written
     */
    static DumpCounts write(Path to, boolean overwrite, Body body) throws IOException, DumpException {
        if (Files.exists(to) && !overwrite) {
            throw new DumpException(to + " is there already: --overwrite replaces it");
        }
        Path unfinished = to.resolveSibling(to.getFileName() + ".unfinished");
        Files.deleteIfExists(unfinished);
        boolean done = false;
        try {
            DumpCounts counts;
            FileAttribute<?>[] mode =
                    to.getFileSystem().supportedFileAttributeViews().contains("posix")
                            ? new FileAttribute<?>[] {
                                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                            }
                            : new FileAttribute<?>[0];
            try (FileChannel channel = FileChannel.open(
                    unfinished, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)) {
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
                counts = body.write(out);
                out.flush();
                channel.force(true);
            }
            Files.move(unfinished, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            done = true;
            return counts;
        } finally {
            if (!done) {
                Files.deleteIfExists(unfinished);
            }
        }
    }
}
