package org.ternmq.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.ternmq.broker.StartException.ExitCode;

/** The one folder that the broker writes to. */
final class DataFolder {
    private DataFolder() {}

    /** Makes it if it is not there, for its owner only. */
    static void make(Path data) throws StartException {
        try {
            if (Files.isDirectory(data)) {
                return;
            }
            if (data.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createDirectories(
                        data, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectories(data);
            }
        } catch (IOException e) {
            throw new StartException(ExitCode.STORAGE, "cannot make the data folder " + data + ": " + e, e);
        }
    }
}
