package org.ternmq.bridge.mqtt;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.bridge.mqtt.MqttBridgeSettings.Start;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.PluginContext;

/**
 * The bridge: one connection at a time, made and made again, and the two flows over it.
 *
 * <p>Owner: its loop, except for what {@link Bridge} and its receiver are called with, which only hand over to it.
 */
final class MqttBridge implements Bridge, Bridge.Receiver, Remote.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(MqttBridge.class);
    private static final long HAND_OVER_MILLIS = 1_000;
    private static final long CLOSE_MILLIS = 1_800;
    private static final long LOOK_MILLIS = 20;
    private static final long STABLE_NANOS = 10_000_000_000L;
    private static final int SILENT_CLOSES = 3;

    private final MqttBridgeSettings settings;
    private final PluginContext context;
    private final Connector connector;
    private final TopicRules rules;
    private final List<Address> addresses;
    private final EventLoopGroup group;
    private final EventLoop loop;
    private final SessionMark mark;
    private final Handshake handshake;

    private @Nullable BrokerLink broker;
    private @Nullable OutFlow out;
    private @Nullable InFlow in;
    private @Nullable Remote remote;
    private boolean connected;
    private boolean ending;
    /** Whether a connection is being made or there is one, or a pause before the next. */
    private boolean busy;

    private int address;
    private int rung;
    private int failures;
    private long lastTraffic;
    private long connectedAt;
    /** Whether the next connection is wanted at once: to a better address. */
    private boolean moving;
    /** Connections in a row that were closed without a CONNACK, which some do that do not know the version. */
    private int silent;
    /** Whether the other broker has said that it does not know a better version. */
    private boolean refusedVersion;

    private @Nullable ScheduledFuture<?> failback;

    MqttBridge(MqttBridgeSettings settings, PluginContext context, Connector connector) {
        this.settings = settings;
        this.context = context;
        this.connector = connector;
        this.rules = TopicRules.of(settings.topics());
        this.addresses = Address.parseAll(settings.url());
        this.handshake = new Handshake(settings);
        this.mark = new SessionMark(context.dataDirectory());
        this.group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("mqtt-" + context.name(), true), NioIoHandler.newFactory());
        this.loop = group.next();
    }

    // ---- from the broker

    @Override
    public void start(BrokerLink link) {
        OutFlow outgoing = new OutFlow(rules, link, loop, context.clock(), settings.start() != Start.ALWAYS);
        InFlow incoming = new InFlow(rules, link, loop);
        loop.execute(() -> {
            broker = link;
            out = outgoing;
            in = incoming;
            begin();
        });
        if (!rules.outFilters().isEmpty()) {
            link.subscribe(rules.outFilters(), this);
        }
    }

    @Override
    public CompletionStage<Void> onMessage(Delivery delivery) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            OutFlow outgoing = out;
            if (outgoing != null) {
                lastTraffic = System.nanoTime();
                outgoing.offer(delivery, done);
                connectForWork();
            }
        });
        return done;
    }

    @Override
    public CompletionStage<Void> onRelease(int number) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            if (out != null) {
                out.release(number, done);
                connectForWork();
            }
        });
        return done;
    }

    /** Gives what is under way a moment to be acknowledged, says goodbye and lets go. */
    @Override
    public void close() throws Exception {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        loop.execute(() -> {
            ending = true;
            if (out != null) {
                out.end();
            }
            handOver(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(HAND_OVER_MILLIS), gone);
        });
        try {
            gone.get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        } finally {
            group.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS);
        }
    }

    private void handOver(long deadline, CompletableFuture<Void> gone) {
        boolean settled = !connected || out == null || in == null || (out.isSettled() && in.isSettled());
        if (!settled && System.nanoTime() < deadline) {
            loop.schedule(() -> handOver(deadline, gone), LOOK_MILLIS, TimeUnit.MILLISECONDS);
            return;
        }
        Remote to = remote;
        if (to != null) {
            if (connected) {
                to.disconnect();
            } else {
                to.end("the bridge is closed");
            }
        }
        gone.complete(null);
    }

    // ---- connections

    private void begin() {
        switch (settings.start()) {
            case ALWAYS -> connect();
            case LAZY -> {
                state(State.DISCONNECTED, "connects when a message waits");
                connectForWork();
            }
            case SCHEDULE -> {
                connect();
                loop.scheduleWithFixedDelay(
                        () -> {
                            if (!busy) {
                                connect();
                            }
                        },
                        settings.every().toMillis(),
                        settings.every().toMillis(),
                        TimeUnit.MILLISECONDS);
            }
        }
        if (settings.start() != Start.ALWAYS) {
            long look = Math.max(LOOK_MILLIS, settings.idle().toMillis() / 4);
            loop.scheduleWithFixedDelay(this::leaveIfIdle, look, look, TimeUnit.MILLISECONDS);
        }
    }

    private void connectForWork() {
        if (settings.start() == Start.LAZY && !busy && out != null && out.hasWork()) {
            connect();
        }
    }

    private void leaveIfIdle() {
        Remote to = remote;
        boolean idle = System.nanoTime() - lastTraffic > settings.idle().toNanos();
        if (connected && to != null && idle && out != null && !out.hasWork()) {
            to.disconnect();
        }
    }

    private void state(State state, String words) {
        if (broker != null) {
            broker.state(state, words);
        }
    }

    private Address current() {
        return addresses.get(address);
    }

    private void connect() {
        BrokerLink link = broker;
        if (ending || link == null) {
            return;
        }
        busy = true;
        if (in != null) {
            in.connecting();
        }
        String clientId = settings.clientId()
                .orElseGet(() -> "ternmq-" + context.name() + "-"
                        + link.brokerId()
                                .substring(0, Math.min(8, link.brokerId().length())));
        Handshake.Rung how = handshake.rung(rung);
        Remote made;
        try {
            made = new Remote(
                    this,
                    handshake.connect(clientId, how),
                    how.properties(),
                    current(),
                    settings.connectTimeout().toMillis(),
                    settings.receiveMaximum());
        } catch (IOException e) {
            state(State.DISCONNECTED, "the password file cannot be read: " + e);
            pause();
            return;
        }
        remote = made;
        connector.connect(loop, current(), how.bridgeFlag(), made).addListener((ChannelFuture opened) -> {
            if (!opened.isSuccess()) {
                made.end(String.valueOf(opened.cause().getMessage()));
            }
        });
    }

    @Override
    public void connected(Remote from, boolean sessionPresent) {
        BrokerLink link = broker;
        InFlow incoming = in;
        if (from != remote || link == null || incoming == null) {
            return;
        }
        connected = true;
        connectedAt = System.nanoTime();
        lastTraffic = connectedAt;
        String session = current() + " " + from.sessionName();
        List<String> before = sessionPresent ? mark.filters(session) : List.of();
        if (sessionPresent && mark.isOf(session)) {
            subscribe(from, session, before);
            incoming.ready();
        } else {
            // Numbers of another session mean nothing here: a new message must not be taken for an old one.
            mark.clear();
            link.releaseAll()
                    .whenComplete((done, error) -> loop.execute(() -> {
                        if (from == remote && error == null) {
                            subscribe(from, session, before);
                            incoming.ready();
                        }
                    }));
        }
        state(State.CONNECTED, current() + ", MQTT " + handshake.rung(rung).words());
        if (out != null) {
            out.connected(from, sessionPresent);
        }
        if (address > 0) {
            failback = loop.schedule(this::tryFirst, settings.failback().toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void subscribe(Remote to, String session, List<String> before) {
        List<Filter> wanted = new ArrayList<>();
        for (Filter filter : rules.inFilters()) {
            boolean isShared = filter.filter().startsWith("$share/");
            boolean isWild =
                    filter.filter().indexOf('+') >= 0 || filter.filter().indexOf('#') >= 0;
            if (isShared && !to.takesShared() || isWild && !to.takesWildcards()) {
                LOG.error(
                        "Bridge '{}': {} takes no subscription such as {}", context.name(), current(), filter.filter());
            } else {
                wanted.add(filter);
            }
        }
        List<String> filters = wanted.stream().map(Filter::filter).toList();
        List<String> gone =
                before.stream().filter(filter -> !filters.contains(filter)).toList();
        if (!gone.isEmpty()) {
            to.unsubscribe(handshake.unsubscribe(gone, to.hasProperties()));
        }
        if (!wanted.isEmpty()) {
            to.subscribe(handshake.subscribe(wanted, to.hasProperties()));
        }
        mark.set(session, filters);
    }

    @Override
    public void subscribed(Remote from, MqttSubAckMessage packet) {
        List<Filter> filters = rules.inFilters();
        List<Integer> codes = packet.payload().reasonCodes();
        for (int i = 0; i < codes.size(); i++) {
            if (codes.get(i) >= 0x80) {
                String filter = codes.size() == filters.size() ? filters.get(i).filter() : "#" + (i + 1);
                LOG.error(
                        "Bridge '{}': {} refused the subscription {} with code 0x{}",
                        context.name(),
                        current(),
                        filter,
                        Integer.toHexString(codes.get(i)));
                state(State.CONNECTED, current() + " refused the subscription " + filter);
            }
        }
    }

    @Override
    public void lost(Remote from, String why) {
        if (from != remote) {
            return;
        }
        boolean was = connected;
        remote = null;
        connected = false;
        if (failback != null) {
            failback.cancel(false);
        }
        if (out != null) {
            out.disconnected();
        }
        state(State.DISCONNECTED, current() + ": " + why);
        if (ending) {
            return;
        }
        if (was) {
            settled();
        } else if (nextRung(from)) {
            connect();
            return;
        } else {
            address = (address + 1) % addresses.size();
        }
        boolean wanted = settings.start() == Start.ALWAYS || (out != null && out.hasWork());
        if (moving) {
            moving = false;
            connect();
        } else if (wanted || !was) {
            pause();
        } else {
            busy = false;
        }
    }

    /** A connection has ended that was one. */
    private void settled() {
        if (System.nanoTime() - connectedAt > STABLE_NANOS) {
            failures = 0;
        }
        if (!refusedVersion) { // perhaps it only seemed not to know the best one
            rung = 0;
        }
        silent = 0;
    }

    /** Whether another version is to be tried at once. */
    private boolean nextRung(Remote from) {
        if (from.isClosedSilently()) {
            silent++;
        }
        boolean next = (from.isVersionRefused() || silent >= SILENT_CLOSES) && handshake.hasNext(rung);
        if (next) {
            rung++;
            silent = 0;
            refusedVersion |= from.isVersionRefused();
        } else if (!handshake.hasNext(rung)) {
            rung = 0;
            refusedVersion = false;
        }
        return next;
    }

    /** Waits, longer each time that all addresses have failed, and each time a little different. */
    private void pause() {
        failures++;
        int rounds = (failures - 1) / addresses.size();
        long longest = Math.min(
                settings.reconnectMax().toMillis(), settings.reconnectMin().toMillis() << Math.min(rounds, 20));
        boolean nextAddress = failures % addresses.size() != 0;
        long wait = nextAddress ? 0 : longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2 + 1);
        loop.schedule(this::connect, wait, TimeUnit.MILLISECONDS);
    }

    /** Looks whether the first address is back, and goes there if it is. */
    private void tryFirst() {
        Remote using = remote;
        if (!connected || using == null || ending) {
            return;
        }
        connector
                .probe(loop, addresses.get(0), new ChannelInboundHandlerAdapter())
                .addListener((ChannelFuture opened) -> {
                    opened.channel().close();
                    if (using != remote) {
                        return;
                    }
                    if (opened.isSuccess()) {
                        address = 0;
                        rung = 0;
                        moving = true;
                        using.disconnect();
                    } else {
                        failback = loop.schedule(
                                this::tryFirst, settings.failback().toMillis(), TimeUnit.MILLISECONDS);
                    }
                });
    }

    // ---- packets

    @Override
    public void publish(Remote from, MqttPublishMessage packet) {
        lastTraffic = System.nanoTime();
        if (in != null) {
            in.publish(from, packet);
        }
    }

    @Override
    public void reply(Remote from, MqttMessageType type, int packetId, int reasonCode) {
        OutFlow outgoing = out;
        InFlow incoming = in;
        if (outgoing == null || incoming == null) {
            return;
        }
        if (type == MqttMessageType.PUBACK) {
            outgoing.acknowledged(packetId, reasonCode);
        } else if (type == MqttMessageType.PUBREC) {
            outgoing.received(packetId, reasonCode);
        } else if (type == MqttMessageType.PUBCOMP) {
            outgoing.completed(packetId);
        } else {
            incoming.release(from, packetId);
        }
    }

    @Override
    public void writable(Remote from) {
        if (out != null) {
            out.pump();
        }
    }
}
