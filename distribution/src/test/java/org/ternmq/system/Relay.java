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
    private volatile Duration delay = Duration.ZERO;

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
        byte[] chunk = new byte[65_536];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                LockSupport.parkNanos(delay.toNanos());
                out.write(chunk, 0, count);
            }
        } catch (IOException e) {
            // cut
        }
    }

    /** Has everything that comes from now on wait before it goes on, in each direction. */
    void delay(Duration each) {
        delay = each;
    }

    /** Breaks every connection by RST, so that what is under way is lost on both sides. */
    void reset() throws IOException {
        List<Socket> now = List.copyOf(sockets);
        for (Socket socket : now) {
            if (!socket.isClosed()) {
                socket.setSoLinger(true, 0);
                socket.close();
            }
        }
        sockets.removeAll(now);
    }

    /** Breaks every connection. */
    void cut() throws IOException {
        List<Socket> now = List.copyOf(sockets);
        for (Socket socket : now) {
            socket.close();
        }
        sockets.removeAll(now);
    }

    @Override
    public void close() throws IOException {
        server.close();
        cut();
    }
}
