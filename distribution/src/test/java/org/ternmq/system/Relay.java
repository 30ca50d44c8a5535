package org.ternmq.system;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/**
 * Stands between a client and the broker, so that a connection can break without either of them wanting it. Any thread may
 * cut it.
 */
final class Relay implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final IntSupplier target;
    private volatile boolean held;
    private volatile long delayNanos;

    Relay(int target) throws IOException {
        this(() -> target);
    }

    /** To a port that may be another one for each connection. */
    Relay(IntSupplier target) throws IOException {
        this.target = target;
        start("relay", this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                connect(server.accept());
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void connect(Socket client) throws IOException {
        Socket broker;
        try {
            broker = new Socket(InetAddress.getLoopbackAddress(), target.getAsInt());
        } catch (IOException e) { // nobody is there just now
            client.close();
            return;
        }
        sockets.add(client);
        sockets.add(broker);
        start("relay in", () -> copy(client, broker));
        start("relay out", () -> copy(broker, client));
    }

    private void copy(Socket from, Socket to) {
        byte[] bytes = new byte[8192];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                long wait = delayNanos;
                if (wait > 0) {
                    LockSupport.parkNanos(wait);
                }
                while (held && !from.isClosed()) {
                    LockSupport.parkNanos(1_000_000);
                }
                out.write(bytes, 0, read);
            }
        } catch (IOException e) {
            // cut
        }
    }

    /** Lets nothing through, both ways, without anybody being told. */
    void hold() {
        held = true;
    }

    /** Lets everything through again. */
    void release() {
        held = false;
    }

    /** Has what is read at once wait for so long, from now on. */
    void delay(Duration time) {
        delayNanos = time.toNanos();
    }

    /** Breaks every connection. */
    void cut() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        cut();
    }
}
