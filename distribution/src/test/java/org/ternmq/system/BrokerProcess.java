package org.ternmq.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A broker that runs as a child process. Any thread may ask it and end it. */
final class BrokerProcess implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("TernMQ (\\S+) ready\\b.*");
    private static final Pattern LISTENER = Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]*)=(\\S+):(\\d+)");
    private static final Duration START = Duration.ofSeconds(60);

    private final Process process;
    private final Path folder;
    private final Output out;
    private final Output err;
    private final long startedAt = System.nanoTime();
    private volatile Map<String, Integer> ports = Map.of();
    private volatile Duration startTime = Duration.ZERO;

    BrokerProcess(ProcessBuilder command, Path folder) throws IOException {
        this(command, folder, line -> true);
    }

    /** Keeps only some of the lines that it writes. */
    BrokerProcess(ProcessBuilder command, Path folder, Predicate<String> kept) throws IOException {
        this.folder = folder;
        process = command.start();
        out = new Output("out of broker " + process.pid(), process.getInputStream());
        err = new Output("err of broker " + process.pid(), process.getErrorStream(), kept);
    }

    /** Waits for the line that says every listener is open, and reads the ports from it. */
    void awaitReady() {
        Optional<String> line = out.await(l -> READY.matcher(l).matches(), START);
        startTime = Duration.ofNanos(System.nanoTime() - startedAt);
        if (line.isEmpty()) {
            String state = process.isAlive()
                    ? "is not ready after " + START.toSeconds() + " s"
                    : "has ended with " + process.exitValue();
            throw new AssertionError("the broker " + state + "; it said:\n" + log());
        }
        Map<String, Integer> found = new LinkedHashMap<>();
        Matcher m = LISTENER.matcher(line.get());
        while (m.find()) {
            found.put(m.group(1), Integer.valueOf(m.group(3)));
        }
        ports = found;
    }

    /** The line that says that it is ready. */
    String readyLine() {
        return out.await(l -> READY.matcher(l).matches(), Duration.ZERO).orElseThrow();
    }

    /** From the start of the process to the ready line. */
    Duration startTime() {
        return startTime;
    }

    /** The port of the listener {@code mqtt}. */
    int port() {
        return port("mqtt");
    }

    int port(String listener) {
        Integer port = ports.get(listener);
        if (port == null) {
            throw new AssertionError("no listener " + listener + " in: " + out.text());
        }
        return port;
    }

    Map<String, Integer> ports() {
        return ports;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** What it has written so far, both streams. */
    List<String> lines() {
        return Stream.concat(out.lines().stream(), err.lines().stream()).toList();
    }

    /** A line it writes, or has written. */
    Optional<String> awaitLine(String part, Duration timeout) {
        Optional<String> line = err.await(l -> l.contains(part), timeout);
        return line.isPresent() ? line : out.await(l -> l.contains(part), Duration.ZERO);
    }

    /** Lines that say that something is wrong with the broker itself. */
    List<String> faults() {
        return lines().stream()
                .filter(l -> l.contains(" ERROR ") || l.contains("AssertionError") || l.contains("LEAK:"))
                .toList();
    }

    String log() {
        return String.join("\n", lines());
    }

    /** SIGKILL: the process has no say in it. Returns when it is gone. */
    void kill9() {
        process.destroyForcibly();
        waitForExit(Duration.ofSeconds(60)); // what it was writing is written first
    }

    /** SIGKILL, and no waiting. */
    void destroy() {
        process.destroyForcibly();
    }

    void sigterm() {
        process.destroy();
    }

    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                .inheritIO()
                .start();
        if (kill.waitFor() != 0) {
            throw new AssertionError("kill -" + name + " failed");
        }
    }

    /** The exit code. */
    int waitForExit(Duration timeout) {
        try {
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the broker runs on after " + timeout + "; it said:\n" + log());
            }
            out.awaitEnd();
            err.awaitEnd();
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted while waiting for the broker's end", e));
        }
    }

    /** SIGTERM, and the exit code. */
    int stop() {
        sigterm();
        return waitForExit(Duration.ofSeconds(20));
    }

    /** Ends it, whatever it takes. */
    @Override
    public void close() {
        if (process.isAlive()) {
            kill9();
        }
    }

    @Override
    public String toString() {
        return "broker " + pid() + " in " + folder;
    }
}
