package org.ternmq.bridge.mqtt;

import io.netty.channel.EventLoop;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.ternmq.bridge.mqtt.Messages.Sending;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.Bridge.BrokerLink;
import org.ternmq.spi.Bridge.Delivery;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;

/**
 * Messages to the other broker. The numbers that this broker gives them are their packet identifiers there, so that what was
 * begun before a restart goes on after it.
 *
 * <p>Owner: the bridge's loop.
 */
final class OutFlow {
    /** QoS 0 messages that may wait for a connection of a bridge that makes one only for them. */
    private static final int UNACKNOWLEDGED = 1_000;

    private static final int QUOTA_EXCEEDED = 0x97;
    /** How long nothing new is sent to a broker that takes no more: this long at first, twice as long each time, and no longer. */
    private static final long FULL_MILLIS = 250;

    private static final long FULL_MILLIS_MAX = 30_000;

    /** A message that is not done. */
    private static final class Pending {
        private final Delivery delivery;
        private final CompletableFuture<Void> done;
        private final long arrived;
        private boolean repeated;
        private QoS sentWith = QoS.AT_MOST_ONCE;

        Pending(Delivery delivery, CompletableFuture<Void> done, long arrived) {
            this.delivery = delivery;
            this.done = done;
            this.arrived = arrived;
            this.repeated = delivery.isRepeated();
        }
    }

    private final TopicRules rules;
    private final BrokerLink broker;
    private final EventLoop loop;
    private final Clock clock;
    private final boolean holdUnacknowledged;
    private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
    /** Sent and not acknowledged, in order. */
    private final Map<Integer, Pending> open = new LinkedHashMap<>();
    /** To be released, and by whom that is awaited. */
    private final Map<Integer, CompletableFuture<Void>> releasing = new LinkedHashMap<>();
    /** QoS 2 numbers of which the other side does not know, so that there is nothing to release. */
    private final Set<Integer> unknownThere = new HashSet<>();

    private int waitingUnacknowledged;
    private @Nullable Remote to;
    private boolean ending;
    private boolean full;
    private long fullMillis = FULL_MILLIS;

    OutFlow(TopicRules rules, BrokerLink broker, EventLoop loop, Clock clock, boolean holdUnacknowledged) {
        this.rules = rules;
        this.broker = broker;
        this.loop = loop;
        this.clock = clock;
        this.holdUnacknowledged = holdUnacknowledged;
    }

    /** Whether there is something to connect for. */
    boolean hasWork() {
        return !waiting.isEmpty() || !open.isEmpty() || !releasing.isEmpty();
    }

    /** Whether everything that was sent is acknowledged. */
    boolean isSettled() {
        return open.isEmpty() && releasing.isEmpty();
    }

    void offer(Delivery delivery, CompletableFuture<Void> done) {
        Pending pending = new Pending(delivery, done, clock.millis());
        if (delivery.number() == 0) {
            if (to == null && !(holdUnacknowledged && waitingUnacknowledged < UNACKNOWLEDGED)) {
                done.complete(null); // MQTT-4.3.1: at most once, and nobody is there
                return;
            }
            waitingUnacknowledged++;
        } else if (delivery.isRepeated()) { // what an earlier hand-over left is the same message
            waiting.removeIf(each -> each.delivery.number() == delivery.number());
            open.remove(delivery.number());
        }
        waiting.add(pending);
        pump();
    }

    void release(int number, CompletableFuture<Void> done) {
        if (unknownThere.remove(number)) {
            done.complete(null);
            return;
        }
        releasing.put(number, done);
        if (to != null) {
            to.pubRel(number);
        }
    }

    /**
     * Everything unfinished goes again, in order.
     *
     * @param sessionPresent whether the other side knows what was sent before
     */
    void connected(Remote remote, boolean sessionPresent) {
        to = remote;
        if (!sessionPresent) { // it has forgotten the numbers
            List.copyOf(releasing.values()).forEach(done -> done.complete(null));
            releasing.clear();
        }
        List<Pending> again = new ArrayList<>(open.values());
        open.clear();
        for (int i = again.size() - 1; i >= 0; i--) {
            Pending pending = again.get(i);
            pending.repeated = sessionPresent;
            waiting.addFirst(pending);
        }
        releasing.keySet().forEach(remote::pubRel);
        pump();
    }

    void disconnected() {
        to = null;
        if (!holdUnacknowledged) {
            waiting.removeIf(each -> each.delivery.number() == 0);
            waitingUnacknowledged = 0;
        }
    }

    /** Sends nothing new. */
    void end() {
        ending = true;
    }

