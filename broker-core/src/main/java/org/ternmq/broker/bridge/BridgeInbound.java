package org.ternmq.broker.bridge;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.session.ClientLink;
import org.ternmq.broker.session.Session;
import org.ternmq.spi.Bridge.RefusedException;
import org.ternmq.spi.QoS;

/**
 * Messages from a bridge to the broker: as a client would publish them, so many at a time, each with somebody who waits to hear
 * that it is safe. Numbers that are open and safe do not count: they are free when the other side says so, and it may first
 * want to hear of more messages.
 *
 * <p>Owner: the home loop of the bridge's session.
 */
final class BridgeInbound {
    /** Packet identifiers of messages that have no number of the bridge's own lie above those that have. */
    private static final int FIRST_OWN = 65_536;

    private static final int OWN = 65_535;

    /** What waits for its turn or its acknowledgement. */
    private record Outgoing(TopicName topic, Publish packet, CompletableFuture<Void> safe) {}

    private final ClientLink link;
    private final int window;
    private final ArrayDeque<Outgoing> waiting = new ArrayDeque<>();
    /** Sent and not acknowledged, in order. */
    private final Map<Integer, Outgoing> unsafe = new LinkedHashMap<>();

    private final Map<Integer, List<CompletableFuture<Void>>> releases = new HashMap<>();
    /** QoS 2 identifiers that the session has open. */
    private BitSet open = new BitSet();

    private int lastOwn = OWN - 1;
    private boolean paused;
    private @Nullable Session session;

    BridgeInbound(ClientLink link, int window) {
        this.link = link;
        this.window = window;
    }

    /** The session takes messages now; those that an earlier connection did not hear of go again, in order. */
    void connected(Session to) {
        session = to;
        paused = false;
        open = new BitSet();
        for (int number : to.openIdentifiers()) {
            open.set(number);
        }
        List<Outgoing> again = new ArrayList<>(unsafe.values());
        unsafe.clear();
        for (int i = again.size() - 1; i >= 0; i--) {
            waiting.addFirst(again.get(i));
        }
        // Left over from a crash: the broker has the message, and nobody will ask for the number again.
        for (int number = open.nextSetBit(FIRST_OWN); number >= 0; number = open.nextSetBit(number + 1)) {
            int stale = number;
            if (again.stream().noneMatch(each -> each.packet.packetId() == stale)) {
                release(stale, new CompletableFuture<>());
            }
        }
        List.copyOf(releases.keySet()).forEach(number -> to.pubRel(link, number));
        pump();
    }

    void disconnected() {
        session = null;
    }

    void publish(TopicName topic, Publish packet, CompletableFuture<Void> safe) {
        int number = packet.qos() == QoS.EXACTLY_ONCE ? packet.packetId() : 0;
        if (session != null && number != 0 && open.get(number) && !unsafe.containsKey(number)) {
            // Once more, and safe already. It does not wait behind others, whose turn may only come when this number is
            // free.
            safe.complete(null);
            return;
        }
        waiting.add(new Outgoing(topic, packet, safe));
        pump();
    }

    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
        pump();
    }

    private void pump() {
        Session to = session;
        while (to != null && !paused && unsafe.size() < window && !waiting.isEmpty()) {
            Outgoing next = waiting.remove();
            send(to, next);
        }
    }

    private void send(Session to, Outgoing next) {
        Publish packet = next.packet;
        switch (packet.qos()) {
            case AT_MOST_ONCE -> {
                to.publish(link, next.topic, packet);
                next.safe.complete(null);
            }
            case AT_LEAST_ONCE -> sendAs(to, packet.packetId() == 0 ? freeNumber() : packet.packetId(), next);
            case EXACTLY_ONCE -> {
                int number = packet.packetId() == 0 ? freeNumber() : packet.packetId();
                Outgoing before = unsafe.get(number);
                if (before != null) { // once more while the first is on its way: both hear of it
                    before.safe.whenComplete((done, error) -> finish(next.safe, error));
                    return;
                }
                open.set(number);
                sendAs(to, number, next);
            }
        }
    }

    private void sendAs(Session to, int number, Outgoing next) {
        Publish p = next.packet;
        Publish numbered = p.packetId() == number
                ? p
                : new Publish(
                        p.topic(), p.qos(), p.retain(), p.dup(), number, p.topicAlias(), p.payload(), p.properties());
        unsafe.put(number, new Outgoing(next.topic, numbered, next.safe));
        to.publish(link, next.topic, numbered);
    }

    private static void finish(CompletableFuture<Void> safe, @Nullable Throwable error) {
        if (error == null) {
            safe.complete(null);
        } else {
            safe.completeExceptionally(error);
        }
    }

    private int freeNumber() {
        do {
            lastOwn = (lastOwn + 1) % OWN;
        } while (unsafe.containsKey(FIRST_OWN + lastOwn) || open.get(FIRST_OWN + lastOwn));
        return FIRST_OWN + lastOwn;
    }

    /** The message is safe, or refused: QoS 1. */
    void acknowledged(int number, ReasonCode code) {
        Outgoing done = unsafe.remove(number);
        if (done != null) {
            settle(done, code);
        }
        pump();
    }

    /** The message is safe, or refused: QoS 2. */
    void received(int number, ReasonCode code) {
        Outgoing done = unsafe.remove(number);
        if (code.isError()) {
            open.clear(number);
        } else if (number >= FIRST_OWN) {
            release(number, new CompletableFuture<>());
        }
        if (done != null) {
            settle(done, code);
        }
        pump();
    }

    private static void settle(Outgoing done, ReasonCode code) {
        if (code.isError()) {
            done.safe.completeExceptionally(
                    new RefusedException(code.value(), "the broker refused a message to " + done.topic + ": " + code));
        } else {
            done.safe.complete(null);
        }
    }

    void release(int number, CompletableFuture<Void> released) {
        Session to = session;
        if (to != null && !open.get(number)) {
            released.complete(null);
            return;
        }
        boolean asked = releases.containsKey(number);
        releases.computeIfAbsent(number, n -> new ArrayList<>(1)).add(released);
        if (to != null && !asked) {
            to.pubRel(link, number);
        }
    }

    void releaseAll(CompletableFuture<Void> released) {
        List<CompletableFuture<Void>> each = new ArrayList<>();
        for (int number = open.nextSetBit(0); number >= 0 && number < FIRST_OWN; number = open.nextSetBit(number + 1)) {
            CompletableFuture<Void> one = new CompletableFuture<>();
            each.add(one);
            release(number, one);
        }
        CompletableFuture.allOf(each.toArray(CompletableFuture[]::new))
                .whenComplete((done, error) -> finish(released, error));
    }

    /** The number is free, and that is safe. */
    void completed(int number) {
        open.clear(number);
        List<CompletableFuture<Void>> waiters = releases.remove(number);
        if (waiters != null) {
            waiters.forEach(each -> each.complete(null));
        }
        pump();
    }

    /** Nobody will hear of these any more. */
    void fail(Exception why) {
        List<Outgoing> all = new ArrayList<>(unsafe.values());
        all.addAll(waiting);
        unsafe.clear();
        waiting.clear();
        all.forEach(each -> each.safe.completeExceptionally(why));
    }
}
