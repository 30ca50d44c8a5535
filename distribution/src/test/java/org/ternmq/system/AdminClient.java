package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Asks a broker's admin interface.
 *
 * @param port its port
 * @param token sent with each request, if it is not empty
 */
record AdminClient(int port, String token) {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** What came back. */
    record Answer(int status, HttpHeaders headers, String body) {
        Map<String, Object> json() throws IOException {
            return JSON.std.mapFrom(body);
        }

        List<Map<String, Object>> items() throws IOException {
            return ((List<?>) json().get("items"))
                    .stream().map(AdminClient::fields).toList();
        }

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }
    }

    static Map<String, Object> fields(Object object) {
        Map<String, Object> fields = new LinkedHashMap<>();
        ((Map<?, ?>) object).forEach((name, value) -> fields.put(String.valueOf(name), value));
        return fields;
    }

    /** With the first token. */
    static AdminClient of(BrokerProcess broker, BrokerFolder folder) throws IOException {
        return new AdminClient(
                broker.port("admin"),
                Files.readString(folder.data().resolve("admin-token")).strip());
    }

    AdminClient with(String otherToken) {
        return new AdminClient(port, otherToken);
    }

    Answer get(String path) throws Exception {
        return ask("GET", path, "", "");
    }

    Answer delete(String path) throws Exception {
        return ask("DELETE", path, "", "");
    }

    Answer post(String path, String json) throws Exception {
        return ask("POST", path, "application/json", json);
    }

    Answer put(String path, String json) throws Exception {
        return ask("PUT", path, "application/json", json);
    }

    Answer ask(String method, String path, String contentType, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        if (!contentType.isEmpty()) {
            request.header("Content-Type", contentType);
        }
        return answer(HTTP.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8)));
    }

    /** A whole list as lines. */
    List<String> lines(String path) throws Exception {
        HttpResponse<String> response = HTTP.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .header("Authorization", "Bearer " + token)
                        .header("Accept", "application/x-ndjson")
                        .build(),
                BodyHandlers.ofString(StandardCharsets.UTF_8));
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/x-ndjson");
        return response.body().lines().toList();
    }

    private static Answer answer(HttpResponse<String> response) {
        return new Answer(response.statusCode(), response.headers(), response.body());
    }

    /** Sends bytes as they are, and takes all that comes until the server closes. */
    String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
