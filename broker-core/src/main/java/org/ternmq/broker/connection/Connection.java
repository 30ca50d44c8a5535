package org.ternmq.broker.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.ListenerTraffic;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.observe.TraceDetails;
import org.ternmq.broker.observe.Traces;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.ConnAckProperties;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.MessageProperties;
import org.ternmq.broker.protocol.MqttDecoder;
import org.ternmq.broker.protocol.MqttEncoder;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.Packet;
import org.ternmq.broker.protocol.Packet.Auth;
import org.ternmq.broker.protocol.Packet.Connect;
import org.ternmq.broker.protocol.Packet.Disconnect;
import org.ternmq.broker.protocol.Packet.PingReq;
import org.ternmq.broker.protocol.Packet.PubAck;
import org.ternmq.broker.protocol.Packet.PubComp;
import org.ternmq.broker.protocol.Packet.PubRec;
import org.ternmq.broker.protocol.Packet.PubRel;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.Packet.Subscribe;
import org.ternmq.broker.protocol.Packet.Unsubscribe;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.security.ConnectCredentials;
import org.ternmq.broker.session.ClientLink;
import org.ternmq.broker.session.Session;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.spi.control.ConnectionView;

/**
 * One network connection: takes bytes apart into packets, holds them to the order that the specification demands, and hands
 * them to the session; puts what the session sends into one buffer that is flushed once at the end of the loop's turn. The
 * one place that turns an exception into CONNACK, DISCONNECT or a close.
 *
 * <p>Owner: its channel's loop.
 */
public final class Connection extends ChannelInboundHandlerAdapter implements ClientLink, Shard.Flushable {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    /** What is collected beyond this goes to the socket before the turn ends. */
    private static final int EARLY_WRITE = 64 << 10;

    private static final int FIRST_BUFFER = 512;
    /** What may come with a CONNECT before it is accepted: the request of WebSocket, frames' headers, one read. */
    private static final int AROUND_CONNECT = 128 << 10;

    /** A client that does not take the last packet is cut off after this long. */
    private static final long LINGER_MILLIS = 2_000;

    private static final int BY_SESSION = 1;
    private static final int BY_CONGESTION = 2;

    private enum State {
        /** CONNECT is awaited. */
        NEW,
        /** CONNECT is judged, or its session opened; nothing is read. */
        CONNECTING,
        /** AUTH with the answer to a challenge is awaited. */
        CHALLENGED,
        /** CONNACK 0x00 is out. */
        CONNECTED,
        /** Nothing more is read or sent. */
        CLOSED
    }

    private final Shard shard;
    private final ConnectSequence connects;
    private final ConnectionSettings settings;
    private final Events events;
    private final Metrics metrics;
    private final ListenerTraffic traffic;
    private final Traces traces;
    private final MqttDecoder decoder;
    private final KeepAlive keepAlive;
    private final Validity validity;
    private final TopicAliases aliases;
    private ChannelHandlerContext context;
    private State state = State.NEW;
    /** For the client's version and limits as soon as CONNECT has told them. */
    private MqttEncoder encoder = MqttEncoder.forVersion(MqttVersion.V3_1_1);

    private PublishEncoder publishes;
    private @Nullable ByteBuf input;
    private @Nullable ByteBuf output;
    private boolean flushDue;
    private boolean writtenEarly;
    /** Why nothing is read: {@link #BY_SESSION} and {@link #BY_CONGESTION}. */
    private int paused;

    private @Nullable Connect connect;
    private String clientId = "";
    private @Nullable Client client;
    private @Nullable EnhancedAuthentication enhanced;
    /** Authentication Data for CONNACK. */
    private byte @Nullable [] authenticationData;

    /** For operators. */
    private long acceptedAt;

    private int grantedKeepAlive;
    private long receivedMessages;
    private long sentMessages;
    private long receivedBytes;
    private long sentBytes;

