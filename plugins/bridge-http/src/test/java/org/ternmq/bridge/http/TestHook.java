package org.ternmq.bridge.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.jspecify.annotations.Nullable;

/** A web service on this machine that answers by the byte as a test wants it, also what no HTTP server would. */
final class TestHook implements AutoCloseable {
    /** A request as it came. */
    record Request(String line, Map<String, String> headers, byte[] body) {
        String header(String name) {
            String value = headers.get(name.toLowerCase(Locale.ROOT));
            if (value == null) {
                throw new AssertionError("no header " + name + " in " + headers);
            }
            return value;
        }

        List<JsonNode> messages() {
            try {
                List<JsonNode> all = new ArrayList<>();
                new ObjectMapper().readTree(body).path("messages").forEach(all::add);
                return all;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        List<String> payloads() {
            return messages().stream()
                    .map(each -> each.path("payload").asText())
                    .toList();
        }
    }

    /**
     * An answer.
     *
     * @param bytes what is sent
     * @param end what is done then
     */
    record Reply(String bytes, End end) {}

    /** What becomes of a connection after an answer. */
    enum End {
        KEEP,
        CLOSE,
        RESET,
        HANG
    }

    static Reply status(int status, String... headers) {
        String extra = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        return new Reply("HTTP/1.1 " + status + " X\r\n" + extra + "Content-Length: 2\r\n\r\nok", End.KEEP);
    }

    private final List<Request> taken = new CopyOnWriteArrayList<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile Function<Request, Reply> behaviour = request -> status(200);
    private volatile @Nullable ServerSocket server;
    private @Nullable Thread accepting;
    private @Nullable SSLContext tls;
    private boolean asksForCertificate;
    private int port;

    /** Speaks TLS from the next {@link #open} on. */
    void secure(SSLContext context, boolean asks) {
        tls = context;
        asksForCertificate = asks;
    }

    void behave(Function<Request, Reply> other) {
        behaviour = other;
    }

    /** All that was asked. */
    List<Request> requests() {
        return requests;
    }

    /** The payloads of what was answered with a status below 300. */
    List<String> payloads() {
        return taken.stream().flatMap(each -> each.payloads().stream()).toList();
    }

    int port() {
        return port;
    }

    void open() throws IOException {
        if (server != null) {
            return;
        }
        SSLContext context = tls;
        ServerSocket made = context == null
                ? ServerSocketFactory.getDefault().createServerSocket()
                : context.getServerSocketFactory().createServerSocket();
        if (made instanceof SSLServerSocket secured) {
            secured.setNeedClientAuth(asksForCertificate);
        }
        made.setReuseAddress(true);
        made.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        port = made.getLocalPort();
        server = made;
        accepting = thread(() -> accept(made));
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "hook");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                Socket socket = from.accept();
                sockets.add(socket);
                thread(() -> serve(socket));
            } catch (IOException e) {
                // closed, or no TLS
            }
        }
    }

    private void serve(Socket socket) {
        try {
            Request request = read(socket.getInputStream());
            while (request != null) {
                requests.add(request);
                Reply reply = behaviour.apply(request);
                if (reply.bytes().startsWith("HTTP/1.1 2")) {
                    taken.add(request);
                }
                socket.getOutputStream().write(reply.bytes().getBytes(StandardCharsets.UTF_8));
                socket.getOutputStream().flush();
                switch (reply.end()) {
                    case KEEP -> {}
                    case CLOSE -> socket.close();
                    case RESET -> {
                        socket.setSoLinger(true, 0);
                        socket.close();
                    }
                    case HANG -> {
                        return;
                    }
                }
                request = read(socket.getInputStream());
            }
        } catch (IOException e) {
            // the client has gone, or the test is over
        }
    }

    private static @Nullable Request read(InputStream in) throws IOException {
        String first = line(in);
        if (first.isEmpty()) {
            return null;
        }
        Map<String, String> headers = new HashMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return new Request(
                first, headers, in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0"))));
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            bytes.write(b);
        }
        return bytes.toString(StandardCharsets.ISO_8859_1).strip();
    }

    /** Nobody is there any more; what came stays. */
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

    @Override
    public void close() throws Exception {
        shut();
    }
}
