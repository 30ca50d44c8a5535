package org.ternmq.broker.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What tells a command the admin interface of a running broker, and asks it. */
final class ApiOptions {
    /** Longer than the broker takes for anything that is answered soon. */
    static final Duration SOON = Duration.ofSeconds(60);

    /** Longer than it takes for a reload. */
    static final Duration MINUTES = Duration.ofMinutes(3);

    /** Longer than it takes for a copy of the store. */
    static final Duration HOURS = Duration.ofHours(2);

    /** The broker did not do what it was asked; the message says why. */
    static final class Refused extends Exception {
        Refused(String message) {
            super(message, null, false, false);
        }
    }

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "The broker's admin interface; http://127.0.0.1:18080 if left out.")
    private URI url = URI.create("http://127.0.0.1:18080");

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "A file with the token; admin-token in the data folder if left out.")
    private @Nullable Path tokenFile;

    @Option(names = "--json", description = "Writes what the broker answers, as JSON.")
    private boolean json;

    private Supplier<Path> data = () -> Installation.find().home().resolve("data");

    /** Says where the data folder is. */
    void data(Supplier<Path> folder) {
        data = folder;
    }

    boolean json() {
        return json;
    }

    /**
     * Asks.
     *
     * @param method of HTTP
     * @param path below {@code /api/v1}, escaped
     * @return the body; empty if there is none
     */
    String ask(String method, String path) throws Refused {
        return ask(method, path, "", SOON);
    }

    /** As {@link #ask(String, String)}, with a body of JSON if it is not empty, and so much patience. */
    String ask(String method, String path, String body, Duration timeout) throws Refused {
        Path file = tokenFile == null ? data.get().resolve("admin-token") : tokenFile;
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(url.resolve("/api/v1" + path))
                    .timeout(timeout)
                    .header("Authorization", "Bearer " + Files.readString(file).strip())
                    .method(
                            method,
                            body.isEmpty()
                                    ? HttpRequest.BodyPublishers.noBody()
                                    : HttpRequest.BodyPublishers.ofString(body));
            if (!body.isEmpty()) {
                request.header("Content-Type", "application/json");
            }
            HttpResponse<String> response =
                    HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
            if (response.statusCode() / 100 != 2) {
                throw new Refused(url + " answered " + response.statusCode() + ": " + detail(response.body()));
            }
            return response.body();
        } catch (IOException e) {
            String where =
                    e.getMessage() != null && e.getMessage().contains(file.toString()) ? "token file " : url + ": ";
            throw new Refused(where + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()));
        } catch (IllegalArgumentException e) {
            throw new Refused(url + " cannot be asked: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused("interrupted");
        }
    }

    /** Takes lines as they come, empty ones left out, until there are no more. */
    void lines(String path, Consumer<String> line) throws Refused {
        Path file = tokenFile == null ? data.get().resolve("admin-token") : tokenFile;
        try {
            HttpRequest request = HttpRequest.newBuilder(url.resolve("/api/v1" + path))
                    .header("Authorization", "Bearer " + Files.readString(file).strip())
                    .build();
            HttpResponse<Stream<String>> response = HttpClient.newHttpClient().send(request, BodyHandlers.ofLines());
            try (Stream<String> body = response.body()) {
                if (response.statusCode() / 100 != 2) {
                    throw new Refused(url + " answered " + response.statusCode() + ": "
                            + detail(body.collect(Collectors.joining("\n"))));
                }
                body.filter(text -> !text.isEmpty()).forEach(line);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new Refused(
                    url + ": " + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()));
        } catch (IllegalArgumentException e) {
            throw new Refused(url + " cannot be asked: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused("interrupted");
        }
    }

    private static String detail(String body) {
        try {
            return String.valueOf(JSON.std.mapFrom(body).get("detail"));
        } catch (IOException e) {
            return "not an answer of TernMQ";
        }
    }

    /** All entries of a list, page after page. */
    List<Map<String, Object>> list(String path, Map<String, String> query) throws Refused {
        List<Map<String, Object>> all = new ArrayList<>();
        Map<String, String> asked = new LinkedHashMap<>(query);
        while (true) {
            Map<String, Object> page = map(ask("GET", path + query(asked)));
            if (page.get("items") instanceof List<?> items) {
                for (Object item : items) {
                    all.add(fields(item));
                }
            }
            if (!(page.get("next") instanceof String next)) {
                return all;
            }
            asked.put("after", next);
        }
    }

    static Map<String, Object> map(String body) throws Refused {
        try {
            return fields(JSON.std.anyFrom(body));
        } catch (IOException e) {
            throw new Refused("the answer is no JSON: " + e.getMessage());
        }
    }

    static Map<String, Object> fields(@Nullable Object value) {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, field) -> fields.put(String.valueOf(key), field));
        }
        return fields;
    }

    static String json(Object value) {
        try {
            return JSON.std.asString(value);
        } catch (IOException e) {
            throw new IllegalStateException("memory cannot fail", e);
        }
    }

    static String query(Map<String, String> parameters) {
        StringBuilder out = new StringBuilder();
        parameters.forEach((name, value) ->
                out.append(out.isEmpty() ? '?' : '&').append(name).append('=').append(escape(value)));
        return out.toString();
    }

    static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
