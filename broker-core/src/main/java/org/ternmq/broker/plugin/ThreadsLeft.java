package org.ternmq.broker.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds threads that a plugin has left running after all of its instances were closed, ends them if it can, and names them. */
final class ThreadsLeft {
    private static final Logger LOG = LoggerFactory.getLogger(ThreadsLeft.class);
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(1);

    private ThreadsLeft() {}

    /**
     * Interrupts what is left and waits for a moment.
     *
     * @param plugin for the log
     * @param loader that of the plugin
     * @return the names of those that do not end
     */
    static List<String> end(String plugin, ClassLoader loader) {
        List<Thread> left = of(loader);
        if (left.isEmpty()) {
            return List.of();
        }
        left.forEach(Thread::interrupt);
        List<String> staying = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE;
        for (Thread thread : left) {
            if (endsBy(thread, deadline)) {
                LOG.info(
                        "Plugin {} left the thread '{}' running; it was interrupted and has ended",
                        plugin,
                        thread.getName());
            } else {
                staying.add(thread.getName());
                StackTraceElement[] stack = thread.getStackTrace();
                LOG.warn(
                        "Plugin {} left the thread '{}' running, which does not end when interrupted and keeps the plugin"
                                + " in memory; it is at {}",
                        plugin,
                        thread.getName(),
                        stack.length == 0 ? "its end" : stack[0]);
            }
        }
        return staying;
    }

    private static boolean endsBy(Thread thread, long deadline) {
        try {
            thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }

    /** Threads whose class is the plugin's, or that look for classes with it; not the caller. */
    private static List<Thread> of(ClassLoader loader) {
        List<Thread> found = new ArrayList<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            boolean its = thread.getClass().getClassLoader() == loader
                    || (thread.getContextClassLoader() == loader && !isOfThePlatform(thread));
            if (its && thread != Thread.currentThread() && thread.isAlive()) {
                found.add(thread);
            }
        }
        return found;
    }

    /** The JDK's own, such as the one that waits for child processes, are in the topmost group, whoever had them started. */
    private static boolean isOfThePlatform(Thread thread) {
        ThreadGroup group = thread.getThreadGroup();
        return group == null || group.getParent() == null;
    }
}
