package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a {@link KilledWriter}, kills it, and tells what it said last. */
final class KillTrial {
    private static final int START_SECONDS = 60;

    private final Class<? extends StorageFixture> test;
    private final Path folder;

    KillTrial(Class<? extends StorageFixture> test, Path folder) {
        this.test = test;
        this.folder = folder;
    }

    /**
     * Starts a writer and kills it after that time, maybe while it opens the store.
     *
     * @return the number of the last group that was written for all the writer knew, or 0
     */
    long killWithin(long milliseconds) throws IOException, InterruptedException {
        return run(milliseconds, begun -> {});
    }

    /**
     * Starts a writer, waits for its first group and then for that time, and kills it.
     *
     * @param meanwhile is run after the first group
     * @return the number of the last group that was written for all the writer knew
     */
    long killAfter(long milliseconds, Runnable meanwhile) throws IOException, InterruptedException {
        return run(milliseconds, begun -> {
            assertThat(begun.await(START_SECONDS, TimeUnit.SECONDS))
                    .as("the writer begins")
                    .isTrue();
            meanwhile.run();
        });
    }

    private interface Start {
        void await(CountDownLatch begun) throws InterruptedException;
    }

    private long run(long milliseconds, Start start) throws IOException, InterruptedException {
        Path complaints = Files.createTempFile("killed-writer", ".txt");
        Process process =
                new ProcessBuilder(command()).redirectError(complaints.toFile()).start();
        try {
            CountDownLatch begun = new CountDownLatch(1);
            FutureTask<Long> last = new FutureTask<>(() -> lastNumber(process, begun));
            new Thread(last, "killed-writer-output").start();
            start.await(begun);
            if (process.waitFor(milliseconds, TimeUnit.MILLISECONDS)) {
                fail("the writer ended by itself: " + Files.readString(complaints));
            }
            // SIGKILL where there are signals; Process.destroyForcibly would also drop output that is not read yet.
            process.toHandle().destroyForcibly();
            assertThat(process.waitFor(START_SECONDS, TimeUnit.SECONDS))
                    .as("the writer is dead")
                    .isTrue();
            return last.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the writer's output cannot be read", e);
        } finally {
            process.destroyForcibly();
            Files.delete(complaints);
        }
    }

    private List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-ea", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        String logging = System.getProperty("logback.configurationFile");
        if (logging != null) {
            command.add("-Dlogback.configurationFile=" + logging);
        }
        command.addAll(List.of("-cp", absolute(System.getProperty("java.class.path"))));
        command.addAll(List.of(KilledWriter.class.getName(), test.getName(), folder.toString()));
        return command;
    }

    private static String absolute(String classPath) {
        List<String> entries = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            entries.add(Path.of(entry).toAbsolutePath().toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    private static long lastNumber(Process process, CountDownLatch begun) throws IOException {
        long last = 0;
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(KilledWriter.WRITTEN)) {
                    last = Long.parseLong(line.substring(KilledWriter.WRITTEN.length()));
                    begun.countDown();
                }
            }
        } finally {
            begun.countDown(); // it ended without a number: no need to wait for one
        }
        return last;
    }
}
