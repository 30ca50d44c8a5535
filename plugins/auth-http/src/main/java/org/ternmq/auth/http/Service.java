package org.ternmq.auth.http;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The service, asked over connections that are kept. Safe for use by all threads. */
final class Service implements AutoCloseable {
    private static final int LONGEST_ANSWER = 64 << 10;
    private static final int OK = 200;

    private final HttpClient client;
    private final HttpRequest.Builder request;
    private final Semaphore free;
    private final long timeoutNanos;
    private final String name;

    /**
     * Reads the certificates, and connects nowhere yet.
     *
     * @throws org.ternmq.spi.ConfigurationException if the file cannot be used
     */
    Service(HttpSettings settings, Executor executor, String userAgent) {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER) // a password goes where the configuration says
                .connectTimeout(settings.connectTimeout())
                .executor(executor);
        settings.trust().ifPresent(file -> builder.sslContext(Trust.only(file)));
        client = builder.build();
        request = HttpRequest.newBuilder(settings.url());
        request.setHeader("User-Agent", userAgent);
        settings.headers().forEach(request::setHeader);
        request.setHeader("Content-Type", "application/json");
        request.setHeader("Accept", "application/json");
        free = new Semaphore(settings.maxConcurrent());
        timeoutNanos = settings.timeout().toNanos();
        name = settings.service();
    }

    /**
     * Asks, and waits for all of the answer.
     *
     * @throws IOException if there is none in time, or none of status 200
     */
    byte[] ask(byte[] question) throws IOException, InterruptedException {
        long end = System.nanoTime() + timeoutNanos;
        if (!free.tryAcquire(timeoutNanos, TimeUnit.NANOSECONDS)) {
            throw new IOException(name + " is asked max-concurrent questions, and none was answered in time");
        }
        try {
            return answer(question, end - System.nanoTime());
        } finally {
            free.release();
        }
    }

    private byte[] answer(byte[] question, long nanos) throws IOException, InterruptedException {
        // The time limit of HttpRequest ends with the headers, and a body can be as slow as it likes.
        CompletableFuture<HttpResponse<byte[]>> answer = client.sendAsync(
                request.copy().POST(BodyPublishers.ofByteArray(question)).build(),
                head -> head.statusCode() == OK
                        ? WholeBody.upTo(LONGEST_ANSWER)
                        : WholeBody.none("it answered with status " + head.statusCode()));
        try {
            return answer.get(nanos, TimeUnit.NANOSECONDS).body();
        } catch (TimeoutException e) {
            throw new IOException(name + " did not answer within " + Duration.ofNanos(timeoutNanos));
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(name + " gave no answer: " + cause, cause);
        } finally {
            answer.cancel(true); // and with it the exchange, if it is under way
        }
    }

    /** Ends its connections; where Java has no call for that (before 21), they end when nobody holds the client any more. */
    @Override
    public void close() throws Exception {
        if (client instanceof AutoCloseable closeable) {
            closeable.close();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
