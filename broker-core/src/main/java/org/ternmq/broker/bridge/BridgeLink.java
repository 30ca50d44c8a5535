package org.ternmq.broker.bridge;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.MessageProperties;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.protocol.TopicNames;
import org.ternmq.broker.routing.SharedFilter;
import org.ternmq.spi.Bridge.BrokerLink;
import org.ternmq.spi.Bridge.Delivery;
import org.ternmq.spi.Bridge.Filter;
import org.ternmq.spi.Bridge.Receiver;
import org.ternmq.spi.Bridge.RefusedException;
import org.ternmq.spi.Bridge.State;
import org.ternmq.spi.Bridge.Subscription;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;

/** The broker as one instance of a bridge sees it, until that is closed. Safe for use by all threads. */
final class BridgeLink implements BrokerLink {
    private static final int NUMBERS = 65_535;

    private final BridgeSession session;
    private final BridgeWorker worker;
    private final String brokerId;
    private final List<Made> subscriptions = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    BridgeLink(BridgeSession session, BridgeWorker worker, String brokerId) {
        this.session = session;
        this.worker = worker;
        this.brokerId = brokerId;
    }

    BridgeWorker worker() {
        return worker;
    }

    /** The bridge is closed: nothing more comes from it. */
    void close() {
        closed = true;
    }

    // ---- from the bridge

    @Override
    public CompletionStage<Void> publish(Message message) {
        return publish(0, message);
    }

    @Override
    public CompletionStage<Void> publishOnce(int number, Message message) {
        checkNumber(number);
        if (message.qos() != QoS.EXACTLY_ONCE) {
            throw new IllegalArgumentException("exactly once is QoS 2, not " + message.qos());
        }
        return publish(number, message);
    }

    private static void checkNumber(int number) {
        if (number < 1 || number > NUMBERS) {
            throw new IllegalArgumentException("number " + number + " is not from 1 to " + NUMBERS);
        }
    }

    private CompletionStage<Void> publish(int number, Message message) {
        CompletableFuture<Void> safe = new CompletableFuture<>();
        if (closed) {
            return CompletableFuture.failedFuture(new IllegalStateException("the bridge is closed"));
        }
        TopicName topic;
        PublishProperties properties;
        try {
            topic = TopicNames.checked(message.topic(), session.allowsControlCharacters());
            properties = MessageProperties.properties(message, session.allowsControlCharacters());
        } catch (IllegalArgumentException e) {
            return CompletableFuture.failedFuture(
                    new RefusedException(ReasonCode.TOPIC_NAME_INVALID.value(), String.valueOf(e.getMessage())));
        }
        ByteBuffer payload = message.payload();
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        session.publish(
                topic,
                new Publish(topic, message.qos(), message.retain(), false, number, Publish.NO_ALIAS, bytes, properties),
                safe);
        return safe;
    }

    @Override
    public CompletionStage<Void> release(int number) {
        checkNumber(number);
        CompletableFuture<Void> released = new CompletableFuture<>();
        session.release(number, released);
        return released;
    }

    @Override
    public CompletionStage<Void> releaseAll() {
        CompletableFuture<Void> released = new CompletableFuture<>();
        session.releaseAll(released);
        return released;
    }

    @Override
    public Subscription subscribe(List<Filter> filters, Receiver receiver) {
        if (filters.isEmpty()) {
            throw new IllegalArgumentException("no filter");
        }
        Made made = new Made(filters, receiver, this::unsubscribe);
        subscriptions.add(made);
        session.subscribed(this);
        return made;
    }

    private void unsubscribe(Made made) {
        if (subscriptions.remove(made)) {
            session.subscribed(this);
        }
    }

    @Override
    public void state(State state, String detail) {
        if (!closed) {
            session.state(state, detail);
        }
    }

    @Override
    public void dropped(Message message, String reason) {
        session.dropped(message, reason);
    }

    @Override
    public String brokerId() {
        return brokerId;
    }

    // ---- to the bridge, on its worker

    /** All filters, each with the QoS of the subscription that was made first. */
    Map<String, QoS> filters() {
        Map<String, QoS> all = new LinkedHashMap<>();
        for (Made made : subscriptions) {
            made.filters.forEach(filter -> all.putIfAbsent(filter.filter(), filter.qos()));
        }
        return all;
    }

    /** Hands a message to the receiver it is for. What none is for any more is done with. */
    CompletionStage<Void> deliver(Delivery delivery) {
        for (Made made : subscriptions) {
            if (made.matches(delivery.message().topic())) {
                return guarded(() -> made.receiver.onMessage(delivery));
            }
        }
        return CompletableFuture.completedFuture(null);
    }

    /** Tells all receivers that a number may be released. */
    CompletionStage<Void> releaseByAll(int number) {
        CompletableFuture<?>[] all = subscriptions.stream()
                .map(made -> guarded(() -> made.receiver.onRelease(number)).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(all);
    }

    private interface Step {
        @Nullable
        CompletionStage<Void> run() throws Exception;
    }

    private CompletionStage<Void> guarded(Step step) {
        try {
            CompletionStage<Void> completion = worker.guarded(step::run);
            return completion == null
                    ? CompletableFuture.failedFuture(new IllegalStateException("the bridge returned no completion"))
                    : completion;
        } catch (Exception | LinkageError | AssertionError e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** A subscription of the bridge. */
    private static final class Made implements Subscription {
        private final List<Filter> filters;
        private final List<SharedFilter> parsed;
        private final Receiver receiver;
        private final Consumer<Made> end;

        Made(List<Filter> filters, Receiver receiver, Consumer<Made> end) {
            this.filters = List.copyOf(filters);
            this.parsed = filters.stream()
                    .map(filter -> SharedFilter.parse(filter.filter()))
                    .toList();
            this.receiver = receiver;
            this.end = end;
        }

        boolean matches(String topic) {
            for (SharedFilter filter : parsed) {
                if (filter.filter().matches(topic)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void close() {
            end.accept(this);
        }
    }
}
