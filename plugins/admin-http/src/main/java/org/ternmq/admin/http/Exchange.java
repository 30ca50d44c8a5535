package org.ternmq.admin.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.control.Page;
import org.ternmq.spi.control.PageRequest;
import org.ternmq.spi.control.Principal;

/** One request and its answer. Owner: the thread that serves it. */
final class Exchange {
    private static final int DEFAULT_LIMIT = 100;
    private static final String NDJSON = "application/x-ndjson";

    private final Request request;
    private final Response response;
    private final Callback callback;
    private final long maxBody;
    private final Duration timeout;
    private Map<String, String> pathParameters = Map.of();
    private Map<String, String> query = Map.of();
    private @Nullable Principal principal;

    Exchange(Request request, Response response, Callback callback, long maxBody, Duration timeout) {
        this.request = request;
        this.response = response;
        this.callback = callback;
        this.maxBody = maxBody;
        this.timeout = timeout;
    }

    // ---- what was asked

    String method() {
        return request.getMethod().equals("HEAD") ? "GET" : request.getMethod();
    }

    /** As it was sent. */
    String path() {
        String path = request.getHttpURI().getPath();
        return path == null ? "/" : path;
    }

    /** What it was asked by, without the port; empty if nothing was said. */
    String host() {
        String host = Request.getServerName(request);
        return host == null ? "" : host;
    }

    Optional<String> header(HttpHeader header) {
        return Optional.ofNullable(request.getHeaders().get(header));
    }

    InetAddress address() {
        return request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress inet
                ? inet.getAddress()
                : InetAddress.getLoopbackAddress();
    }

    void principal(Tokens.Holder holder) {
        Optional<InetSocketAddress> from =
                request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress inet
                        ? Optional.of(inet)
                        : Optional.empty();
        principal = new Principal(holder.name(), holder.role().toString(), from);
    }

    /** Who asks. */
    Principal principal() {
        Principal known = principal;
        if (known == null) {
            throw new IllegalStateException("nobody was asked for a token");
        }
        return known;
    }

    void pathParameters(Map<String, String> parameters) {
        pathParameters = parameters;
    }

    /** A part of the path. */
    String pathParameter(String name) {
        return Optional.ofNullable(pathParameters.get(name)).orElseThrow();
    }

    /** Takes the query apart; what is not known to the route is refused, so that a typing error does not widen a search. */
    void readQuery(Set<String> known) throws ApiException {
        String raw = request.getHttpURI().getQuery();
        if (raw == null || raw.isEmpty()) {
            return;
        }
        Map<String, String> read = new LinkedHashMap<>();
        for (String pair : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = decode(equals < 0 ? pair : pair.substring(0, equals), true);
            if (!known.contains(name)) {
                throw ApiException.badRequest("unknown parameter; expected one of: " + String.join(", ", known));
            }
            if (read.put(name, equals < 0 ? "" : decode(pair.substring(equals + 1), true)) != null) {
                throw ApiException.badRequest(name + ": given twice");
            }
        }
        query = read;
    }

    static String decode(String text, boolean plusIsSpace) throws ApiException {
        try {
            return URLDecoder.decode(plusIsSpace ? text : text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("a wrong %-escape");
        }
    }

    Optional<String> query(String name) {
        return Optional.ofNullable(query.get(name));
    }

    String required(String name) throws ApiException {
        return query(name).orElseThrow(() -> ApiException.badRequest(name + ": missing"));
    }

    Optional<Boolean> flag(String name) throws ApiException {
        Optional<String> text = query(name);
        if (text.isPresent() && !Set.of("true", "false").contains(text.get())) {
            throw ApiException.badRequest(name + ": expected true or false");
        }
        return text.map(Boolean::valueOf);
    }

    int limit() throws ApiException {
        Optional<String> text = query("limit");
        if (text.isEmpty()) {
            return DEFAULT_LIMIT;
        }
        if (!text.get().matches("[1-9]\\d{0,3}") || Integer.parseInt(text.get()) > PageRequest.MOST) {
            throw ApiException.badRequest("limit: expected 1 to " + PageRequest.MOST);
        }
        return Integer.parseInt(text.get());
    }

    /** The part of a list that is asked for. */
    PageRequest page() throws ApiException {
        Optional<String> after = query("after");
        try {
            return new PageRequest(
                    after.map(text -> new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8))
                            .orElse(""),
                    limit());
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("after: not what 'next' of a page was");
        }
    }

