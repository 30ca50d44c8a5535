package org.ternmq.bridge.kafka;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Stands before a port and can be away. Used by one test at a time. */
final class TestRelay {
    private final int target;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private @Nullable ServerSocket server;
    private @Nullable Thread accepting;

    TestRelay(int target) throws IOException {
        this.target = target;
        this.port = TestKafka.freePort();
    }

    int port() {
        return port;
    }

    void open() throws IOException {
        if (server == null) {
            ServerSocket made = new ServerSocket();
            made.setReuseAddress(true);
            made.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            server = made;
            accepting = thread(() -> accept(made));
        }
    }

    void shut() throws Exception {
        ServerSocket was = server;
        server = null;
        if (was != null) {
            was.close();
        }
        if (accepting != null) {
            accepting.join(); // until then the port is not free
            accepting = null;
        }
        for (Socket each : sockets) {
            each.close();
        }
        sockets.clear();
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "relay");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                Socket client = from.accept();
                Socket there = new Socket(InetAddress.getLoopbackAddress(), target);
                sockets.add(client);
                sockets.add(there);
                thread(() -> copy(client, there));
                thread(() -> copy(there, client));
                if (from.isClosed()) {
                    client.close();
                    there.close();
                }
            } catch (IOException e) {
                // closed
            }
        }
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // cut
        }
    }
}
