package org.ternmq.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The lines that a child process writes, kept as they come. Written by one reading thread, read by any. */
final class Output {
    private final List<String> lines = new ArrayList<>();
    private final Predicate<String> kept;
    private final Thread reader;

    Output(String name, InputStream in) {
        this(name, in, line -> true);
    }

    /** Also hands every line to somebody, on the reading thread. */
    Output(String name, InputStream in, Consumer<String> each) {
        this(name, in, line -> {
            each.accept(line);
            return true;
        });
    }

    /** Asks about every line, on the reading thread, whether it is to be kept. */
    Output(String name, InputStream in, Predicate<String> kept) {
        this.kept = kept;
        reader = new Thread(() -> read(in), name);
        reader.setDaemon(true);
        reader.start();
    }

    private void read(InputStream in) {
        try (BufferedReader text = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = text.readLine(); line != null; line = text.readLine()) {
                if (kept.test(line)) {
                    add(line);
                }
            }
        } catch (IOException e) {
            add("(the stream broke: " + e + ")");
        }
    }

    private synchronized void add(String line) {
        lines.add(line);
        notifyAll();
    }

    synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    String text() {
        return String.join("\n", lines());
    }

    /** The first line that is wanted, at once or when it comes; empty if the stream ends or the time passes before. */
    Optional<String> await(Predicate<String> wanted, Duration timeout) {
        long end = System.nanoTime() + timeout.toNanos();
        int seen = 0;
        while (true) {
            List<String> now = lines();
            for (; seen < now.size(); seen++) {
                if (wanted.test(now.get(seen))) {
                    return Optional.of(now.get(seen));
                }
            }
            boolean ended = !reader.isAlive();
            synchronized (this) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (lines.size() == seen) {
                    if (ended || left <= 0) {
                        return Optional.empty();
                    }
                    waitFor(Math.min(left, 50));
                }
            }
        }
    }

    private synchronized void waitFor(long millis) {
        try {
            wait(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted while waiting for output", e));
        }
    }

    /** Returns when the process has closed the stream and all of it has been read. */
    void awaitEnd() throws InterruptedException {
        reader.join(10_000);
    }
}