    /** Packets and bytes of payload that were written and not yet counted. */
    private int packetsOut;

    private long payloadOut;
    /** Bytes of payload that were read and not yet counted. */
    private long payloadIn;

    private @Nullable Session session;
    private long sessionExpiry;
    private int receiveMaximum;
    private @Nullable Future<?> connectTimer;
    /** Bytes that count as those of a client that is not let in yet. */
    private int unauthenticated;
    /** They are counted where they are kept, in front of this. */
    private boolean countedInFront;
    /** The address that has one connection more by this one. */
    private @Nullable InetSocketAddress entered;
    /** What is being judged, while no verdict on it has come. */
    private @Nullable ConnectCredentials judged;

    /** The handler of one accepted channel. */
    @SuppressWarnings(
            "NullAway.Init") // the context comes with handlerAdded, the encoder with CONNECT, before they are used
    public Connection(Channel channel, Shards shards, ConnectSequence connects, Events events, Metrics metrics) {
        this.shard = shards.of(channel.eventLoop());
        this.connects = connects;
        this.settings = connects.settings();
        this.events = events;
        this.traces = events.traces();
        this.metrics = metrics;
        this.traffic = connects.traffic();
        this.decoder = new MqttDecoder(shard.topics(), settings.decoderLimits());
        this.keepAlive = new KeepAlive(shard, this::keepAliveTimeout);
        this.validity = new Validity(shard, this::ranOut);
        this.aliases = new TopicAliases(settings.topicAliasMaximum());
        this.receiveMaximum = settings.inFlight();
    }

