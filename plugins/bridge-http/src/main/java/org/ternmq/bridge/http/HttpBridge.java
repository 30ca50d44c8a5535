package org.ternmq.bridge.http;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.Message;
import org.ternmq.spi.PluginContext;

/**
 * Collects messages to batches and posts them, each until the service has it or has said that it never will.
 *
 * <p>Owner: its loop, one thread, except for what {@link Bridge} and its receiver are called with, which only hand over to it.
 */
final class HttpBridge implements Bridge, Bridge.Receiver {
    /** QoS 0 messages that may wait. */
    private static final int UNACKNOWLEDGED = 1_000;

    private static final long HAND_OVER_MILLIS = 1_000;
    private static final long CLOSE_MILLIS = 1_500;
    private static final long LOOK_MILLIS = 20;
    private static final int MOST_DOUBLINGS = 20;

    private final HttpBridgeSettings settings;
    private final String name;
    private final Clock clock;
    private final ScheduledThreadPoolExecutor loop;
    /** What may block: connections that are tried, and the client's own work. */
    private final ExecutorService threads;

    private final Service service;

    private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private int unacknowledged;
    /** Batches that are not done. */
    private int open;

    private boolean ending;
    private boolean lingering;
    private @Nullable BrokerLink broker;
    private @Nullable BatchJson json;
    private @Nullable DeadLetters deadLetters;

