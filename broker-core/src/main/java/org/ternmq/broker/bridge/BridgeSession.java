package org.ternmq.broker.bridge;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.Packet.Subscribe;
import org.ternmq.broker.protocol.Packet.Unsubscribe;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.SubscriptionRequest;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.routing.SharedFilter;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.security.Permissions;
import org.ternmq.broker.session.Attach;
import org.ternmq.broker.session.ClientLink;
import org.ternmq.broker.session.Session;
import org.ternmq.broker.session.SessionLimits;
import org.ternmq.broker.shard.Shard;
import org.ternmq.spi.Bridge.RefusedException;
import org.ternmq.spi.Bridge.State;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;
import org.ternmq.spi.control.ConnectionView;

/**
 * The durable session of one bridge and its client, without a network between the two. It stays open while the bridge is made
 * anew; what is unfinished then goes to the new one.
 *
 * <p>Owner: its home loop, except for the methods that say otherwise.
 */
final class BridgeSession implements ClientLink {
    private static final Logger LOG = LoggerFactory.getLogger(BridgeSession.class);
    /** Messages handed to the bridge and not completed. */
    private static final int WINDOW = 1_000;
    /** Messages the bridge may have published without hearing of them. */
    private static final int WAITING = 100_000;

    private static final long CLAIM_AGAIN_MILLIS = 1_000;

    private final BridgeClient info;
    private final Shard home;
    private final BridgeParts broker;
    private final LoopQueue loop;
    private final BridgeInbound inbound;
    private final BridgeOutbound outbound;
    private final TopicName stateTopic;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final LongAdder received = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final List<Runnable> whenOpen = new ArrayList<>();
    /** What the session was asked to subscribe to, and by which packet identifiers that is not answered yet. */
    private final Map<String, QoS> asked = new HashMap<>();

    private final Map<Integer, String> unanswered = new HashMap<>();
    private int lastPacketId;
    private @Nullable Session session;
    private @Nullable BridgeLink receivers;
    private boolean claiming;
    private boolean accepted;
    private boolean ended;
    private Instant openedAt = Instant.EPOCH;
    private boolean reported;
    private volatile State state = State.DISCONNECTED;
    private volatile String detail = "not started";

    BridgeSession(String name, Optional<String> user, BridgeParts broker) {
        this.info = new BridgeClient(name, user);
        this.broker = broker;
        this.home = broker.shards().forName(info.clientId());
        this.loop = new LoopQueue(home);
        this.inbound = new BridgeInbound(this, broker.receiveMaximum());
        this.outbound = new BridgeOutbound(name, home, loop, broker.metrics());
        this.stateTopic = TopicName.ofValid("$SYS/broker/connection/" + name + "/state");
    }

    @Override
    public ConnectionView view() {
        return new ConnectionView(
                "",
                "bridge " + info.name(),
                MqttVersion.V5_0.level(),
                0,
                openedAt,
                received.sum(),
                outbound.carried(),
                0,
                0);
    }

    // ---- from any thread

    String name() {
        return info.name();
    }

    boolean allowsControlCharacters() {
        return broker.controlCharacters();
    }

    /** Completes when the session is open and the first subscriptions are made. */
    CompletableFuture<Void> ready() {
        return ready;
    }

    BridgeStatus status(long failures) {
        return new BridgeStatus(
                info.name(), state, detail, outbound.carried(), received.sum(), dropped.sum(), failures);
    }

    /** A bridge has started: opens the session if it is not open, and hands over what is unfinished. */
    void begin(BridgeLink link) {
        loop.execute(() -> {
            receivers = link;
            if (accepted) {
                serve(link);
            } else if (!claiming) {
                claim();
            }
        });
    }

    /** The bridge is not there any more. */
    void suspend() {
        loop.execute(() -> {
            receivers = null;
            outbound.suspend();
        });
    }