    void pump() {
        Remote remote = to;
        boolean sent = false;
        while (remote != null && !ending && !full && !waiting.isEmpty() && remote.isWritable()) {
            Pending next = waiting.element();
            // Those in their second half count too (MQTT 5.0, 4.9).
            if (next.delivery.number() != 0 && open.size() + releasing.size() >= remote.receiveMaximum()) {
                break;
            }
            waiting.remove();
            if (next.delivery.number() == 0) {
                waitingUnacknowledged--;
            }
            send(remote, next);
            sent = true;
        }
        if (sent && remote != null) {
            remote.flush();
        }
    }

    private void send(Remote remote, Pending next) {
        Message message = next.delivery.message();
        Optional<String> topic = rules.remote(message.topic());
        if (topic.isEmpty() || Messages.hasLeft(message, broker.brokerId())) { // or it has come round
            giveUp(next);
            return;
        }
        long expiry = -1;
        if (message.expiryInterval().isPresent()) {
            expiry = message.expiryInterval().getAsLong() - (clock.millis() - next.arrived) / 1000;
            if (expiry <= 0 && clock.millis() > next.arrived + 999) {
                drop(next, "it has expired");
                return;
            }
            expiry = Math.max(0, expiry);
        }
        QoS qos = message.qos().min(remote.maximumQos()); // MQTT-3.2.2-11
        int number = qos == QoS.AT_MOST_ONCE ? 0 : next.delivery.number();
        Sending as = new Sending(
                topic.get(),
                qos,
                message.retain() && remote.retainAvailable(), // MQTT-3.2.2-14
                next.repeated && number != 0,
                number,
                expiry,
                broker.brokerId());
        long size = Messages.size(message, as, remote.hasProperties());
        if (size > remote.maximumPacketSize()) { // MQTT-3.2.2-15
            drop(next, "with " + size + " bytes it is larger than the other broker takes");
            return;
        }
        next.sentWith = qos;
        if (number == 0) {
            remote.publish(Messages.encode(message, as, remote.hasProperties()));
            giveUp(next);
        } else {
            open.put(number, next);
            remote.publish(Messages.encode(message, as, remote.hasProperties()));
        }
    }

    private void drop(Pending next, String why) {
        broker.dropped(next.delivery.message(), why);
        giveUp(next);
    }

    /** Done, without the other side knowing of the number. */
    private void giveUp(Pending next) {
        if (next.delivery.message().qos() == QoS.EXACTLY_ONCE) {
            unknownThere.add(next.delivery.number());
        }
        next.done.complete(null);
    }

    /** PUBACK came. */
    void acknowledged(int number, int reasonCode) {
        Pending done = open.get(number);
        if (done == null || done.sentWith != QoS.AT_LEAST_ONCE) {
            return;
        }
        open.remove(number);
        finish(done, reasonCode, true);
    }

    /** PUBREC came. */
    void received(int number, int reasonCode) {
        Pending done = open.get(number);
        if (done == null) {
            if (reasonCode < 0x80 && to != null && !releasing.containsKey(number)) {
                to.pubRel(number); // MQTT-4.3.3-7: of an earlier life
            }
            return;
        }
        if (done.sentWith == QoS.EXACTLY_ONCE) {
            open.remove(number);
            finish(done, reasonCode, false);
        }
    }

    private void finish(Pending done, int reasonCode, boolean unknown) {
        if (reasonCode
                == QUOTA_EXCEEDED) { // MQTT5 3.4.2.1: a limit that it has set, not the message, and it may go away
            done.repeated = false;
            waiting.addFirst(done);
            pauseAsItIsFull();
            return;
        }
        fullMillis = FULL_MILLIS;
        if (reasonCode >= 0x80) {
            drop(done, "the other broker refused it: code 0x" + Integer.toHexString(reasonCode));
        } else if (unknown) {
            giveUp(done);
        } else {
            done.done.complete(null);
        }
        pump();
    }

    private void pauseAsItIsFull() {
        if (full) {
            return;
        }
        full = true;
        broker.state(
                Bridge.State.CONNECTED, "the other broker takes no more for now; tries again in " + fullMillis + " ms");
        loop.schedule(
                () -> {
                    full = false;
                    pump();
                },
                fullMillis,
                TimeUnit.MILLISECONDS);
        fullMillis = Math.min(2 * fullMillis, FULL_MILLIS_MAX);
    }

    /** PUBCOMP came. */
    void completed(int number) {
        CompletableFuture<Void> done = releasing.remove(number);
        if (done != null) {
            done.complete(null);
        }
        pump();
    }
}
