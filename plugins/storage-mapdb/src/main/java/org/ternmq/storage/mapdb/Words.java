package org.ternmq.storage.mapdb;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Says what the system says, with the file, and without names of classes where there is a word for it. */
final class Words {
    private Words() {}

    static String of(IOException e) {
        if (e instanceof AccessDeniedException) {
            return e.getMessage() + ": access denied";
        }
        if (e instanceof NoSuchFileException) {
            return e.getMessage() + ": no such file";
        }
        if (e instanceof FileSystemException) {
            return String.valueOf(e.getMessage());
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