    /** The body. */
    <T> T body(Class<T> type) throws ApiException, IOException {
        String contentType = header(HttpHeader.CONTENT_TYPE).orElse("");
        if (!contentType.replaceAll("\\s*;.*", "").equalsIgnoreCase("application/json")) {
            throw new ApiException(415, "expected Content-Type: application/json");
        }
        if (request.getLength() > maxBody) {
            throw new ApiException(413, "the body is larger than max-request-size");
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try (InputStream in = Content.Source.asInputStream(request)) {
            byte[] buffer = new byte[8192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                read.write(buffer, 0, n);
                if (System.nanoTime() > deadline) {
                    throw new ApiException(408, "the body did not come in time");
                }
                if (read.size() > maxBody) {
                    throw new ApiException(413, "the body is larger than max-request-size");
                }
            }
        }
        try {
            T value = Json.MAPPER.readValue(read.toByteArray(), type);
            if (value == null) {
                throw ApiException.badRequest("the body is null");
            }
            return value;
        } catch (JsonProcessingException e) {
            throw ApiException.badRequest("the body is not what is expected here: " + e.getOriginalMessage());
        }
    }

    // ---- what is answered

    /** What a stage brings, within the time that a request may take. */
    <T> T await(CompletionStage<T> stage) throws ApiException, InterruptedException {
        return await(stage, timeout);
    }

    /** What a stage brings that may take longer than a request else may; the connection may be silent meanwhile. */
    <T> T awaitLong(CompletionStage<T> stage, Duration patience) throws ApiException, InterruptedException {
        request.addIdleTimeoutListener(late -> false);
        return await(stage, patience);
    }

    private static <T> T await(CompletionStage<T> stage, Duration patience) throws ApiException, InterruptedException {
        try {
            return stage.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalArgumentException wrong) {
                throw ApiException.badRequest(String.valueOf(wrong.getMessage()));
            }
            throw new IllegalStateException("the broker did not answer", e.getCause());
        } catch (TimeoutException e) {
            throw new ApiException(503, "the broker did not answer in time");
        }
    }

    void header(String name, String value) {
        response.getHeaders().put(name, value);
    }

    /** JSON. */
    void json(Object value) throws IOException {
        send(200, "application/json", Json.MAPPER.writeValueAsBytes(value));
    }

    void done() {
        response.setStatus(204);
        callback.succeeded();
    }

    void send(int status, String contentType, byte[] body) {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
        response.write(true, ByteBuffer.wrap(body), callback);
    }

    /** An error, without anything of what was asked in it. */
    void problem(int status, String detail) {
        if (response.isCommitted()) {
            callback.failed(new IOException(detail));
            return;
        }
        try {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("status", status);
            fields.put("detail", detail);
            send(status, "application/problem+json", Json.MAPPER.writeValueAsBytes(fields));
        } catch (JsonProcessingException e) {
            callback.failed(e);
        }
    }

    /** Gets a part of a list. */
    interface Pages<T> {
        CompletionStage<Page<T>> get(PageRequest page);
    }

    private record PageBody<T>(List<T> items, Optional<String> next) {}

    /** Lines that come by and by. */
    interface Lines {
        /** The next one, with its end; empty when there are no more. */
        Optional<byte[]> next() throws InterruptedException, IOException;
    }

    /** Lines of JSON as they come. One who does not read is cut off after the time that a connection may be silent. */
    void lines(Lines lines) throws IOException, InterruptedException {
        response.setStatus(200);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, NDJSON);
        try (OutputStream out = Content.Sink.asOutputStream(response)) {
            for (Optional<byte[]> line = lines.next(); line.isPresent(); line = lines.next()) {
                out.write(line.get());
                out.flush();
            }
        }
        callback.succeeded();
    }

    /** One page; or, to who accepts lines of JSON, all from there on, as they come. */
    <T> void list(Pages<T> pages) throws ApiException, IOException, InterruptedException {
        PageRequest asked = page();
        Page<T> page = await(pages.get(asked));
        if (!header(HttpHeader.ACCEPT).orElse("").contains(NDJSON)) {
            json(new PageBody<>(page.items(), page.next().map(Exchange::encode)));
            return;
        }
        response.setStatus(200);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, NDJSON);
        try (OutputStream out = Content.Sink.asOutputStream(response)) {
            while (true) {
                for (T item : page.items()) {
                    out.write(Json.MAPPER.writeValueAsBytes(item));
                    out.write('\n');
                }
                if (page.next().isEmpty()) {
                    break;
                }
                page = await(pages.get(new PageRequest(page.next().get(), PageRequest.MOST)));
            }
        }
        callback.succeeded();
    }

    private static String encode(String cursor) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(cursor.getBytes(StandardCharsets.UTF_8));
    }
}
