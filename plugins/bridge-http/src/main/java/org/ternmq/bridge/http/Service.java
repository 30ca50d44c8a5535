package org.ternmq.bridge.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.ternmq.spi.ConfigurationException;

/** The service, over connections that are kept. Redirects are not followed. Safe for use by all threads. */
final class Service {
    private static final int HTTPS = 443;
    private static final int HTTP = 80;

    private final HttpClient client;
    private final HttpRequest.Builder request;
    private final Optional<Path> secretFile;
    private final URI url;
    private final Duration timeout;
    private final Duration connectTimeout;
    private final Clock clock;

    /**
     * Reads the certificates, and connects nowhere yet.
     *
     * @throws ConfigurationException if a file cannot be used
     */
    Service(HttpBridgeSettings settings, Executor executor, String userAgent, Clock clock) {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER) // messages go where the configuration says
                .connectTimeout(settings.connectTimeout())
                .executor(executor);
        settings.tls().ifPresent(tls -> builder.sslContext(tls.context()));
        client = builder.build();
        request = HttpRequest.newBuilder(settings.url());
        request.setHeader("User-Agent", userAgent);
        settings.headers().forEach(request::setHeader);
        request.setHeader("Content-Type", "application/json");
        secretFile = settings.secretFile();
        url = settings.url();
        timeout = settings.timeout();
        connectTimeout = settings.connectTimeout();
        this.clock = clock;
    }

    /**
     * Posts a body.
     *
     * @param key the same for all attempts to post the same
     * @param timer ends it when it takes too long
     * @return completes always, on any thread
     */
    CompletableFuture<Answer> post(byte[] body, String key, ScheduledExecutorService timer) {
        HttpRequest.Builder post = request.copy().setHeader("Idempotency-Key", key);
        if (secretFile.isPresent()) {
            String now = Long.toString(clock.instant().getEpochSecond());
            try { // read each time, so that it can be changed
                post.setHeader(
                        "TernMQ-Signature",
                        "v1=" + Signature.of(secretFile.get()).sign(now, body));
            } catch (ConfigurationException e) {
                return CompletableFuture.completedFuture(new Answer.None(String.valueOf(e.getMessage())));
            }
            post.setHeader("TernMQ-Timestamp", now);
        }
        // The time limit of HttpRequest ends with the headers, and a body can be as slow as it likes.
        CompletableFuture<HttpResponse<String>> exchange =
                client.sendAsync(post.POST(BodyPublishers.ofByteArray(body)).build(), head -> new ShortBody());
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        ScheduledFuture<?> limit = timer.schedule(
                () -> {
                    answer.complete(new Answer.None("no answer within " + timeout.toMillis() + " ms"));
                    exchange.cancel(true);
                },
                timeout.toMillis(),
                TimeUnit.MILLISECONDS);
        exchange.whenComplete((response, error) -> {
            limit.cancel(false);
            answer.complete(error == null ? answerOf(response) : new Answer.None(words(error)));
        });
        answer.whenComplete((done, error) -> exchange.cancel(true)); // if nobody waits any more
        return answer;
    }

    private Answer answerOf(HttpResponse<String> response) {
        int status = response.statusCode();
        return status >= 200 && status < 300
                ? new Answer.Taken(status)
                : new Answer.Refused(
                        status,
                        response.body(),
                        response.headers().firstValue("Retry-After").flatMap(this::pause));
    }

    private Optional<Duration> pause(String retryAfter) {
        String text = retryAfter.strip();
        try {
            if (text.matches("\\d{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
            }
            Instant until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME.withLocale(Locale.ROOT))
                    .toInstant();
            Duration pause = Duration.between(clock.instant(), until);
            return pause.isNegative() ? Optional.empty() : Optional.of(pause);
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static String words(Throwable error) {
        Throwable cause = error;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof CancellationException || cause instanceof TimeoutException) {
            return "no answer in time";
        }
        StringBuilder words = new StringBuilder(cause.getClass().getSimpleName());
        String before = "";
        for (Throwable each = cause; each != null; each = each.getCause()) { // the root says what is wrong
            String message = each.getMessage();
            if (message != null && !message.equals(before)) {
                words.append(": ").append(message);
                before = message;
            }
        }
        return words.toString();
    }

    /** Tries whether somebody takes connections there. Blocks up to the time for a connection. */
    Optional<String> probe() {
        int port = url.getPort() > 0 ? url.getPort() : "https".equalsIgnoreCase(url.getScheme()) ? HTTPS : HTTP;
        String host = url.getHost().replaceAll("[\\[\\]]", "");
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), (int) connectTimeout.toMillis());
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(e.toString());
        }
    }
}
