package org.ternmq.broker.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProcessProbeTest {
    @Test
    void readsWhatTheKernelWrites(@TempDir Path directory) throws IOException {
        Files.writeString(
                directory.resolve("stat"),
                "42 (a b) c) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 3 0 100 1000 10 18446744073709551615 1 1");
        Files.writeString(directory.resolve("status"), "Name:\tx\nVmHWM:\t 900 kB\nVmRSS:\t    123 kB\nThreads:\t3\n");
        ProcessProbe probe = new ProcessProbe(directory);
        assertThat(probe.cpuNanos()).isEqualTo(2_000_000_000L);
        assertThat(probe.residentBytes()).isEqualTo(123 * 1024);
    }

    @Test
    void aProcessThatIsNotThereIsSaid(@TempDir Path directory) {
        assertThatThrownBy(() -> new ProcessProbe(directory).cpuNanos())
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("--pid");
    }
}
