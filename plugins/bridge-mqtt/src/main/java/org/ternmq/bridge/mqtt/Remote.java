package org.ternmq.bridge.mqtt;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler.ClientHandshakeStateEvent;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;

/**
 * One connection to another broker: its packets, its limits, its keep-alive. Whatever the peer does wrong ends the connection.
 *
 * <p>Owner: the bridge's loop.
 */
final class Remote extends SimpleChannelInboundHandler<MqttMessage> {
    /** What the bridge does with a connection. */
    interface Listener {
        /** CONNACK says yes. */
        void connected(Remote remote, boolean sessionPresent);

        /** It is gone, or was never there; called once. */
        void lost(Remote remote, String why);

        /** A PUBLISH. */
        void publish(Remote remote, MqttPublishMessage packet);

        /** PUBACK, PUBREC, PUBREL or PUBCOMP. */
        void reply(Remote remote, MqttMessageType type, int packetId, int reasonCode);

        /** SUBACK. */
        void subscribed(Remote remote, MqttSubAckMessage packet);

        /** More can be sent again. */
        void writable(Remote remote);
    }

    private static final int MAXIMUM_PACKET = 268_435_455;
    private static final int UNSUPPORTED_VERSION_5 = 0x84;

    private final Listener listener;
    private final MqttConnectMessage connect;
    private final boolean properties;
    private final boolean tls;
    private final boolean webSocket;
    private final long connectMillis;
    private final int ownReceiveMaximum;

    private @Nullable ChannelHandlerContext context;
    private @Nullable Future<?> timer;
    private boolean accepted;
    private boolean unsupported;
    private boolean silent;
    private boolean ended;
    private boolean awaitsPong;
    private boolean flushing;
    private long keepAliveSeconds;
    private int receiveMaximum;
    private long maximumPacketSize = MAXIMUM_PACKET;
    private QoS maximumQos = QoS.EXACTLY_ONCE;
    private boolean retainAvailable = true;
    private boolean wildcards = true;
    private boolean shared = true;

    Remote(
            Listener listener,
            MqttConnectMessage connect,
            boolean properties,
            Address address,
            long connectMillis,
            int receiveMaximum) {
        this.listener = listener;
        this.connect = connect;
        this.properties = properties;
        this.tls = address.tls();
        this.webSocket = address.webSocket();
        this.connectMillis = connectMillis;
        this.ownReceiveMaximum = receiveMaximum;
        this.receiveMaximum = receiveMaximum;
        this.keepAliveSeconds = connect.variableHeader().keepAliveTimeSeconds();
    }

    /** The client identifier of the session. */
    String sessionName() {
        return connect.payload().clientIdentifier();
    }

    // ---- what the other broker can do

    boolean hasProperties() {
        return properties;
    }

    int receiveMaximum() {
        return receiveMaximum;
    }

    long maximumPacketSize() {
        return maximumPacketSize;
    }

    QoS maximumQos() {
        return maximumQos;
    }

    boolean retainAvailable() {
        return retainAvailable;
    }

    boolean takesWildcards() {
        return wildcards;
    }

    boolean takesShared() {
        return shared;
    }

    /** Whether it was refused because of the protocol version. */
    boolean isVersionRefused() {
        return unsupported;
    }

    /** Whether it was closed by the other side without a CONNACK. */
    boolean isClosedSilently() {
        return silent;
    }

    // ---- sending

    boolean isWritable() {
        ChannelHandlerContext to = context;
        return to != null && !ended && to.channel().isWritable();
    }

    void publish(MqttPublishMessage packet) {
        ChannelHandlerContext to = context;
        if (to == null || ended) {
            packet.release();
        } else {
            to.write(packet);
        }
    }

    void flush() {
        if (context != null) {
            context.flush();
        }
    }

    private void send(MqttMessage packet) {
        ChannelHandlerContext to = context;
        if (to == null || ended) {
            return;
        }
        to.write(packet);
        if (!flushing) { // once for all that is answered in this turn
            flushing = true;
            to.executor().execute(() -> {
                flushing = false;
                to.flush();
            });
        }
    }

