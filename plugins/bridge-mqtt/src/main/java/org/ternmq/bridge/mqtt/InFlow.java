package org.ternmq.bridge.mqtt;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Bridge.BrokerLink;
import org.ternmq.spi.Bridge.RefusedException;
import org.ternmq.spi.Message;

/**
 * Messages from the other broker, acknowledged there when they are safe here.
 *
 * <p>Owner: the bridge's loop.
 */
final class InFlow {
    private static final int SUCCESS = 0;
    /** Messages that are not safe yet, at which reading pauses. */
    private static final int MANY = 4_000;

    private final TopicRules rules;
    private final BrokerLink broker;
    private final EventLoop loop;
    /** What came before the numbers of an earlier session were free. */
    private final List<Runnable> held = new ArrayList<>();

    private @Nullable Remote paused;
    private boolean ready;
    private int unsafe;

    InFlow(TopicRules rules, BrokerLink broker, EventLoop loop) {
        this.rules = rules;
        this.broker = broker;
        this.loop = loop;
    }

    boolean isSettled() {
        return unsafe == 0;
    }

    /** A new connection: nothing is taken until {@link #ready}. */
    void connecting() {
        ready = false;
        paused = null;
        held.clear();
    }

    /** The numbers that are open are those of the session there. */
    void ready() {
        ready = true;
        List<Runnable> now = List.copyOf(held);
        held.clear();
        now.forEach(Runnable::run);
    }

    void publish(Remote from, MqttPublishMessage packet) {
        String there = packet.variableHeader().topicName();
        Optional<String> here = rules.local(there);
        Message message = Messages.decode(packet, here.orElse(there));
        int packetId = packet.variableHeader().packetId();
        if (ready) {
            take(from, message, packetId, here.isPresent());
        } else {
            held.add(() -> take(from, message, packetId, here.isPresent()));
        }
    }

    private void take(Remote from, Message message, int packetId, boolean wanted) {
        if (!wanted) {
            broker.dropped(message, "no rule of the bridge takes it in");
            acknowledge(from, message, packetId, SUCCESS);
            return;
        }
        if (Messages.hasPassed(message, broker.brokerId())) { // it has come round
            acknowledge(from, message, packetId, SUCCESS);
            return;
        }
        unsafe++;
        if (unsafe >= MANY) {
            paused = from;
            from.pauseReading();
        }
        Message marked =
                message.toBuilder().userProperty(Messages.IN, broker.brokerId()).build();
        CompletionStage<Void> safe = switch (message.qos()) {
            case AT_MOST_ONCE, AT_LEAST_ONCE -> broker.publish(marked);
            case EXACTLY_ONCE -> broker.publishOnce(packetId, marked);
        };
        safe.whenComplete((done, error) -> loop.execute(() -> safe(from, message, packetId, error)));
    }

    private void oneLess() {
        unsafe--;
        Remote resumes = paused;
        if (unsafe <= MANY / 2 && resumes != null) {
            paused = null;
            resumes.resumeReading();
        }
    }

    private void safe(Remote from, Message message, int packetId, @Nullable Throwable error) {
        oneLess();
        if (error == null) {
            acknowledge(from, message, packetId, SUCCESS);
            return;
        }
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof RefusedException refused) {
            broker.dropped(message, refused.getMessage() == null ? "refused" : refused.getMessage());
            acknowledge(from, message, packetId, refused.reasonCode());
        }
        // Else this broker stops: the other one keeps the message.
    }

    private static void acknowledge(Remote from, Message message, int packetId, int reasonCode) {
        switch (message.qos()) {
            case AT_MOST_ONCE -> {}
            case AT_LEAST_ONCE -> from.pubAck(packetId, reasonCode);
            case EXACTLY_ONCE -> from.pubRec(packetId, reasonCode);
        }
    }

    /** PUBREL came. */
    void release(Remote from, int packetId) {
        if (!ready) {
            held.add(() -> release(from, packetId));
            return;
        }
        unsafe++;
        broker.release(packetId)
                .whenComplete((done, error) -> loop.execute(() -> {
                    oneLess();
                    if (error == null) {
                        from.pubComp(packetId);
                    }
                }));
    }
}
