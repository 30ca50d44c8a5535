package org.ternmq.broker.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * CPU time and memory of a process, from Linux's {@code /proc}.
 *
 * @param directory {@code /proc/PID}
 */
record ProcessProbe(Path directory) {
    /** The kernel counts user's and system's time in ticks of 1/100 s, on every platform that Java runs on. */
    private static final long NANOS_PER_TICK = TimeUnit.MILLISECONDS.toNanos(10);

    private static final int UTIME_AFTER_NAME = 11;

    static ProcessProbe of(long pid) {
        return new ProcessProbe(Path.of("/proc", Long.toString(pid)));
    }

    /** What the process has used so far, all threads together. */
    long cpuNanos() {
        String stat = read("stat");
        // The name of the program stands in parentheses and may contain blanks and parentheses.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[UTIME_AFTER_NAME]) + Long.parseLong(fields[UTIME_AFTER_NAME + 1]))
                * NANOS_PER_TICK;
    }

    /** Memory that is in RAM now, in bytes. */
    long residentBytes() {
        return read("status")
                .lines()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElse(0);
    }

    private String read(String file) {
        try {
            return Files.readString(directory.resolve(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new BenchException("cannot read " + directory.resolve(file) + ": is --pid right?", e);
        }
    }
}