    private void reply(MqttMessageType type, MqttQoS qos, int packetId, int reasonCode) {
        MqttFixedHeader header = new MqttFixedHeader(type, false, qos, false, 0);
        send(new MqttMessage(
                header,
                properties
                        ? new MqttPubReplyMessageVariableHeader(
                                packetId, (byte) reasonCode, MqttProperties.NO_PROPERTIES)
                        : MqttMessageIdVariableHeader.from(packetId)));
    }

    void pubAck(int packetId, int reasonCode) {
        reply(MqttMessageType.PUBACK, MqttQoS.AT_MOST_ONCE, packetId, reasonCode);
    }

    void pubRec(int packetId, int reasonCode) {
        reply(MqttMessageType.PUBREC, MqttQoS.AT_MOST_ONCE, packetId, reasonCode);
    }

    void pubRel(int packetId) {
        reply(MqttMessageType.PUBREL, MqttQoS.AT_LEAST_ONCE, packetId, 0); // MQTT-3.6.1-1
    }

    void pubComp(int packetId) {
        reply(MqttMessageType.PUBCOMP, MqttQoS.AT_MOST_ONCE, packetId, 0);
    }

    void subscribe(MqttSubscribeMessage packet) {
        send(packet);
    }

    void unsubscribe(MqttUnsubscribeMessage packet) {
        send(packet);
    }

    void pauseReading() {
        if (context != null) {
            context.channel().config().setAutoRead(false);
        }
    }

    void resumeReading() {
        if (context != null) {
            context.channel().config().setAutoRead(true);
        }
    }

    /** Says goodbye and closes. */
    void disconnect() {
        ChannelHandlerContext to = context;
        if (to != null && !ended) {
            MqttFixedHeader header =
                    new MqttFixedHeader(MqttMessageType.DISCONNECT, false, MqttQoS.AT_MOST_ONCE, false, 0);
            to.writeAndFlush(new MqttMessage(header));
            end("disconnected");
        }
    }

    /** Closes, and tells so once. */
    void end(String why) {
        if (ended) {
            return;
        }
        ended = true;
        if (timer != null) {
            timer.cancel(false);
        }
        ChannelHandlerContext to = context;
        if (to != null) {
            to.close();
        }
        listener.lost(this, why);
    }

