package org.ternmq.bridge.http;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the beginning of an answer's body and reads on up to a length, at which it hangs up. Completes with the beginning when the
 * body ends or is too long, and fails if it breaks off. Called by one thread at a time.
 */
final class ShortBody implements BodySubscriber<String> {
    private static final int KEPT = 200;
    private static final int READ = 64 << 10;

    private final ByteArrayOutputStream beginning = new ByteArrayOutputStream();
    private final CompletableFuture<String> body = new CompletableFuture<>();
    private int seen;
    private @Nullable Subscription subscription;

    @Override
    public CompletionStage<String> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Subscription given) {
        subscription = given;
        given.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        for (ByteBuffer buffer : buffers) {
            seen += buffer.remaining();
            byte[] chunk = new byte[Math.min(buffer.remaining(), KEPT - beginning.size())];
            buffer.get(chunk);
            beginning.writeBytes(chunk);
        }
        if (seen > READ && subscription != null) {
            subscription.cancel();
            onComplete();
        }
    }

    @Override
    public void onError(Throwable failure) {
        body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        body.complete(beginning
                .toString(StandardCharsets.UTF_8)
                .replaceAll("[\\p{Cntrl}\\s]+", " ")
                .strip());
    }
}
