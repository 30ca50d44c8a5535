package org.ternmq.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A file system in memory of a size that a test can fill. Only root on Linux can have one. */
final class SmallDisk implements AutoCloseable {
    private static final int SECONDS = 30;

    private final Path at;

    private SmallDisk(Path at) {
        this.at = at;
    }

    /** Makes a folder such a disk; empty where this is not possible. */
    static Optional<SmallDisk> mount(Path at, int mib) throws IOException, InterruptedException {
        Files.createDirectories(at);
        return run("mount", "-t", "tmpfs", "-o", "size=" + mib + "m", "ternmq-test", at.toString())
                ? Optional.of(new SmallDisk(at))
                : Optional.empty();
    }

    /** Makes it larger, so that it is not full any more. */
    void resize(int mib) throws IOException, InterruptedException {
        remount("size=" + mib + "m");
    }

    void makeReadOnly() throws IOException, InterruptedException {
        remount("ro");
    }

    private void remount(String option) throws IOException, InterruptedException {
        if (!run("mount", "-o", "remount," + option, at.toString())) {
            throw new IOException(at + " cannot be mounted again with " + option);
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        if (!run("umount", at.toString()) && !run("umount", "-l", at.toString())) {
            throw new IOException(at + " cannot be unmounted");
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        if (!Files.isDirectory(Path.of("/proc/self"))) {
            return false; // not Linux
        }
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return false; // there is no such program
        }
        return process.waitFor(SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
    }
}
