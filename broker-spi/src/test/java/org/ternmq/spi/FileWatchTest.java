package org.ternmq.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileWatchTest {
    @TempDir
    private Path folder;

    @Test
    void aFileThatIsBeingWrittenIsLeftAlone() throws Exception {
        Path file = Files.writeString(folder.resolve("watched"), "1");
        Semaphore seen = new Semaphore(0);
        FileWatch watch = new FileWatch(file, seen::release);
        watch.poll();
        Files.writeString(file, "22");
        watch.poll();
        assertThat(seen.availablePermits()).as("it may change still").isZero();
        Files.writeString(file, "333");
        watch.poll();
        assertThat(seen.availablePermits()).as("it has changed again").isZero();
        watch.poll();
        assertThat(seen.availablePermits()).isEqualTo(1);
        watch.poll();
        assertThat(seen.availablePermits()).as("once").isEqualTo(1);
        Files.delete(file);
        watch.poll();
        watch.poll();
        assertThat(seen.availablePermits()).as("gone is a change").isEqualTo(2);
    }
}