    /** Leaves the session, in which everything unfinished stays. Completes when that is done. */
    CompletableFuture<Void> end() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            ended = true;
            receivers = null;
            leave(ReasonCode.SUCCESS, "the broker stops");
            inbound.fail(new IllegalStateException("the broker stops"));
            if (state == State.CONNECTED) {
                changeState(State.DISCONNECTED, "the broker stops");
            }
            done.complete(null);
        });
        return done;
    }

    void publish(TopicName topic, Publish packet, CompletableFuture<Void> safe) {
        if (topic.levels() > broker.topicLevels()) {
            safe.completeExceptionally(
                    new RefusedException(ReasonCode.TOPIC_NAME_INVALID.value(), "a topic with too many levels"));
            return;
        }
        if (waiting.incrementAndGet() > WAITING) {
            waiting.decrementAndGet();
            safe.completeExceptionally(new RefusedException(
                    ReasonCode.QUOTA_EXCEEDED.value(), "the bridge did not wait for earlier messages to be safe"));
            return;
        }
        QoS qos = packet.qos().min(broker.capabilities().maximumQos());
        Publish offered = qos == packet.qos()
                        && (!packet.retain() || broker.capabilities().retain())
                ? packet
                : new Publish(
                        topic,
                        qos,
                        packet.retain() && broker.capabilities().retain(),
                        false,
                        qos == QoS.EXACTLY_ONCE ? packet.packetId() : 0,
                        Publish.NO_ALIAS,
                        packet.payload(),
                        packet.properties());
        received.increment();
        safe.whenComplete((done, error) -> waiting.decrementAndGet());
        opened(() -> inbound.publish(topic, offered, safe));
    }

    void release(int number, CompletableFuture<Void> released) {
        opened(() -> inbound.release(number, released));
    }

    void releaseAll(CompletableFuture<Void> released) {
        opened(() -> inbound.releaseAll(released));
    }

    private void opened(Runnable action) {
        loop.execute(() -> {
            if (accepted) {
                action.run();
            } else {
                whenOpen.add(action);
            }
        });
    }

    /** A bridge has subscribed or unsubscribed. */
    void subscribed(BridgeLink link) {
        loop.execute(() -> {
            if (accepted && receivers == link) {
                subscribe(link);
            }
        });
    }

    void state(State now, String words) {
        loop.execute(() -> changeState(now, words));
    }

    /** A message that the bridge gave up. */
    void dropped(Message message, String reason) {
        dropped.increment();
        broker.metrics().dropped(DropReason.BRIDGE);
        broker.events().droppedByBridge(info.name(), message.topic(), reason);
    }

    private void changeState(State now, String words) {
        detail = words;
        if (now != state || !reported) { // also that the other side is away from the beginning
            reported = true;
            state = now;
            broker.events().bridgeState(info.name(), now, words);
            showState();
        }
    }

    private void showState() {
        byte[] payload = (state == State.CONNECTED ? "1" : "0").getBytes(StandardCharsets.US_ASCII);
        ApplicationMessage message = new ApplicationMessage(
                stateTopic, QoS.AT_LEAST_ONCE, true, payload, new byte[0], ApplicationMessage.NEVER, null);
        broker.router().route(home, message, null);
    }

    // ---- the session

    private void claim() {
        if (ended) {
            return;
        }
        claiming = true;
        if (info.username().isPresent()) {
            broker.authentication().refresh(info, permissions -> loop.execute(() -> claim(permissions)));
        } else {
            claim(Permissions.everything());
        }
    }

    private void claim(Permissions permissions) {
        broker.registry()
                .claim(new Attach(new Client(info, permissions), home, this, false, SessionLimits.NEVER, null), home);
    }

    private void serve(BridgeLink link) {
        subscribe(link);
        outbound.begin(link);
    }

    /** Makes the session's subscriptions those of the bridge. */
    private void subscribe(BridgeLink link) {
        Session to = session;
        if (to == null) {
            return;
        }
        Map<String, QoS> wanted = link.filters();
        for (String filter : to.filters()) {
            if (!wanted.containsKey(filter)) {
                asked.remove(filter);
                to.unsubscribe(this, new Unsubscribe(nextPacketId(), List.of(filter)));
            }
        }
        wanted.forEach((filter, qos) -> {
            if (asked.put(filter, qos) != qos) {
                subscribe(to, filter, qos);
            }
        });
        if (unanswered.isEmpty()) {
            ready.complete(null);
        }
    }

    private void subscribe(Session to, String filter, QoS qos) {
        boolean shared = SharedFilter.parse(filter).shareName() != null;
        SubscriptionRequest request =
                new SubscriptionRequest(filter, qos, !shared, true, RetainHandling.SEND_IF_NEW); // MQTT-3.8.3-4
        int packetId = nextPacketId();
        unanswered.put(packetId, filter);
        try {
            to.subscribe(this, new Subscribe(packetId, 0, List.of(request)));
        } catch (DisconnectException e) {
            unanswered.remove(packetId);
            LOG.error("Bridge '{}' cannot subscribe to {}: {}", info.name(), filter, e.getMessage());
        }
    }

    private int nextPacketId() {
        lastPacketId = lastPacketId % 65_535 + 1;
        return lastPacketId;
    }

    private void leave(ReasonCode code, String why) {
        Session from = session;
        boolean wasAccepted = accepted;
        accepted = false;
        claiming = false;
        session = null;
        asked.clear();
        unanswered.clear();
        inbound.disconnected();
        outbound.disconnected();
        if (from != null) {
            if (wasAccepted) {
                broker.events().disconnected(info, code.value(), why);
            }
            from.disconnected(this, false, -1);
        }
    }

    // ---- the session's view

    @Override
    public MqttVersion version() {
        return MqttVersion.V5_0;
    }

    @Override
    public boolean keepsToReceiveMaximum() {
        return false;
    }

    @Override
    public int receiveMaximum() {
        return WINDOW;
    }

    @Override
    public boolean opening(Session opened) {
        session = opened;
        return !ended;
    }

    @Override
    public void accepted(boolean sessionPresent) {
        Session opened = session;
        if (opened == null) {
            return;
        }
        claiming = false;
        accepted = true;
        openedAt = Instant.ofEpochMilli(home.now());
        inbound.connected(opened);
        outbound.connected(opened);
        if (!ready.isDone()) { // what an earlier run left retained may be wrong
            showState();
        }
        List<Runnable> held = List.copyOf(whenOpen);
        whenOpen.clear();
        held.forEach(Runnable::run);
        BridgeLink link = receivers;
        if (link != null) {
            serve(link);
        }
    }

    @Override
    public void refused(ReasonCode reasonCode, String why) {
        claiming = false;
        session = null;
        LOG.error("Bridge '{}' cannot open its session: {} ({})", info.name(), why, reasonCode);
        claimLater();
    }

    private void claimLater() {
        if (!ended) {
            home.schedule(
                    () -> {
                        if (!accepted && !claiming) {
                            claim();
                        }
                    },
                    CLAIM_AGAIN_MILLIS);
        }
    }

    @Override
    public void takenOver() {
        session = null;
        leave(ReasonCode.SESSION_TAKEN_OVER, "taken over");
        claimLater();
    }

    @Override
    public void close(ReasonCode reasonCode, String why) {
        LOG.error("The session of bridge '{}' is opened again: {} ({})", info.name(), why, reasonCode);
        leave(reasonCode, why);
        claimLater();
    }

    @Override
    public boolean publish(Delivery delivery, int packetId, boolean dup) {
        if (delivery.qos() == QoS.AT_MOST_ONCE) {
            outbound.publishUnacknowledged(delivery);
        } else {
            outbound.publish(delivery, packetId, dup);
        }
        return true;
    }

    @Override
    public void pubAck(int packetId, ReasonCode reasonCode) {
        inbound.acknowledged(packetId, reasonCode);
    }

    @Override
    public void pubRec(int packetId, ReasonCode reasonCode) {
        inbound.received(packetId, reasonCode);
    }

    @Override
    public void pubRel(int packetId, ReasonCode reasonCode) {
        outbound.release(packetId);
    }

    @Override
    public void pubComp(int packetId, ReasonCode reasonCode) {
        inbound.completed(packetId);
    }

    @Override
    public void subAck(int packetId, List<ReasonCode> reasonCodes) {
        String filter = unanswered.remove(packetId);
        ReasonCode code = reasonCodes.get(0);
        if (code.isError()) {
            LOG.error("Bridge '{}' may not subscribe to {}: {}", info.name(), filter, code);
        }
        if (unanswered.isEmpty()) {
            ready.complete(null);
        }
    }

    @Override
    public void unsubAck(int packetId, List<ReasonCode> reasonCodes) {}

    @Override
    public boolean isWritable() {
        return outbound.isWritable();
    }

    @Override
    public void pauseReading() {
        inbound.pause();
    }

    @Override
    public void resumeReading() {
        inbound.resume();
    }

    @Override
    public String toString() {
        return "bridge '" + info.name() + "'";
    }
}