    // ---- the connection

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        timer = added.executor()
                .schedule(
                        () -> end("no CONNACK within " + connectMillis + " ms"), connectMillis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        if (!tls && !webSocket) {
            opened();
        }
        active.fireChannelActive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext at, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (!handshake.isSuccess()) {
                end("TLS: " + handshake.cause().getMessage());
            } else if (!webSocket) {
                opened();
            }
        } else if (event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
            opened();
        } else if (event == ClientHandshakeStateEvent.HANDSHAKE_TIMEOUT) {
            end("the WebSocket was not opened in time");
        }
        at.fireUserEventTriggered(event);
    }

    private void opened() {
        if (context != null) {
            context.writeAndFlush(connect);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext at) {
        if (accepted && at.channel().isWritable()) {
            listener.writable(this);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext at) {
        if (!accepted) {
            silent = true;
        }
        end(accepted ? "the other broker closed the connection" : "the other broker closed before CONNACK");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext at, Throwable cause) {
        Throwable reason = cause.getCause() == null ? cause : cause.getCause();
        end(reason.getMessage() == null ? reason.toString() : reason.getMessage());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext at, MqttMessage packet) {
        if (ended) {
            return;
        }
        awaitsPong = false; // whatever comes, it lives
        if (packet.decoderResult().isFailure()) {
            end("a packet that cannot be read: "
                    + packet.decoderResult().cause().getMessage());
            return;
        }
        MqttMessageType type = packet.fixedHeader().messageType();
        if (accepted != (type != MqttMessageType.CONNACK)) {
            end("unexpected " + type);
            return;
        }
        switch (type) {
            case CONNACK -> connAck((MqttConnAckMessage) packet);
            case PUBLISH -> published((MqttPublishMessage) packet);
            case PUBACK, PUBREC, PUBREL, PUBCOMP -> replied(type, packet);
            case SUBACK -> listener.subscribed(this, (MqttSubAckMessage) packet);
            case UNSUBACK -> {}
            case PINGRESP -> {}
            case DISCONNECT ->
                end("the other broker disconnected"
                        + (packet.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader h
                                ? " with code 0x" + Integer.toHexString(h.reasonCode() & 0xFF)
                                : ""));
            case CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, AUTH -> end("unexpected " + type);
        }
    }

    private void published(MqttPublishMessage packet) {
        boolean numbered = packet.fixedHeader().qosLevel() != MqttQoS.AT_MOST_ONCE;
        if (packet.variableHeader().topicName().isEmpty()) {
            end("a topic alias, though none was allowed"); // MQTT-3.1.2-27
        } else if (numbered && packet.variableHeader().packetId() < 1) {
            end("a PUBLISH without a packet identifier");
        } else {
            listener.publish(this, packet);
        }
    }

    private void replied(MqttMessageType type, MqttMessage packet) {
        MqttMessageIdVariableHeader header = (MqttMessageIdVariableHeader) packet.variableHeader();
        int code = header instanceof MqttPubReplyMessageVariableHeader reply ? reply.reasonCode() & 0xFF : 0;
        listener.reply(this, type, header.messageId(), code);
    }

    private void connAck(MqttConnAckMessage packet) {
        int code = packet.variableHeader().connectReturnCode().byteValue() & 0xFF;
        if (code != 0) {
            unsupported = code == UNSUPPORTED_VERSION_5 || code == 1;
            end("refused with " + packet.variableHeader().connectReturnCode());
            return;
        }
        MqttProperties set = packet.variableHeader().properties();
        receiveMaximum = Math.min(ownReceiveMaximum, number(set, MqttProperties.RECEIVE_MAXIMUM, 65_535));
        maximumPacketSize = number(set, MqttProperties.MAXIMUM_PACKET_SIZE, MAXIMUM_PACKET) & 0xFFFF_FFFFL;
        int qos = number(set, MqttProperties.MAXIMUM_QOS, 2);
        if (receiveMaximum < 1 || qos < 0 || qos > 2) {
            end("a CONNACK with limits that are none");
            return;
        }
        maximumQos = QoS.of(qos);
        retainAvailable = number(set, MqttProperties.RETAIN_AVAILABLE, 1) == 1;
        wildcards = number(set, MqttProperties.WILDCARD_SUBSCRIPTION_AVAILABLE, 1) == 1;
        shared = number(set, MqttProperties.SHARED_SUBSCRIPTION_AVAILABLE, 1) == 1;
        keepAliveSeconds = number(set, MqttProperties.SERVER_KEEP_ALIVE, (int) keepAliveSeconds); // MQTT-3.2.2-21
        accepted = true;
        if (timer != null) {
            timer.cancel(false);
        }
        watch();
        listener.connected(this, packet.variableHeader().isSessionPresent());
    }

    private static int number(MqttProperties set, int id, int otherwise) {
        return set.getProperty(id) instanceof MqttProperties.IntegerProperty p ? p.value() : otherwise;
    }

    /** Pings twice in each keep-alive, so that a silent peer is noticed within it. */
    private void watch() {
        ChannelHandlerContext at = context;
        if (at == null || keepAliveSeconds == 0) {
            return;
        }
        timer = at.executor()
                .schedule(
                        () -> {
                            if (awaitsPong && at.channel().config().isAutoRead()) {
                                end("no answer to PINGREQ");
                            } else if (!ended) {
                                awaitsPong = true;
                                send(new MqttMessage(new MqttFixedHeader(
                                        MqttMessageType.PINGREQ, false, MqttQoS.AT_MOST_ONCE, false, 0)));
                                watch();
                            }
                        },
                        keepAliveSeconds * 500,
                        TimeUnit.MILLISECONDS);
    }

    static MqttMessageIdVariableHeader idHeader(boolean properties, int packetId) {
        return properties
                ? new MqttMessageIdAndPropertiesVariableHeader(packetId, MqttProperties.NO_PROPERTIES)
                : MqttMessageIdVariableHeader.from(packetId);
    }
}
