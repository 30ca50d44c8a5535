package org.ternmq.bridge.mqtt;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The other broker, for one client with one session that is never lost; a test may have it behave badly. Opened and shut by the
 * test's thread; all may ask.
 */
final class FakeRemote {
    /** A PUBLISH that came in. */
    record Came(
            String topic, String text, int qos, boolean retain, boolean dup, int packetId, MqttProperties properties) {}

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<Came> came = new CopyOnWriteArrayList<>();
    private final List<MqttConnectMessage> connects = new CopyOnWriteArrayList<>();
    private final List<MqttSubscribeMessage> subscribes = new CopyOnWriteArrayList<>();
    private final List<Channel> channels = new CopyOnWriteArrayList<>();
    private final Map<Integer, String> unacknowledged = new LinkedHashMap<>();
    private final Set<Integer> unreleased = new HashSet<>();
    private final AtomicInteger ids = new AtomicInteger();
    private volatile MqttProperties connAck = MqttProperties.NO_PROPERTIES;
    private volatile BiPredicate<ChannelHandlerContext, MqttMessage> instead = (context, packet) -> false;
    private volatile int port;
    private volatile boolean known;
    private volatile int subAckCode = -1;
    private volatile @Nullable Channel server;

    /** Opens on the port it had before, if it had one. */
    void open() {
        if (server != null) {
            return;
        }
        ServerBootstrap bootstrap = bootstrap();
        ChannelFuture bound = bootstrap.bind("127.0.0.1", port).awaitUninterruptibly();
        for (int i = 0; i < 1_000 && bound.cause() instanceof BindException; i++) { // not let go of yet
            LockSupport.parkNanos(5_000_000);
            bound = bootstrap.bind("127.0.0.1", port).awaitUninterruptibly();
        }
        Channel opened = bound.syncUninterruptibly().channel();
        server = opened;
        port = ((InetSocketAddress) opened.localAddress()).getPort();
    }

