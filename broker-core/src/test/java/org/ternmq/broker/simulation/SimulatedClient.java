package org.ternmq.broker.simulation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.Packet.Subscribe;
import org.ternmq.broker.protocol.Packet.Unsubscribe;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.SubscriptionRequest;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.session.SessionLimits;
import org.ternmq.broker.simulation.Ledger.Interval;
import org.ternmq.broker.simulation.Ledger.Sent;
import org.ternmq.spi.QoS;

/** A client by the book, whose memory survives its connections; it says when the broker goes against the book. */
final class SimulatedClient {
    private static final int MOST_UNFINISHED = 40;

    private static final class Outgoing {
        final Sent message;
        boolean released;

        Outgoing(Sent message) {
            this.message = message;
        }
    }

    private final String clientId;
    private final long expiry;
    private final Ledger ledger;
    private final Map<Integer, Outgoing> outgoing = new LinkedHashMap<>();
    /** QoS 2 identifiers taken and not released, with their messages. */
    private final Map<Integer, Integer> taken = new HashMap<>();

    private final Map<Integer, Interval> subscribing = new HashMap<>();
    private final Map<Integer, List<Interval>> unsubscribing = new HashMap<>();
    private final List<Interval> intervals = new ArrayList<>();
    private final Set<Integer> everGot = new HashSet<>();
    /** Of this session: the live messages that came, how often at each QoS, and the last new one by publisher, topic, QoS. */
    private final Set<Integer> live = new HashSet<>();

    private final Map<String, Integer> copies = new HashMap<>();

    private final Map<String, Integer> last = new HashMap<>();
    private @Nullable SimulatedLink link;
    private boolean connected;
    /** A clean start that was not confirmed: it has forgotten all, and asks the broker until that has, too. */
    private boolean starting;

    /** Milliseconds. */
    private long away;

    private int losses;
    private int nextId = 1;

    SimulatedClient(String clientId, long expiry, Ledger ledger) {
        this.clientId = clientId;
        this.expiry = expiry;
        this.ledger = ledger;
    }

    String clientId() {
        return clientId;
    }

    long expiry() {
        return expiry;
    }

    boolean isPersistent() {
        return expiry > 0;
    }

    @Nullable
    SimulatedLink link() {
        return link;
    }

    boolean isOpen() {
        return link != null && link.isOpen();
    }

    boolean isConnected() {
        return connected && link != null && link.isOpenForClient();
    }

    /** Connected, as both sides know. */
    boolean isReady() {
        return isConnected() && isOpen();
    }

    List<Interval> intervals() {
        return intervals;
    }

    boolean has(Sent message) {
        return everGot.contains(message.number);
    }

    /** Whether it should have a message and has not. */
    boolean mustHave(Sent message) {
        return !has(message)
                && intervals.stream().anyMatch(interval -> !interval.shared && interval.mustCover(message));
    }

    /** Whatever it has sent was answered. */
    void checkFinished() {
        outgoing.values().forEach(out -> ledger.fail(out.message + " was never answered"));
        subscribing.values().forEach(interval -> ledger.fail("SUBSCRIBE " + interval + " was never answered"));
        if (!unsubscribing.isEmpty()) {
            ledger.fail("an UNSUBSCRIBE of " + this + " was never answered");
        }
        taken.keySet().forEach(id -> ledger.fail("identifier " + id + " of " + this + " was never released"));
    }

    // ---- connections

    /** Begins a connection in place of the one it may have. True if it has to ask for a clean start. */
    boolean connect(SimulatedLink by, boolean cleanStart) {
        SimulatedLink old = link;
        if (old != null && starting) {
            // Else it could come behind this one, and end a session that the client knows of.
            old.loseConnect();
        }
        leave();
        link = by;
        if (cleanStart && !starting) {
            starting = true;
            forget();
        }
        return starting;
    }

    /** Its connection is gone. */
    void leave() {
        SimulatedLink old = link;
        if (old != null && old.isOpenForClient()) {
            losses++;
            old.leave();
        }
        connected = false;
        subscribing.clear();
        unsubscribing.clear();
        if (!isPersistent()) {
            sessionMayEnd();
        }
    }

    /** Time passes: if it is away for as long as its session may last, it knows that it has to begin anew. */
    void time(long millis) {
        away = isReady() ? 0 : away + millis;
        if (isPersistent() && expiry != SessionLimits.NEVER && away >= expiry * 1000) {
            SimulatedLink attempt = link;
            if (attempt != null) {
                attempt.loseConnect();
            }
            leave();
            starting = true;
            forget();
        }
    }

