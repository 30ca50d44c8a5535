package org.ternmq.broker.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs of life for systemd, which starts a service again that gives none for {@code WatchdogSec}: three within that time, by
 * {@code systemd-notify}, and none while something does not go on. Owner: its thread.
 */
final class SystemdWatchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SystemdWatchdog.class);

    /** Gives one. */
    interface Sign {
        /**
         * Once.
         *
         * @throws IOException if it cannot be given
         */
        void give() throws IOException, InterruptedException;
    }

    private final Supplier<List<String>> stalled;
    private final Sign sign;
    private final ScheduledThreadPoolExecutor executor;
    private boolean told;

    private SystemdWatchdog(Supplier<List<String>> stalled, Sign sign) {
        this.stalled = stalled;
        this.sign = sign;
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "systemd-watchdog");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Begins, if systemd wants it of this process. */
    static SystemdWatchdog start(Map<String, String> environment, Supplier<List<String>> stalled) {
        return start(environment, ProcessHandle.current().pid(), stalled, SystemdWatchdog::notifySystemd);
    }

    /**
     * Begins, if the environment wants it of the process.
     *
     * @param stalled what does not go on, in words
     */
    static SystemdWatchdog start(Map<String, String> environment, long pid, Supplier<List<String>> stalled, Sign sign) {
        SystemdWatchdog made = new SystemdWatchdog(stalled, sign);
        String micros = environment.getOrDefault("WATCHDOG_USEC", "");
        String whose = environment.getOrDefault("WATCHDOG_PID", "");
        if (micros.matches("[1-9][0-9]{0,15}")
                && environment.containsKey("NOTIFY_SOCKET")
                && (whose.isEmpty() || whose.equals(Long.toString(pid)))) {
            long every = Math.max(1, Long.parseLong(micros) / 3);
            made.executor.scheduleAtFixedRate(made::look, 0, every, TimeUnit.MICROSECONDS);
        }
        return made;
    }

    private void look() {
        List<String> problems = stalled.get();
        if (!problems.isEmpty()) {
            if (!told) {
                told = true;
                LOG.error("systemd gets no sign of life any more: {}", String.join("; ", problems));
            }
            return;
        }
        told = false;
        try {
            sign.give();
        } catch (IOException e) {
            LOG.error("systemd cannot be given a sign of life: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void notifySystemd() throws IOException, InterruptedException {
        int exit = new ProcessBuilder("systemd-notify", "WATCHDOG=1")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (exit != 0) {
            throw new IOException("systemd-notify ended with " + exit);
        }
    }

    /** Gives no more. */
    @Override
    public void close() {
        executor.shutdownNow();
    }
}