    HttpBridge(HttpBridgeSettings settings, PluginContext context) {
        this.settings = settings;
        this.name = context.name();
        this.clock = context.clock();
        AtomicInteger count = new AtomicInteger();
        ThreadFactory factory = task -> {
            Thread thread = new Thread(task, "http-" + name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
        loop = new ScheduledThreadPoolExecutor(1, factory);
        loop.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        loop.setRemoveOnCancelPolicy(true);
        loop.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy()); // it ends
        threads = Executors.newCachedThreadPool(factory);
        service = new Service(settings, threads, "TernMQ/" + context.brokerVersion(), clock);
    }

    // ---- from the broker

    @Override
    public void start(BrokerLink link) {
        loop.execute(() -> {
            broker = link;
            json = new BatchJson(link.brokerId(), name);
            deadLetters = new DeadLetters(link, settings.deadLetterTopic(), name);
            probe();
            pump();
        });
        link.subscribe(settings.filters(), this);
    }

    @Override
    public CompletionStage<Void> onMessage(Delivery delivery) {
        Pending pending = new Pending(delivery, new CompletableFuture<>(), clock.millis(), System.nanoTime());
        loop.execute(() -> offer(pending));
        return pending.done();
    }

    /** Gives what is under way a moment to be answered, and lets go. */
    @Override
    public void close() throws Exception {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        loop.execute(() -> {
            ending = true;
            handOver(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(HAND_OVER_MILLIS), gone);
        });
        try {
            gone.get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        } finally {
            loop.shutdownNow();
            threads.shutdownNow();
        }
    }

    private void handOver(long deadline, CompletableFuture<Void> gone) {
        if (open > 0 && System.nanoTime() < deadline) {
            loop.schedule(() -> handOver(deadline, gone), LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            gone.complete(null);
        }
    }

    // ---- batches

    private void offer(Pending pending) {
        if (pending.delivery().number() == 0) {
            if (unacknowledged >= UNACKNOWLEDGED) {
                drop(pending, "too many QoS 0 messages wait for the service");
                return;
            }
            unacknowledged++;
        } else if (pending.delivery().isRepeated()) { // what an earlier hand-over left is the same message
            waiting.removeIf(
                    each -> each.delivery().number() == pending.delivery().number());
            waitingBytes = waiting.stream().mapToLong(Pending::size).sum();
        }
        waiting.add(pending);
        waitingBytes += pending.size();
        pump();
    }

    private void pump() {
        while (broker != null && !ending && open < settings.concurrency() && !waiting.isEmpty()) {
            boolean full = waiting.size() >= settings.batchMessages()
                    || waitingBytes >= settings.batchBytes().bytes();
            long left = settings.linger().toNanos()
                    - (System.nanoTime() - waiting.element().offered());
            if (!full && left > 0) {
                pumpLater(left);
                return;
            }
            open++;
            post(new Batch(take()));
        }
    }

    private void pumpLater(long nanos) {
        if (!lingering) {
            lingering = true;
            loop.schedule(
                    () -> {
                        lingering = false;
                        pump();
                    },
                    nanos,
                    TimeUnit.NANOSECONDS);
        }
    }

    private List<Pending> take() {
        List<Pending> taken = new ArrayList<>();
        long bytes = 0;
        while (!waiting.isEmpty() && taken.size() < settings.batchMessages()) {
            long size = waiting.element().size();
            if (!taken.isEmpty() && bytes + size > settings.batchBytes().bytes()) {
                break;
            }
            Pending next = waiting.remove();
            bytes += size;
            if (next.delivery().number() == 0) {
                unacknowledged--;
            }
            taken.add(next);
        }
        waitingBytes -= bytes;
        return taken;
    }

    private void post(Batch batch) {
        if (ending) {
            open--;
            return;
        }
        long now = clock.millis();
        List<Pending> fresh = new ArrayList<>();
        for (Pending each : batch.part()) {
            if (each.isExpired(now)) {
                drop(each, "it has expired");
            } else {
                fresh.add(each);
            }
        }
        batch.keep(fresh);
        BatchJson encoder = json;
        if (fresh.isEmpty() || encoder == null) {
            goOn(batch);
            return;
        }
        batch.attempted();
        service.post(encoder.encode(fresh, now), batch.key(), loop)
                .whenComplete((answer, error) -> loop.execute(
                        () -> answered(batch, answer == null ? new Answer.None(String.valueOf(error)) : answer)));
    }

    private void goOn(Batch batch) {
        batch.next();
        if (batch.part().isEmpty()) {
            open--;
            pump();
        } else {
            post(batch);
        }
    }

    private void answered(Batch batch, Answer answer) {
        if (answer instanceof Answer.Taken) {
            state(State.CONNECTED, settings.service());
            batch.part().forEach(each -> each.done().complete(null));
            goOn(batch);
        } else if (answer instanceof Answer.Refused refused
                && settings.permanent().contains(refused.status())) {
            state(State.CONNECTED, settings.service());
            if (batch.part().size() > 1) { // perhaps only one of them is at fault
                batch.split();
                post(batch);
            } else {
                bury(batch, "the service " + answer.words());
            }
        } else {
            state(State.DISCONNECTED, settings.service() + ": " + answer.words());
            if (settings.maxAttempts() > 0 && batch.attempts() >= settings.maxAttempts()) {
                bury(batch, "given up after " + batch.attempts() + " attempts, the last: " + answer.words());
            } else {
                loop.schedule(() -> post(batch), pause(batch, answer).toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    private void bury(Batch batch, String reason) {
        DeadLetters to = deadLetters;
        if (to != null) {
            batch.part().forEach(each -> to.bury(each, reason));
        }
        goOn(batch);
    }

    /** Longer each time, each time a little different, and at least as long as the service asks for. */
    private Duration pause(Batch batch, Answer answer) {
        long longest = Math.min(
                settings.retryMax().toMillis(),
                settings.retryMin().toMillis() << Math.min(batch.attempts() - 1, MOST_DOUBLINGS));
        Duration own =
                Duration.ofMillis(longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2 + 1));
        Optional<Duration> asked = answer instanceof Answer.Refused refused ? refused.retryAfter() : Optional.empty();
        return asked.map(time -> time.compareTo(settings.retryAfterMax()) > 0 ? settings.retryAfterMax() : time)
                .filter(time -> time.compareTo(own) > 0)
                .orElse(own);
    }

    private void drop(Pending pending, String why) {
        Message message = pending.delivery().message();
        if (broker != null) {
            broker.dropped(message, why);
        }
        pending.done().complete(null);
    }

    // ---- whether it is there

    /** While nothing is under way, whether a connection is taken tells whether the service is there. */
    private void probe() {
        if (open > 0) {
            probeLater();
            return;
        }
        threads.execute(() -> {
            Optional<String> problem = service.probe();
            loop.execute(() -> {
                if (open == 0) {
                    state(
                            problem.isEmpty() ? State.CONNECTED : State.DISCONNECTED,
                            settings.service() + problem.map(why -> ": " + why).orElse(""));
                }
                probeLater();
            });
        });
    }

    private void probeLater() {
        if (!ending) {
            loop.schedule(this::probe, settings.probe().toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void state(State state, String words) {
        if (broker != null && !ending) {
            broker.state(state, words);
        }
    }
}
