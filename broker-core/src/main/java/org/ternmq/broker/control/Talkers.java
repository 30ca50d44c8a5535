package org.ternmq.broker.control;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.session.Session;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.spi.control.ClientRates;
import org.ternmq.spi.control.ConnectionView;
import org.ternmq.spi.control.SlowSubscriber;

/**
 * Who talks most, and for whom most waits. Nothing is counted or kept before somebody asks: rates are the difference of two looks at the
 * counts of all connections, the second of which is shared by all who ask within a second. Safe for use by all threads.
 */
final class Talkers {
    private static final long SHORTEST = TimeUnit.SECONDS.toNanos(1);
    private static final long OLDEST = TimeUnit.SECONDS.toNanos(15);
    /** Sessions asked at once, so that no loop has much to do at a time. */
    private static final int BATCH = 1_000;

    private record Look(long at, Map<Session, ConnectionView> connections) {}

    private final SessionRegistry registry;
    private final ScheduledExecutorService executor;
    private @Nullable Look last;
    private CompletableFuture<List<ClientRates>> rates = CompletableFuture.completedFuture(List.of());

    Talkers(SessionRegistry registry, ScheduledExecutorService executor) {
        this.registry = registry;
        this.executor = executor;
    }

    CompletionStage<List<ClientRates>> busiest(ClientRates.Order order, int limit) {
        Comparator<ClientRates> by = switch (order) {
            case MESSAGES -> Comparator.comparingDouble(r -> r.receivedMessages() + r.sentMessages());
            case RECEIVED_MESSAGES -> Comparator.comparingDouble(ClientRates::receivedMessages);
            case SENT_MESSAGES -> Comparator.comparingDouble(ClientRates::sentMessages);
            case BYTES -> Comparator.comparingDouble(r -> r.receivedBytes() + r.sentBytes());
        };
        return rates().thenApply(all -> all.stream()
                .sorted(by.reversed().thenComparing(ClientRates::clientId))
                .limit(limit)
                .toList());
    }

    private synchronized CompletableFuture<List<ClientRates>> rates() {
        Look before = last;
        long age = before == null ? Long.MAX_VALUE : System.nanoTime() - before.at();
        if (!rates.isDone() || age < SHORTEST) {
            return rates;
        }
        CompletableFuture<Look> first = before == null || age > OLDEST
                ? look().thenCompose(look -> later(look))
                : CompletableFuture.completedFuture(before);
        rates = first.thenCompose(earlier -> look().thenApply(now -> between(earlier, now)));
        return rates;
    }

    private CompletableFuture<Look> later(Look look) {
        CompletableFuture<Look> later = new CompletableFuture<>();
        executor.schedule(() -> later.complete(look), SHORTEST, TimeUnit.NANOSECONDS);
        return later;
    }

    private CompletableFuture<Look> look() {
        List<Session> online = new ArrayList<>();
        registry.forEach(session -> {
            if (session.isOnline()) {
                online.add(session);
            }
        });
        Look made = new Look(System.nanoTime(), new HashMap<>());
        CompletableFuture<Look> done = new CompletableFuture<>();
        executor.execute(() -> ask(online, 0, made, done));
        return done;
    }

    private void ask(List<Session> online, int from, Look into, CompletableFuture<Look> done) {
        if (from >= online.size()) {
            done.complete(into);
            return;
        }
        int to = Math.min(from + BATCH, online.size());
        Walk.<Optional<ConnectionView>>ask(
                registry, executor, online.subList(from, to), Session::connectionView, answers -> {
                    answers.forEach((session, view) ->
                            view.ifPresent(v -> into.connections().put(session, v)));
                    ask(online, to, into, done);
                });
    }

    private synchronized List<ClientRates> between(Look earlier, Look now) {
        last = now;
        double seconds = Math.max(1e-3, (now.at() - earlier.at()) / 1e9);
        return now.connections().entrySet().stream()
                .map(entry -> rates(
                        entry.getKey().clientId(),
                        earlier.connections().get(entry.getKey()),
                        entry.getValue(),
                        seconds))
                .toList();
    }

    private static ClientRates rates(
            String clientId, @Nullable ConnectionView earlier, ConnectionView now, double seconds) {
        ConnectionView since =
                earlier != null && earlier.connectedSince().equals(now.connectedSince()) ? earlier : null;
        return new ClientRates(
                clientId,
                now.address(),
                now.listener(),
                rate(now, since, ConnectionView::receivedMessages, seconds),
                rate(now, since, ConnectionView::sentMessages, seconds),
                rate(now, since, ConnectionView::receivedBytes, seconds),
                rate(now, since, ConnectionView::sentBytes, seconds));
    }

    private static double rate(
            ConnectionView now, @Nullable ConnectionView since, ToLongFunction<ConnectionView> count, double seconds) {
        return (count.applyAsLong(now) - (since == null ? 0 : count.applyAsLong(since))) / seconds;
    }

    CompletionStage<List<SlowSubscriber>> slowest(SlowSubscriber.Order order, int limit) {
        Comparator<SlowSubscriber> by = switch (order) {
            case QUEUE -> Comparator.comparingInt(SlowSubscriber::queuedMessages);
            case WAIT -> Comparator.comparingDouble(SlowSubscriber::waitingSeconds);
        };
        return CompletableFuture.supplyAsync(
                () -> {
                    List<SlowSubscriber> all = new ArrayList<>();
                    registry.forEach(session -> slow(session).forEach(all::add));
                    return all.stream()
                            .sorted(by.reversed().thenComparing(SlowSubscriber::clientId))
                            .limit(limit)
                            .toList();
                },
                executor);
    }

    private static Stream<SlowSubscriber> slow(Session session) {
        int queued = session.queuedMessages();
        long since = session.waitingSince();
        return queued == 0
                ? Stream.of()
                : Stream.of(new SlowSubscriber(
                        session.clientId(),
                        session.isOnline(),
                        queued,
                        session.queuedBytes(),
                        session.inFlight(),
                        since == 0 ? 0 : Math.max(0, session.home().now() - since) / 1e3));
    }
}
