package org.ternmq.system;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.ternmq.system.RawClient.Connect;

/**
 * Keeps a persistent session connected over the deaths of the broker. Runs on a thread of its own; any thread may ask for a
 * pause or the end.
 */
final class Reconnecting {
    /** What is done with a connection, again and again. */
    interface Work {
        /** The session goes on: first of all, send again what was not acknowledged (MQTT5-4.4.0-1). */
        void resumed(RawClient client) throws IOException;

        /** A short piece of work. Returns true to end this connection. */
        boolean step(RawClient client) throws IOException;

        /** After a connection has ended, however it ended: how long to stay away. */
        Duration away();
    }

    private final int version;
    private final String clientId;
    private final IntSupplier port;
    private final Work work;
    private final Thread thread;
    private volatile boolean paused;
    private volatile boolean connected;
    private volatile boolean stopped;
    private volatile @Nullable Throwable failure;

    /** Does not start yet; the session must exist on the broker before. */
    Reconnecting(int version, String clientId, IntSupplier port, Work work) {
        this.version = version;
        this.clientId = clientId;
        this.port = port;
        this.work = work;
        thread = new Thread(this::run, clientId);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Leaves, and stays away until {@link #resume()}; returns when it has left. */
    void pause() {
        paused = true;
        while (connected && thread.isAlive()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    void resume() {
        paused = false;
    }

    /** Ends for good. */
    void stop() throws InterruptedException {
        stopped = true;
        thread.join(30_000);
        checkAlive(thread.isAlive() ? new IllegalStateException(clientId + " does not stop") : failure);
    }

    /** Throws what has gone wrong, if something has. */
    void check() {
        checkAlive(failure);
    }

    private void checkAlive(@Nullable Throwable wrong) {
        if (wrong != null) {
            throw new AssertionError(clientId + ": " + wrong.getMessage(), wrong);
        }
    }

    private void run() {
        try {
            while (!stopped) {
                if (paused) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                } else {
                    connected = true;
                    try {
                        connectOnce();
                    } finally {
                        connected = false;
                    }
                }
            }
        } catch (RuntimeException | Error e) {
            failure = e;
        }
    }

    private void connectOnce() {
        try (RawClient client = RawClient.connect(
                port.getAsInt(), version, Connect.persistent(clientId).keepAlive(0))) {
            if (!client.sessionPresent()) {
                throw new IllegalStateException("its session is lost");
            }
            work.resumed(client);
            boolean leave = false;
            while (!stopped && !paused && !leave) {
                leave = work.step(client);
            }
            if (stopped) {
                client.disconnect();
            }
        } catch (IOException e) {
            // The broker is gone, or this client was cut off by its death: try again.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            return;
        }
        LockSupport.parkNanos(work.away().toNanos());
    }
}