    private void sessionMayEnd() {
        intervals.forEach(ledger::endAsked);
        outgoing.values().forEach(out -> out.message.orphaned = true);
    }

    private void forget() {
        sessionMayEnd();
        intervals.clear();
        outgoing.clear();
        taken.clear();
        copies.clear();
        live.clear();
        last.clear();
        losses = 0;
    }

    void accepted(boolean sessionPresent) {
        connected = true;
        away = 0;
        if (starting && sessionPresent) {
            ledger.fail(this + " started clean and has a session (MQTT-3.2.2-2)");
        }
        starting = false;
        if (!sessionPresent) {
            forget();
            return;
        }
        outgoing.forEach((packetId, out) -> { // MQTT-4.4.0-1
            if (out.released) {
                release(packetId);
            } else {
                out.message.sends++;
                send(out.message, packetId, true);
            }
        });
    }

    // ---- what it publishes

    void publish(String topic, QoS qos, boolean retain, boolean clears, boolean expires) {
        if (!isConnected() || outgoing.size() >= MOST_UNFINISHED) {
            return;
        }
        Sent message = ledger.message(this, topic, qos, retain, clears, expires);
        int packetId = qos == QoS.AT_MOST_ONCE ? 0 : freeId();
        if (packetId != 0) {
            outgoing.put(packetId, new Outgoing(message));
        }
        send(message, packetId, false);
    }

    private int freeId() {
        do {
            nextId = nextId % 60 + 1; // few, so that one is used again soon
        } while (outgoing.containsKey(nextId) || subscribing.containsKey(nextId) || unsubscribing.containsKey(nextId));
        return nextId;
    }

    private SimulatedLink open() {
        SimulatedLink now = link;
        if (now == null) {
            throw new AssertionError(this + " has no connection");
        }
        return now;
    }

    private void send(Sent message, int packetId, boolean dup) {
        SimulatedLink by = open();
        TopicName topic = TopicName.ofValid(message.topic);
        byte[] payload = message.clears ? new byte[0] : new byte[10];
        // A message without a payload has its number, too: nothing behind the decoder reads properties.
        byte[] number = Integer.toString(message.number).getBytes(StandardCharsets.US_ASCII);
        PublishProperties properties = new PublishProperties(number, message.expires ? 1 : PublishProperties.NEVER);
        Publish packet =
                new Publish(topic, message.qos, message.retain, dup, packetId, Publish.NO_ALIAS, payload, properties);
        ledger.note(() -> this + " sends " + message + " as " + packetId + (dup ? " dup" : ""));
        by.send(() -> {
            ledger.note(() -> "PUBLISH " + packetId + " of " + this);
            ledger.received(message.qos);
            by.session().publish(by, topic, packet);
        });
    }

    private void release(int packetId) {
        SimulatedLink by = open();
        by.send(() -> by.session().pubRel(by, packetId));
    }

    void acknowledged(int packetId, ReasonCode reasonCode) {
        Outgoing out = outgoing.remove(packetId);
        if (out == null || out.message.qos != QoS.AT_LEAST_ONCE) {
            ledger.fail("PUBACK " + packetId + " for " + this + ", which did not ask for it");
            return;
        }
        answered(out.message, reasonCode);
    }

    private void answered(Sent message, ReasonCode reasonCode) {
        if (message.acknowledgedAt == Ledger.NEVER) {
            message.acknowledgedAt = ledger.now();
            message.refused = reasonCode.isError();
        }
    }

    void received(SimulatedLink by, int packetId, ReasonCode reasonCode) {
        Outgoing out = outgoing.get(packetId);
        if (out == null || out.message.qos != QoS.EXACTLY_ONCE || out.released) {
            ledger.fail("PUBREC " + packetId + " for " + this + ", which did not ask for it");
            return;
        }
        answered(out.message, reasonCode);
        if (reasonCode.isError()) {
            outgoing.remove(packetId);
        } else {
            out.released = true;
            by.send(() -> by.session().pubRel(by, packetId));
        }
    }

    void completed(int packetId) {
        Outgoing out = outgoing.remove(packetId);
        if (out == null || !out.released) {
            ledger.fail("PUBCOMP " + packetId + " for " + this + ", which did not ask for it");
        }
    }

    // ---- what it gets

