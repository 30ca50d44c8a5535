package org.ternmq.auth.ldap;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that misbehaves on every connection in the same way. */
final class BadServer implements AutoCloseable {
    /** What it does. */
    enum Way {
        /** Takes connections and says nothing. */
        SILENT(""),
        /** Writes what is no LDAP. */
        GARBAGE("485454502F312E31203430302042616420526571756573740D0A0D0A"),
        /** A length that nobody has memory for. */
        ENDLESS("30847FFFFFFF020101618400"),
        /** Closes at once. */
        CLOSES(""),
        /** Closes in the middle of the answer to a bind. */
        DIES("300C0201016107"),
        /** Agrees to StartTLS (message 1), then says nothing. */
        SILENT_IN_TLS("300C02010178070A010004000400"),
        /** Accepts the bind of message 1, then says nothing. */
        SILENT_AFTER_BIND("300C02010161070A010004000400"),
        /** Answers a byte now and then, and never to the end: 80 bytes to come. */
        DRIPS("3050");

        private final byte[] bytes;

        Way(String hex) {
            bytes = HexFormat.of().parseHex(hex);
        }
    }

    private final Way way;
    private final ServerSocket listener;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    BadServer(Way way) throws IOException {
        this.way = way;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "bad server");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                connections.incrementAndGet();
                sockets.add(socket);
                daemon(() -> serve(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try {
            switch (way) {
                case CLOSES -> socket.close();
                case DIES -> {
                    socket.getInputStream().read();
                    socket.getOutputStream().write(way.bytes);
                    socket.close();
                }
                case DRIPS -> {
                    socket.getInputStream().read();
                    socket.getOutputStream().write(way.bytes);
                    socket.setSoTimeout(200);
                    while (!socket.isClosed()) {
                        socket.getOutputStream().write(0);
                        try {
                            while (socket.getInputStream().read() >= 0) {}
                            return;
                        } catch (java.net.SocketTimeoutException e) {
                            // time for another byte
                        }
                    }
                }
                case SILENT, GARBAGE, ENDLESS, SILENT_IN_TLS, SILENT_AFTER_BIND -> {
                    if (way.bytes.length > 0) {
                        socket.getInputStream().read();
                        socket.getOutputStream().write(way.bytes);
                    }
                    while (socket.getInputStream().read() >= 0) {}
                }
            }
        } catch (IOException e) {
            // closed
        }
    }

    int connections() {
        return connections.get();
    }

    int port() {
        return listener.getLocalPort();
    }

    String url() {
        return "ldap://127.0.0.1:" + port();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
