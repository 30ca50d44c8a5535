package org.ternmq.auth.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A service on this machine that answers as a test wants it. */
final class TestService implements AutoCloseable {
    /** Answers one question. */
    interface Behaviour {
        void answer(HttpExchange exchange, String question) throws Exception;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> questions = new CopyOnWriteArrayList<>();
    private volatile Behaviour behaviour;

    private TestService(HttpServer server, Behaviour behaviour) {
        this.server = server;
        this.behaviour = behaviour;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    static TestService plain(Behaviour behaviour) throws IOException {
        return new TestService(
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50), behaviour);
    }

    static TestService tls(SSLContext context, Behaviour behaviour) throws IOException {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        return new TestService(server, behaviour);
    }

    static Behaviour json(String answer) {
        return (exchange, question) -> send(exchange, 200, answer);
    }

    static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            String question = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            questions.add(question);
            behaviour.answer(exchange, question);
        } catch (Exception e) {
            // the client went away, or the test is over
        }
    }

    void behave(Behaviour other) {
        behaviour = other;
    }

    /** All that was asked so far. */
    List<String> questions() {
        return questions;
    }

    String url(String scheme) {
        return scheme + "://127.0.0.1:" + server.getAddress().getPort() + "/auth";
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    /** The value of a header, null if it is not there. */
    static @Nullable String header(HttpExchange exchange, String name) {
        return exchange.getRequestHeaders().getFirst(name);
    }
}
