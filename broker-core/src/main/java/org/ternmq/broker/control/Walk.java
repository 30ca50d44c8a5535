package org.ternmq.broker.control;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.ternmq.broker.session.Session;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.spi.control.Page;

/**
 * Goes through sessions in the order of their client identifiers, and asks some at a time, each in its own time, until a page is
 * full. After a good many that a filter left out it ends the page early, so that no question takes for ever.
 *
 * <p>Owner: one thread at a time, of which each hands it to the next.
 *
 * @param <T> what is collected
 */
final class Walk<T> {
    private static final int BATCH = 256;
    private static final int MOST_LOOKED_AT = 20_000;

    private final SessionRegistry registry;
    private final Executor executor;
    private final Iterator<Session> sessions;
    private final Predicate<Session> wanted;
    private final Function<Session, List<T>> question;
    private final Function<T, String> cursor;
    private final int limit;
    private final CompletableFuture<Page<T>> done = new CompletableFuture<>();
    private final List<T> items = new ArrayList<>();
    private String last = "";
    private int looked;

    /**
     * A walk.
     *
     * @param sessions in order
     * @param wanted whether one is to be asked at all; only its thread-safe methods may be called
     * @param question what a session has to say, on its home
     * @param cursor what to go on behind, for an item
     */
    Walk(
            SessionRegistry registry,
            Executor executor,
            Iterator<Session> sessions,
            Predicate<Session> wanted,
            Function<Session, List<T>> question,
            Function<T, String> cursor,
            int limit) {
        this.registry = registry;
        this.executor = executor;
        this.sessions = sessions;
        this.wanted = wanted;
        this.question = question;
        this.cursor = cursor;
        this.limit = limit;
    }

    /** Begins. */
    CompletableFuture<Page<T>> start() {
        executor.execute(this::step);
        return done;
    }

    private void step() {
        List<Session> batch = new ArrayList<>();
        while (batch.size() < BATCH && looked < MOST_LOOKED_AT && sessions.hasNext()) {
            Session session = sessions.next();
            last = session.clientId();
            looked++;
            if (wanted.test(session)) {
                batch.add(session);
            }
        }
        if (batch.isEmpty()) {
            end(sessions.hasNext());
        } else {
            ask(registry, executor, batch, question, answers -> take(batch, answers));
        }
    }

    private void take(List<Session> batch, Map<Session, List<T>> answers) {
        for (Session session : batch) {
            for (T item : answers.getOrDefault(session, List.of())) {
                if (items.size() == limit) {
                    last = cursor.apply(items.get(limit - 1));
                    end(true);
                    return;
                }
                items.add(item);
            }
        }
        if (items.size() == limit || looked >= MOST_LOOKED_AT) {
            end(sessions.hasNext());
        } else {
            step();
        }
    }

    private void end(boolean more) {
        done.complete(new Page<>(items, more ? Optional.of(last) : Optional.empty()));
    }

    /**
     * Asks several sessions, each in its own time.
     *
     * @param then is given the answers, on the executor
     */
    static <A> void ask(
            SessionRegistry registry,
            Executor executor,
            List<Session> sessions,
            Function<Session, A> question,
            Consumer<Map<Session, A>> then) {
        Map<Session, A> answers = new ConcurrentHashMap<>();
        AtomicInteger left = new AtomicInteger(sessions.size());
        registry.tell(sessions, session -> {
            try {
                answers.put(session, question.apply(session));
            } finally {
                if (left.decrementAndGet() == 0) {
                    executor.execute(() -> then.accept(answers));
                }
            }
        });
    }
}