    private ServerBootstrap bootstrap() {
        return new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channels.add(channel);
                        channel.pipeline().addLast(new MqttDecoder(1 << 20), MqttEncoder.INSTANCE, new Handler());
                    }
                });
    }

    /** Closes the port and cuts the connections. */
    void shut() {
        Channel open = server;
        if (open != null) {
            open.close().syncUninterruptibly();
            server = null;
        }
        cut();
    }

    void cut() {
        channels.forEach(channel -> channel.close().syncUninterruptibly());
        channels.clear();
    }

    void end() {
        shut();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    int port() {
        return port;
    }

    /** What CONNACK says. */
    void announces(MqttProperties properties) {
        connAck = properties;
    }

    /** Answers every filter of a SUBSCRIBE with this. */
    void answersSubscribe(int code) {
        subAckCode = code;
    }

    /** Does something else with a packet; true if nothing more is to be done. */
    void behaves(BiPredicate<ChannelHandlerContext, MqttMessage> behaviour) {
        instead = behaviour;
    }

    List<Came> came() {
        return List.copyOf(came);
    }

    List<String> texts() {
        return came.stream().map(Came::text).toList();
    }

    List<MqttConnectMessage> connects() {
        return List.copyOf(connects);
    }

    List<MqttSubscribeMessage> subscribes() {
        return List.copyOf(subscribes);
    }

    /** Sends a message at QoS 1, again on each connection until it is acknowledged. */
    void send(String topic, String text) {
        int id = ids.incrementAndGet();
        synchronized (unacknowledged) {
            unacknowledged.put(id, topic + '\n' + text);
        }
        channels.forEach(channel -> channel.writeAndFlush(publish(topic, text, 1, id, false)));
    }

    static MqttPublishMessage publish(String topic, String text, int qos, int packetId, boolean dup) {
        return new MqttPublishMessage(
                new MqttFixedHeader(MqttMessageType.PUBLISH, dup, MqttQoS.valueOf(qos), false, 0),
                new MqttPublishVariableHeader(topic, packetId),
                Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    private static MqttMessage reply(MqttMessageType type, int packetId) {
        MqttQoS qos = type == MqttMessageType.PUBREL ? MqttQoS.AT_LEAST_ONCE : MqttQoS.AT_MOST_ONCE;
        return new MqttMessage(
                new MqttFixedHeader(type, false, qos, false, 0), MqttMessageIdVariableHeader.from(packetId));
    }

    private final class Handler extends SimpleChannelInboundHandler<MqttMessage> {
        @Override
        protected void channelRead0(ChannelHandlerContext at, MqttMessage packet) {
            if (packet.decoderResult().isFailure()) {
                throw new AssertionError(
                        "the bridge sent what cannot be read",
                        packet.decoderResult().cause());
            }
            if (packet instanceof MqttConnectMessage connect) {
                connects.add(connect);
            } else if (packet instanceof MqttSubscribeMessage subscribe) {
                subscribes.add(subscribe);
            }
            if (instead.test(at, packet)) {
                return;
            }
            MqttMessageType type = packet.fixedHeader().messageType();
            switch (type) {
                case CONNECT -> {
                    at.writeAndFlush(new MqttConnAckMessage(
                            new MqttFixedHeader(MqttMessageType.CONNACK, false, MqttQoS.AT_MOST_ONCE, false, 0),
                            new MqttConnAckVariableHeader(MqttConnectReturnCode.CONNECTION_ACCEPTED, known, connAck)));
                    known = true;
                    synchronized (unacknowledged) {
                        unacknowledged.forEach((id, what) -> {
                            int end = what.indexOf('\n');
                            at.writeAndFlush(publish(what.substring(0, end), what.substring(end + 1), 1, id, true));
                        });
                    }
                }
                case SUBSCRIBE -> {
                    List<Integer> codes = new ArrayList<>();
                    ((MqttSubscribeMessage) packet)
                            .payload()
                            .topicSubscriptions()
                            .forEach(each -> codes.add(
                                    subAckCode < 0 ? each.qualityOfService().value() : subAckCode));
                    at.writeAndFlush(new MqttSubAckMessage(
                            new MqttFixedHeader(MqttMessageType.SUBACK, false, MqttQoS.AT_MOST_ONCE, false, 0),
                            MqttMessageIdVariableHeader.from(((MqttSubscribeMessage) packet)
                                    .variableHeader()
                                    .messageId()),
                            new MqttSubAckPayload(codes)));
                }
                case PUBLISH -> take(at, (MqttPublishMessage) packet);
                case PUBACK -> {
                    synchronized (unacknowledged) {
                        unacknowledged.remove(id(packet));
                    }
                }
                case PUBREL -> {
                    unreleased.remove(id(packet));
                    at.writeAndFlush(reply(MqttMessageType.PUBCOMP, id(packet)));
                }
                case PINGREQ ->
                    at.writeAndFlush(new MqttMessage(
                            new MqttFixedHeader(MqttMessageType.PINGRESP, false, MqttQoS.AT_MOST_ONCE, false, 0)));
                default -> {}
            }
        }

        private void take(ChannelHandlerContext at, MqttPublishMessage packet) {
            int qos = packet.fixedHeader().qosLevel().value();
            int packetId = packet.variableHeader().packetId();
            if (qos != 2 || unreleased.add(packetId)) {
                came.add(new Came(
                        packet.variableHeader().topicName(),
                        packet.payload().toString(StandardCharsets.UTF_8),
                        qos,
                        packet.fixedHeader().isRetain(),
                        packet.fixedHeader().isDup(),
                        packetId,
                        packet.variableHeader().properties()));
            }
            if (qos > 0) {
                at.writeAndFlush(reply(qos == 1 ? MqttMessageType.PUBACK : MqttMessageType.PUBREC, packetId));
            }
        }

        private int id(MqttMessage packet) {
            return ((MqttMessageIdVariableHeader) packet.variableHeader()).messageId();
        }
    }
}