    void published(SimulatedLink by, Delivery delivery, int packetId, boolean dup) {
        Sent message = ledger.message(
                Integer.parseInt(new String(delivery.message().properties(), StandardCharsets.US_ASCII)));
        ledger.note(() -> this + " reads " + packetId + ": " + message);
        switch (delivery.qos()) {
            case AT_MOST_ONCE -> got(delivery, message);
            case AT_LEAST_ONCE -> {
                got(delivery, message);
                by.pubAck(packetId);
            }
            case EXACTLY_ONCE -> {
                Integer before = taken.putIfAbsent(packetId, message.number);
                if (before == null) {
                    got(delivery, message);
                } else if (before != message.number) {
                    ledger.fail("identifier " + packetId + " for " + this + " was not released and is " + message);
                } else if (!dup) {
                    ledger.fail(message + " came again to " + this + " without DUP (MQTT-3.3.1-1)");
                }
                by.pubRec(packetId);
            }
        }
    }

    void released(SimulatedLink by, int packetId) {
        taken.remove(packetId);
        by.pubComp(packetId);
    }

    private void got(Delivery delivery, Sent message) {
        everGot.add(message.number);
        if (intervals.stream()
                .noneMatch(
                        interval -> interval.mayCover(message) || (delivery.retain() && interval.matches(message)))) {
            ledger.fail(this + " got " + message + " without a subscription");
        }
        if (delivery.retain()) { // as often as it subscribes
            return;
        }
        checkCopies(delivery.qos(), message);
        if (live.add(message.number) && intervals.stream().noneMatch(interval -> interval.shared)) {
            String way = message.publisher.clientId + '/' + message.topic + '/' + message.qos + '/' + delivery.qos();
            Integer before = last.put(way, message.number);
            // What it did not subscribe to in time, or what has expired, may reach it as a repetition only.
            if (before != null
                    && !message.expires
                    && before > message.number
                    && intervals.stream().anyMatch(each -> each.mustCover(message))) {
                ledger.fail(this + " got " + message + " behind message " + before + " (MQTT-4.6.0-6)");
            }
        }
    }

    private void checkCopies(QoS qos, Sent message) {
        int copy = copies.merge(message.number + "/" + qos, 1, Integer::sum);
        boolean once = switch (qos) {
            case AT_MOST_ONCE -> message.qos != QoS.AT_LEAST_ONCE || message.sends == 1;
            case AT_LEAST_ONCE ->
                ledger.crashes() == 0 && losses == 0 && (message.sends == 1 || message.qos == QoS.EXACTLY_ONCE);
            case EXACTLY_ONCE -> true;
        };
        long ways = 1
                + intervals.stream()
                        .filter(interval -> interval.shared && interval.matches(message))
                        .map(interval -> interval.text)
                        .distinct()
                        .count();
        if (once && !message.orphaned && copy > ways) {
            ledger.fail(this + " got " + message + " " + copy + " times at " + qos);
        }
    }

    // ---- subscriptions

    void subscribe(String filter, QoS qos) {
        if (!isConnected()) {
            return;
        }
        if (qos == QoS.AT_MOST_ONCE) {
            intervals.stream().filter(each -> each.text.equals(filter)).forEach(ledger::endAsked);
        }
        Interval interval = new Interval(filter, qos, ledger.now());
        if (qos == QoS.AT_MOST_ONCE || !isPersistent()) {
            ledger.unsteady(interval);
        }
        intervals.add(interval);
        int packetId = freeId();
        subscribing.put(packetId, interval);
        SimulatedLink by = open();
        SubscriptionRequest request = new SubscriptionRequest(filter, qos, false, false, RetainHandling.SEND);
        by.send(() -> by.session().subscribe(by, new Subscribe(packetId, 0, List.of(request))));
    }

    void subscribed(int packetId, List<ReasonCode> codes) {
        Interval interval = subscribing.remove(packetId);
        if (interval == null || codes.size() != 1 || codes.get(0).isError()) {
            ledger.fail("SUBACK " + packetId + codes + " for " + this);
            return;
        }
        interval.made(ledger.now());
    }

    void unsubscribe(String filter) {
        if (!isConnected()) {
            return;
        }
        List<Interval> ending =
                intervals.stream().filter(each -> each.text.equals(filter)).toList();
        ending.forEach(ledger::endAsked);
        int packetId = freeId();
        unsubscribing.put(packetId, ending);
        SimulatedLink by = open();
        by.send(() -> by.session().unsubscribe(by, new Unsubscribe(packetId, List.of(filter))));
    }

    void unsubscribed(int packetId) {
        List<Interval> ended = unsubscribing.remove(packetId);
        if (ended == null) {
            ledger.fail("UNSUBACK " + packetId + " for " + this + ", which did not ask for it");
            return;
        }
        ended.forEach(interval -> interval.ended(ledger.now()));
    }

    @Override
    public String toString() {
        return clientId;
    }
}
