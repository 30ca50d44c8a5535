package org.ternmq.testkit;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.ternmq.spi.Bridge.BrokerLink;
import org.ternmq.spi.Bridge.Delivery;
import org.ternmq.spi.Bridge.Filter;
import org.ternmq.spi.Bridge.Receiver;
import org.ternmq.spi.Bridge.State;
import org.ternmq.spi.Bridge.Subscription;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/** A broker for tests of bridges: remembers what it is given, and hands over what the test says. Safe for use by all threads. */
public final class TestBrokerLink implements BrokerLink {
    private record Handed(Message message, int number, boolean isRepeated) implements Delivery {}

    private record Made(List<Filter> filters, Receiver receiver) {}

    private final List<Message> published = new CopyOnWriteArrayList<>();
    private final List<Message> dropped = new CopyOnWriteArrayList<>();
    private final List<State> states = new CopyOnWriteArrayList<>();
    private final List<Made> subscriptions = new CopyOnWriteArrayList<>();
    private final Set<Integer> open = new HashSet<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private volatile Function<Message, CompletionStage<Void>> answer =
            message -> CompletableFuture.completedFuture(null);

    /** A broker that takes everything. */
    public TestBrokerLink() {}

    /**
     * How messages of the bridge are taken from now on.
     *
     * @param taking what {@link #publish} returns for a message
     */
    public void answers(Function<Message, CompletionStage<Void>> taking) {
        answer = taking;
    }

    /**
     * Hands a message to the bridge.
     *
     * @param message with the QoS to carry it with
     * @return the bridge's completion
     */
    public CompletionStage<Void> deliver(Message message) {
        return deliver(message, message.qos() == QoS.AT_MOST_ONCE ? 0 : numbers.incrementAndGet(), false);
    }

    /**
     * Hands a message to the bridge under a number.
     *
     * @param message with the QoS to carry it with
     * @param number 0 at QoS 0
     * @param repeated whether the bridge may have had it before
     * @return the bridge's completion; at QoS 2 with the release behind it
     */
    public CompletionStage<Void> deliver(Message message, int number, boolean repeated) {
        for (Made made : subscriptions) {
            if (made.filters.stream()
                    .anyMatch(filter -> TopicFilter.parse(filter.filter()).matches(message.topic()))) {
                try {
                    CompletionStage<Void> taken = made.receiver.onMessage(new Handed(message, number, repeated));
                    return message.qos() == QoS.EXACTLY_ONCE
                            ? taken.thenCompose(done -> made.receiver.onRelease(number))
                            : taken;
                } catch (Exception e) {
                    return CompletableFuture.failedFuture(e);
                }
            }
        }
        throw new AssertionError("the bridge has not subscribed to " + message.topic());
    }

    /**
     * What the bridge has published.
     *
     * @return each as often as it was published
     */
    public List<Message> published() {
        return List.copyOf(published);
    }

    /**
     * What the bridge has given up.
     *
     * @return in order
     */
    public List<Message> dropped() {
        return List.copyOf(dropped);
    }

    /**
     * What the bridge has told of the other side.
     *
     * @return in order
     */
    public List<State> states() {
        return List.copyOf(states);
    }

    /**
     * The filters of the bridge.
     *
     * @return in order
     */
    public List<Filter> filters() {
        return subscriptions.stream().flatMap(made -> made.filters.stream()).toList();
    }

    @Override
    public CompletionStage<Void> publish(Message message) {
        published.add(message);
        return answer.apply(message);
    }

    @Override
    public CompletionStage<Void> publishOnce(int number, Message message) {
        synchronized (open) {
            if (!open.add(number)) {
                return CompletableFuture.completedFuture(null);
            }
        }
        return publish(message);
    }

    @Override
    public CompletionStage<Void> release(int number) {
        synchronized (open) {
            open.remove(number);
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> releaseAll() {
        synchronized (open) {
            open.clear();
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Subscription subscribe(List<Filter> filters, Receiver receiver) {
        filters.forEach(filter -> TopicFilter.parse(filter.filter()));
        Made made = new Made(List.copyOf(filters), receiver);
        subscriptions.add(made);
        return () -> subscriptions.remove(made);
    }

    @Override
    public void state(State state, String detail) {
        states.add(state);
    }

    @Override
    public void dropped(Message message, String reason) {
        dropped.add(message);
    }

    @Override
    public String brokerId() {
        return "test-broker";
    }
}
