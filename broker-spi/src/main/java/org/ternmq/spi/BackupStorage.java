package org.ternmq.spi;

import java.nio.file.Path;

/** A storage that can copy itself while it is used. One that cannot is copied while the broker is stopped. */
public interface BackupStorage extends Storage {
    /**
     * Writes a copy that {@link StorageFactory#open} opens. It has every group whose {@link #write} had returned when this was
     * called, of later ones a beginning in their order, and no part of a group. The copy is on the disk when this returns.
     *
     * <p>Called on any thread but an event loop, while other threads write and read, which must not wait for the copy; one call at a
     * time, and none after {@link #close} was called.
     *
     * @param directory an absolute path; does not exist, its parent does. Becomes what {@link PluginContext#dataDirectory()}
     *     of a closed store is. After an exception the caller removes what is there
     * @throws StorageException if the copy cannot be made; the storage itself goes on
     */
    void backup(Path directory);
}