    // ---- the channel

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        metrics.connectionOpened();
        connects.opened();
        connectTimer = shard.schedule(this::connectTimeout, settings.connectTimeoutMillis());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (state == State.CLOSED) {
            bytes.release();
            return;
        }
        receivedBytes += bytes.readableBytes();
        traffic.received(bytes.readableBytes());
        if (state != State.CONNECTED && !countedInFront && !holds(bytes.readableBytes())) {
            bytes.release();
            return;
        }
        ByteBuf waiting = input;
        if (waiting == null) {
            input = bytes;
        } else {
            waiting.discardSomeReadBytes();
            waiting.writeBytes(bytes);
            bytes.release();
        }
        process();
    }

    /** Whether CONNECT was accepted. */
    public boolean isLetIn() {
        return state == State.CONNECTED;
    }

    /**
     * Counts what comes from a client that is not let in yet and is kept in front of this, such as a frame until it is whole. False
     * if that is too much and the connection ends.
     */
    public boolean holdsInFront(int bytes) {
        countedInFront = true;
        if (state == State.CLOSED) {
            return false;
        }
        if (unauthenticated + bytes > settings.decoderLimits().maximumFirstPacketSize() + AROUND_CONNECT) {
            fail(ReasonCode.PACKET_TOO_LARGE, "more bytes than a CONNECT may have before one is accepted");
            return false;
        }
        return holds(bytes);
    }

    /** Counts what comes from a client that is not let in yet. False if all of these hold too much: this one has to go. */
    private boolean holds(int bytes) {
        unauthenticated += bytes;
        if (connects.guard().holds(bytes)) {
            return true;
        }
        fail(ReasonCode.SERVER_BUSY, "too many clients wait to be let in");
        return false;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        Shard behind = shard.takeCongestion();
        if (behind != null && state == State.CONNECTED && paused == 0) {
            // The subscribers' loop has to come to this task before the publisher is read again.
            pause(BY_CONGESTION);
            behind.execute(() -> shard.execute(() -> resume(BY_CONGESTION)));
        }
    }

    /** Takes packets from the input as long as there are whole ones and the connection may go on. */
    private void process() {
        ByteBuf in = input;
        if (in == null) {
            return;
        }
        int heard = 0;
        try {
            while (paused == 0 && reads()) {
                Packet packet = decoder.decode(in);
                if (packet == null) {
                    break;
                }
                heard++;
                handle(packet);
            }
        } catch (DisconnectException e) {
            fail(e.reasonCode(), e.detail());
        } catch (RuntimeException | Error e) {
            LOG.error("Cannot handle a packet of client '{}'", clientId, e);
            fail(ReasonCode.UNSPECIFIED_ERROR, "internal error");
        }
        if (heard > 0) {
            keepAlive.heard(System.nanoTime());
            traffic.decoded(heard, payloadIn);
            payloadIn = 0;
        }
        if (state == State.CLOSED || !in.isReadable()) {
            releaseInput();
        } else {
            keepRest(in);
        }
    }

    private boolean reads() {
        return state == State.CONNECTED || state == State.NEW || state == State.CHALLENGED;
    }

    /** What is left of a read buffer that is much larger moves to one that fits, so that the large one can be used again. */
    private void keepRest(ByteBuf in) {
        if (in.capacity() > 4 * in.readableBytes() + FIRST_BUFFER || in.refCnt() > 1) {
            ByteBuf rest = context.alloc().buffer(in.readableBytes() + FIRST_BUFFER);
            rest.writeBytes(in);
            in.release();
            input = rest;
        }
    }

    private void releaseInput() {
        if (input != null) {
            input.release();
            input = null;
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        Session to = session;
        if (state == State.CONNECTED && to != null && ctx.channel().isWritable()) {
            to.writable();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.error("Unexpected failure on the connection of '{}'", clientId, cause);
        }
        ended(ReasonCode.UNSPECIFIED_ERROR, "connection failed: " + cause.getMessage(), true, -1);
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        metrics.connectionClosed();
        connects.closed();
        ended(ReasonCode.UNSPECIFIED_ERROR, "connection closed by the client without DISCONNECT", true, -1);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        releaseInput();
        if (output != null) {
            output.release();
            output = null;
        }
    }

    private void connectTimeout() {
        if (state == State.CHALLENGED) {
            fail(ReasonCode.NOT_AUTHORIZED, "no answer to a challenge in time");
        } else if (state == State.NEW || state == State.CONNECTING) {
            fail(ReasonCode.UNSPECIFIED_ERROR, "no CONNECT in time");
        }
    }

    private void keepAliveTimeout() {
        fail(ReasonCode.KEEP_ALIVE_TIMEOUT, "nothing heard for one and a half times the keep-alive"); // MQTT-3.1.2-22
    }

    private void ranOut() {
        ReasonCode code = state == State.CONNECTED ? ReasonCode.MAXIMUM_CONNECT_TIME : ReasonCode.NOT_AUTHORIZED;
        fail(code, "what the client has proven is no longer valid");
    }

    // ---- packets

    private void handle(Packet packet) {
        if (traces.isOn() && !(packet instanceof Publish)) { // of which the topic is known only behind the alias
            traces.tell(
                    packet instanceof Connect first ? first.clientId() : clientId,
                    null,
                    null,
                    "received",
                    d -> d.packet(packet, null));
        }
        if (state == State.NEW) {
            if (!(packet instanceof Connect first)) { // MQTT-3.1.0-1
                throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "the first packet is no CONNECT");
            }
            onConnect(first);
            return;
        }
        if (state == State.CHALLENGED) {
            onAnswer(packet);
            return;
        }
        Session to = session;
        if (to == null) {
            throw new IllegalStateException("connected without a session");
        }
        if (packet instanceof Publish publish) {
            onPublish(to, publish);
        } else if (packet instanceof PubAck ack) {
            to.pubAck(ack.packetId());
        } else if (packet instanceof PubRec rec) {
            to.pubRec(rec.packetId(), rec.reasonCode());
        } else if (packet instanceof PubRel rel) {
            to.pubRel(this, rel.packetId());
        } else if (packet instanceof PubComp comp) {
            to.pubComp(comp.packetId());
        } else if (packet instanceof PingReq) {
            counted(encoder.pingResp(out())); // MQTT-3.12.4-1
        } else if (packet instanceof Subscribe subscribe) {
            to.subscribe(this, subscribe);
        } else if (packet instanceof Unsubscribe unsubscribe) {
            to.unsubscribe(this, unsubscribe);
        } else if (packet instanceof Disconnect disconnect) {
            onDisconnect(disconnect);
        } else if (packet instanceof Connect) { // MQTT-3.1.0-2
            throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "a second CONNECT");
        } else if (packet instanceof Auth auth) {
            onAuth(auth);
        }
    }

    private void onAuth(Auth packet) {
        EnhancedAuthentication exchanges = enhanced;
        if (exchanges == null) { // MQTT-4.12.0-7
            throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "AUTH without an authentication method");
        }
        exchanges.onAuth(packet, state == State.CONNECTED);
    }

    /** Before CONNACK a client that was challenged may answer or leave, and nothing else (MQTT-3.1.2-30). */
    private void onAnswer(Packet packet) {
        if (packet instanceof Auth auth) {
            state = State.CONNECTING;
            context.channel().config().setAutoRead(false);
            onAuth(auth);
        } else if (packet instanceof Disconnect disconnect) {
            ended(disconnect.reasonCode(), "DISCONNECT before CONNACK", false, -1);
            context.close();
        } else {
            throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "a packet other than AUTH before CONNACK");
        }
    }

    private void onConnect(Connect packet) {
        connect = packet;
        encoder = MqttEncoder.forClient(packet);
        publishes = new PublishEncoder(encoder, aliases);
        clientId = packet.clientId();
        receiveMaximum = Math.min(settings.inFlight(), packet.receiveMaximum());
        Peer peer = Peer.of(context.channel());
        clientId = connects.check(packet, peer);
        InetSocketAddress from = peer.address();
        if (!connects.guard().enters(from)) {
            throw new DisconnectException(ReasonCode.QUOTA_EXCEEDED, "too many connections from this address");
        }
        entered = from;
        aliases.outboundMaximum(Math.min(packet.topicAliasMaximum(), settings.topicAliasMaximum()));
        state = State.CONNECTING;
        context.channel().config().setAutoRead(false);
        ConnectCredentials credentials = new ConnectCredentials(
                clientId,
                packet.username(),
                packet.password(),
                peer.address(),
                settings.listener(),
                peer.certificate().orElse(null),
                peer.user().orElse(null),
                packet.version());
        if (packet.authenticationMethod() == null) {
            judged = credentials;
            connects.authenticate(this, packet, credentials);
        } else { // MQTT-4.12.0-2
            EnhancedAuthentication exchanges = connects.enhanced(this, packet.authenticationMethod(), credentials);
            enhanced = exchanges;
            exchanges.begin(packet.authenticationData());
        }
    }

    private void onPublish(Session to, Publish packet) {
        TopicName topic = aliases.resolve(packet);
        if (traces.isOn()) {
            traces.tell(clientId, null, topic, "received", d -> d.packet(packet, topic));
        }
        if (packet.qos().compareTo(settings.capabilities().maximumQos()) > 0) { // MQTT-3.2.2-11
            throw new DisconnectException(
                    ReasonCode.QOS_NOT_SUPPORTED, "QoS " + packet.qos().value());
        }
        if (packet.retain() && !settings.capabilities().retain()) { // MQTT-3.2.2-14
            throw new DisconnectException(ReasonCode.RETAIN_NOT_SUPPORTED, "PUBLISH with retain");
        }
        if (topic.levels() > settings.topicLevels()) {
            throw new DisconnectException(
                    ReasonCode.TOPIC_NAME_INVALID, "more than " + settings.topicLevels() + " topic levels");
        }
        if (settings.payloadFormatCheck()
                && !MessageProperties.payloadFitsFormat(packet.properties(), packet.payload())) { // MQTT 5.0 3.3.2.3.2
            switch (packet.qos()) {
                case AT_MOST_ONCE ->
                    throw new DisconnectException(
                            ReasonCode.PAYLOAD_FORMAT_INVALID, "a payload that is not the UTF-8 it says it is");
                case AT_LEAST_ONCE -> pubAck(packet.packetId(), ReasonCode.PAYLOAD_FORMAT_INVALID);
                case EXACTLY_ONCE -> pubRec(packet.packetId(), ReasonCode.PAYLOAD_FORMAT_INVALID);
            }
            return;
        }
        receivedMessages++;
        payloadIn += packet.payload().length;
        to.publish(this, topic, packet);
    }

    private void onDisconnect(Disconnect packet) {
        long newExpiry = packet.sessionExpiryInterval();
        Connect asked = connect;
        if (newExpiry > 0 && asked != null && asked.sessionExpiryInterval() == 0) { // MQTT 5.0 3.14.2.2.2
            throw new DisconnectException(
                    ReasonCode.PROTOCOL_ERROR, "a session expiry interval in DISCONNECT after 0 in CONNECT");
        }
        boolean publishWill = packet.reasonCode() != ReasonCode.SUCCESS; // MQTT-3.14.4-3
        ended(packet.reasonCode(), "DISCONNECT", publishWill, newExpiry);
        flushNow();
        context.close();
    }

    // ---- the end

    /** The client's fault or ours: says so where the protocol can, then closes (MQTT-4.13.1-1). */
    private void fail(ReasonCode reasonCode, String detail) {
        fail(reasonCode, detail, detail);
    }

    /**
     * The same with a detail that is not for the client.
     *
     * @param told what the client may read
     */
    private void fail(ReasonCode reasonCode, String detail, @Nullable String told) {
        if (state == State.CLOSED) {
            return;
        }
        String reason =
                settings.reasonStrings() && (connect == null || connect.requestProblemInformation()) ? told : null;
        if (traces.isOn()) {
            String packet = state == State.CONNECTED ? "DISCONNECT" : "CONNACK";
            sent(d -> d.put("packet", packet).reason(reasonCode).put("detail", detail));
        }
        if (state == State.CONNECTED) { // MQTT-3.14.0-1: never before CONNACK
            counted(encoder.disconnect(out(), reasonCode, reason, ConnAcks.serverReference(reasonCode, settings)));
        } else {
            refuse(reasonCode, reason);
        }
        ended(reasonCode, detail, true, -1);
        flushNow();
        closeSoon();
    }

    /** CONNACK with an error, where the client's version has one for it (MQTT-3.2.2-7, MQTT-3.2.2-8). */
    private void refuse(ReasonCode reasonCode, @Nullable String reason) {
        ReasonCode code = switch (reasonCode) {
            case SERVER_SHUTTING_DOWN -> ReasonCode.SERVER_UNAVAILABLE;
            case SESSION_TAKEN_OVER -> ReasonCode.SERVER_BUSY; // another one came in meanwhile
            default -> reasonCode;
        };
        ConnAckProperties properties = ConnAcks.refused(code, reason, settings);
        if (connect != null) {
            counted(encoder.connAck(out(), false, code, properties));
        } else if (decoder.connAckVersion() != null) {
            counted(MqttEncoder.forVersion(decoder.connAckVersion()).connAck(out(), false, code, properties));
        }
    }

    /** Closes when what was written is out, or the client does not take it. */
    private void closeSoon() {
        context.writeAndFlush(context.alloc().buffer(0)).addListener(ChannelFutureListener.CLOSE);
        Channel channel = context.channel();
        if (channel.isOpen()) {
            channel.eventLoop()
                    .schedule(
                            () -> {
                                channel.close();
                            },
                            LINGER_MILLIS,
                            TimeUnit.MILLISECONDS);
        }
    }

    /** The connection is over for its session and for the log; later calls do nothing. */
    private void ended(ReasonCode reasonCode, String detail, boolean publishWill, long newExpiry) {
        if (state == State.CLOSED) {
            return;
        }
        State was = state;
        state = State.CLOSED;
        keepAlive.stop();
        validity.stop();
        if (connectTimer != null) {
            connectTimer.cancel(false);
        }
        if (enhanced != null) {
            enhanced.end();
        }
        if (judged != null) {
            judged.abandon();
            judged = null;
        }
        letGo();
        if (entered != null) {
            connects.guard().leaves(entered);
            entered = null;
        }
        Session left = session;
        Client known = client;
        if (was == State.CONNECTED && known != null) {
            events.disconnected(known.info(), reasonCode.value(), detail);
        } else if (connect != null) {
            events.refused(
                    clientId, connect.username(), remoteAddress(), settings.listener(), reasonCode.value(), detail);
        } else if (reasonCode != ReasonCode.UNSPECIFIED_ERROR || input != null) {
            events.refused(null, null, remoteAddress(), settings.listener(), reasonCode.value(), detail);
        }
        session = null;
        if (left != null) {
            left.disconnected(this, publishWill, newExpiry);
        }
        if (input != null && !input.isReadable()) {
            releaseInput();
        }
    }

    private void letGo() {
        connects.guard().holds(-unauthenticated);
        unauthenticated = 0;
    }

    private InetSocketAddress remoteAddress() {
        return Peer.of(context.channel()).address();
    }

    // ---- for the connect sequence

    Shard shard() {
        return shard;
    }

    boolean awaitsVerdict() {
        return state == State.CONNECTING;
    }

    void authenticated(Client accepted, long expiry, Optional<Instant> validUntil) {
        judged = null;
        client = accepted;
        sessionExpiry = expiry;
        validity.until(validUntil);
    }

    // ---- for enhanced authentication

    /** AUTH 0x18 with the authenticator's challenge (MQTT-4.12.0-2). */
    void challenge(String method, byte[] data) {
        if (state == State.CONNECTING) {
            state = State.CHALLENGED;
            shard.execute(this::readOn);
        }
        if (!counted(encoder.auth(out(), ReasonCode.CONTINUE_AUTHENTICATION, method, data, null))) {
            fail(ReasonCode.PACKET_TOO_LARGE, "AUTH exceeds the client's Maximum Packet Size");
        }
    }

    /** The client is who it says: for its CONNECT, or again. */
    void proven(Client fresh, byte @Nullable [] data, Optional<Instant> validUntil) {
        Connect asked = connect;
        Client known = client;
        EnhancedAuthentication exchanges = enhanced;
        if (asked == null || exchanges == null) {
            return;
        }
        if (state == State.CONNECTING) {
            authenticationData = data;
            connects.claim(this, asked, fresh, validUntil);
            return;
        }
        Session to = session;
        if (to == null || known == null) {
            return;
        }
        if (!known.info().username().equals(fresh.info().username())) {
            fail(ReasonCode.NOT_AUTHORIZED, "re-authenticated as another user");
            return;
        }
        client = fresh;
        validity.until(validUntil);
        to.reauthenticated(this, fresh);
        counted(encoder.auth(out(), ReasonCode.SUCCESS, exchanges.method(), data, null));
    }

    /** The client is not who it says (MQTT-4.12.0-4, MQTT-4.12.1-2). */
    void disproven(ReasonCode reasonCode, String detail) {
        // DISCONNECT knows no 0x88 and 0x89 that would fit a client that is in.
        refused(state == State.CONNECTED ? ReasonCode.NOT_AUTHORIZED : reasonCode, detail);
    }

    /** Has the broker's stop told to the client (0x8B), then closes. Any thread. */
    public void serverShutsDown() {
        ReasonCode code = settings.serverReference().isPresent()
                ? ReasonCode.USE_ANOTHER_SERVER
                : ReasonCode.SERVER_SHUTTING_DOWN;
        shard.execute(() -> fail(code, "the broker stops"));
    }

    // ---- the link, for the session

    @Override
    public boolean keepsToReceiveMaximum() {
        return version().hasProperties();
    }

    @Override
    public MqttVersion version() {
        return encoder.version();
    }

    @Override
    public int receiveMaximum() {
        return receiveMaximum;
    }

    @Override
    public boolean opening(Session claimed) {
        if (state == State.CLOSED) {
            return false;
        }
        session = claimed;
        return true;
    }

    @Override
    public void accepted(boolean sessionPresent) {
        Connect asked = connect;
        if (state != State.CONNECTING || asked == null) {
            return;
        }
        state = State.CONNECTED;
        if (connectTimer != null) {
            connectTimer.cancel(false);
            connectTimer = null;
        }
        decoder.accepted();
        letGo();
        int keepAliveSeconds = connects.keepAlive(asked);
        ConnAckProperties granted =
                ConnAcks.accepted(asked, clientId, sessionExpiry, keepAliveSeconds, authenticationData, settings);
        authenticationData = null;
        if (traces.isOn()) {
            sent(d -> d.put("packet", "CONNACK")
                    .put("sessionPresent", sessionPresent)
                    .reason(ReasonCode.SUCCESS));
        }
        if (!counted(encoder.connAck(out(), sessionPresent, ReasonCode.SUCCESS, granted))) {
            // MQTT-3.14.0-1: without CONNACK no DISCONNECT either
            ended(ReasonCode.PACKET_TOO_LARGE, "CONNACK exceeds the client's Maximum Packet Size", true, -1);
            closeSoon();
            return;
        }
        grantedKeepAlive = keepAliveSeconds;
        acceptedAt = shard.now();
        keepAlive.start(keepAliveSeconds);
        // After this turn: what the session sends again comes before anything the client asks for.
        shard.execute(this::readOn);
    }

    private void readOn() {
        if (reads() && paused == 0) {
            process();
            if (reads() && paused == 0) {
                context.channel().config().setAutoRead(true);
            }
        }
    }

    @Override
    public void refused(ReasonCode reasonCode, String detail) {
        fail(reasonCode, detail, null); // what authenticators say is for the log
    }

    @Override
    public void takenOver() {
        session = null; // it is another connection's now
        fail(ReasonCode.SESSION_TAKEN_OVER, "another connection uses the client identifier");
    }

    @Override
    public void close(ReasonCode reasonCode, String detail) {
        fail(reasonCode, detail);
    }

    @Override
    public boolean publish(Delivery delivery, int packetId, boolean dup) {
        if (!counted(publishes.write(out(), delivery, packetId, dup, shard.now()))) {
            return false;
        }
        if (traces.isOn()) {
            ApplicationMessage message = delivery.message();
            traces.tell(
                    clientId,
                    message.publisher(),
                    message.topic(),
                    "sent",
                    d -> d.put("packet", "PUBLISH")
                            .message(message)
                            .put("qos", delivery.qos().value())
                            .put("retain", delivery.retain())
                            .put("packetId", packetId)
                            .put("dup", dup));
        }
        sentMessages++;
        payloadOut += delivery.message().payload().length;
        writeEarly();
        return true;
    }

    @Override
    public void pubAck(int packetId, ReasonCode reasonCode) {
        if (traces.isOn()) {
            sent(d -> d.acknowledgement("PUBACK", packetId, reasonCode));
        }
        counted(encoder.pubAck(
                out(), packetId, reasonCode, settings.reasonStrings() ? ReasonStrings.of(reasonCode) : null));
    }

    @Override
    public void pubRec(int packetId, ReasonCode reasonCode) {
        if (traces.isOn()) {
            sent(d -> d.acknowledgement("PUBREC", packetId, reasonCode));
        }
        counted(encoder.pubRec(
                out(), packetId, reasonCode, settings.reasonStrings() ? ReasonStrings.of(reasonCode) : null));
    }

    @Override
    public void pubRel(int packetId, ReasonCode reasonCode) {
        if (traces.isOn()) {
            sent(d -> d.acknowledgement("PUBREL", packetId, reasonCode));
        }
        counted(encoder.pubRel(out(), packetId, reasonCode));
    }

    @Override
    public void pubComp(int packetId, ReasonCode reasonCode) {
        if (traces.isOn()) {
            sent(d -> d.acknowledgement("PUBCOMP", packetId, reasonCode));
        }
        counted(encoder.pubComp(out(), packetId, reasonCode));
    }

    @Override
    public void subAck(int packetId, List<ReasonCode> reasonCodes) {
        if (traces.isOn()) {
            sent(d -> d.acknowledgement("SUBACK", packetId, reasonCodes));
        }
        counted(encoder.subAck(
                out(), packetId, reasonCodes, settings.reasonStrings() ? ReasonStrings.of(reasonCodes) : null));
        writeEarly();
    }

    @Override
    public void unsubAck(int packetId, List<ReasonCode> reasonCodes) {
        if (traces.isOn()) {
            sent(d -> d.acknowledgement("UNSUBACK", packetId, reasonCodes));
        }
        counted(encoder.unsubAck(
                out(), packetId, reasonCodes, settings.reasonStrings() ? ReasonStrings.of(reasonCodes) : null));
        writeEarly();
    }

    @Override
    public ConnectionView view() {
        return new ConnectionView(
                Events.text(remoteAddress()),
                settings.listener(),
                encoder.version().level(),
                grantedKeepAlive,
                Instant.ofEpochMilli(acceptedAt),
                receivedMessages,
                sentMessages,
                receivedBytes,
                sentBytes);
    }

    @Override
    public boolean isWritable() {
        return context.channel().isWritable();
    }

    @Override
    public void pauseReading() {
        pause(BY_SESSION);
    }

    @Override
    public void resumeReading() {
        resume(BY_SESSION);
    }

    private void pause(int reason) {
        paused |= reason;
        context.channel().config().setAutoRead(false);
    }

    private void resume(int reason) {
        paused &= ~reason;
        shard.execute(this::readOn);
    }

    // ---- output

    private void sent(Consumer<TraceDetails> details) {
        traces.tell(clientId, null, null, "sent", details);
    }

    /** Counts a packet, if it was written. */
    private boolean counted(boolean written) {
        if (written) {
            packetsOut++;
        }
        return written;
    }

    private ByteBuf out() {
        ByteBuf buffer = output;
        if (buffer == null) {
            buffer = context.alloc().buffer(FIRST_BUFFER);
            output = buffer;
            if (!flushDue) {
                flushDue = true;
                shard.flushLater(this);
            }
        }
        return buffer;
    }

    /** Keeps one turn from collecting without bound, and lets the socket's water marks see what there is. */
    private void writeEarly() {
        ByteBuf buffer = output;
        if (buffer != null && buffer.readableBytes() >= EARLY_WRITE) {
            output = null;
            writtenEarly = true;
            countSent(buffer);
            context.write(buffer, context.voidPromise());
        }
    }

    private void countSent(ByteBuf buffer) {
        sentBytes += buffer.readableBytes();
        traffic.sent(buffer.readableBytes(), packetsOut, payloadOut);
        packetsOut = 0;
        payloadOut = 0;
    }

    @Override
    public void flushNow() {
        flushDue = false;
        ByteBuf buffer = output;
        output = null;
        if (buffer != null) {
            writtenEarly = false;
            if (buffer.isReadable()) {
                countSent(buffer);
                context.writeAndFlush(buffer, context.voidPromise());
            } else {
                buffer.release();
                context.flush();
            }
        } else if (writtenEarly) {
            writtenEarly = false;
            context.flush();
        }
    }

    @Override
    public String toString() {
        return "connection of '" + clientId + "'";
    }
}
