package org.ternmq.broker.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;

/**
 * Enough of a broker to try the generator on, one loop, Netty's codec: exact topics and one {@code +}, queues for those who are away,
 * and mistakes on request.
 */
final class TinyBroker implements AutoCloseable {
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel server;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ToIntFunction<Long> copies;
    private final Map<String, Client> clients = new LinkedHashMap<>();
    private final Set<String> persistent = ConcurrentHashMap.newKeySet();
    private volatile int persistentBegun;
    private final Map<String, MqttPublishMessage> retained = new ConcurrentHashMap<>();

    /** @param copies how often the message with this sequence number is delivered; a good broker says 1 */
    TinyBroker(ToIntFunction<Long> copies) {
        this.copies = copies;
        this.server = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                // On the heap and not counted: what a connection holds when its loop ends is left to the garbage
                // collector.
                .childOption(ChannelOption.ALLOCATOR, new UnpooledByteBufAllocator(false, true))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline().addLast(new MqttDecoder(1_000_000), MqttEncoder.INSTANCE, new Connection());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
    }

    int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** From any thread. */
    int retainedMessages() {
        return retained.size();
    }

    /** Persistent sessions that are there, from any thread. */
    int sessions() {
        return persistent.size();
    }

    /** Persistent sessions that were ever begun, from any thread. */
    int sessionsKept() {
        return persistentBegun;
    }

    @Override
    public void close() {
        server.close().syncUninterruptibly();
        connections.close().syncUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** On the heap, where nobody need release it. */
    private static MqttPublishMessage copy(MqttPublishMessage message) {
        return message.replace(Unpooled.copiedBuffer(message.payload()));
    }

    private static final class Client {
        private Channel channel;
        private String filter = "";
        private MqttQoS qos = MqttQoS.AT_MOST_ONCE;
        private int lastId;
        private final Queue<MqttPublishMessage> waiting = new ArrayDeque<>();

        private boolean wants(String topic) {
            return filter.equals(topic)
                    || filter.endsWith("+") && topic.startsWith(filter.substring(0, filter.length() - 1));
        }

        private void send(MqttPublishMessage message) {
            if (!channel.isActive()) {
                waiting.add(copy(message));
                return;
            }
            lastId = lastId % 65535 + 1;
            channel.write(MqttMessageBuilders.publish()
                    .topicName(message.variableHeader().topicName())
                    .qos(MqttQoS.valueOf(Math.min(
                            qos.value(), message.fixedHeader().qosLevel().value())))
                    .messageId(lastId)
                    .payload(message.payload().retainedDuplicate())
                    .build());
        }
    }

    private final class Connection extends SimpleChannelInboundHandler<MqttMessage> {
        private Client client = new Client();
        private String id = "";
        private boolean clean;

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, MqttMessage message) {
            switch (message.fixedHeader().messageType()) {
                case CONNECT -> connect(ctx, (MqttConnectMessage) message);
                case SUBSCRIBE -> subscribe(ctx, (MqttSubscribeMessage) message);
                case PUBLISH -> publish(ctx, (MqttPublishMessage) message);
                case PUBREC -> ack(ctx, MqttMessageType.PUBREL, message);
                case PUBREL -> ack(ctx, MqttMessageType.PUBCOMP, message);
                case DISCONNECT -> ctx.close();
                default -> {}
            }
        }

        private void connect(ChannelHandlerContext ctx, MqttConnectMessage connect) {
            id = connect.payload().clientIdentifier();
            clean = connect.variableHeader().isCleanSession();
            if (clean) {
                clients.remove(id);
                persistent.remove(id);
            } else if (persistent.add(id)) {
                persistentBegun++;
            }
            client = clients.computeIfAbsent(id, unused -> new Client());
            client.channel = ctx.channel();
            MqttConnectReturnCode code = "wrong".equals(connect.payload().userName())
                    ? MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED
                    : MqttConnectReturnCode.CONNECTION_ACCEPTED;
            ctx.write(MqttMessageBuilders.connAck().returnCode(code).build());
            while (!client.waiting.isEmpty()) {
                client.send(client.waiting.remove());
            }
        }

        private void subscribe(ChannelHandlerContext ctx, MqttSubscribeMessage subscribe) {
            client.filter = subscribe.payload().topicSubscriptions().get(0).topicFilter();
            client.qos = subscribe.payload().topicSubscriptions().get(0).qualityOfService();
            ctx.write(MqttMessageBuilders.subAck()
                    .packetId(subscribe.variableHeader().messageId())
                    .addGrantedQos(client.qos)
                    .build());
            retained.forEach((topic, message) -> {
                if (client.wants(topic)) {
                    client.send(message);
                }
            });
        }

        private void publish(ChannelHandlerContext ctx, MqttPublishMessage message) {
            int packetId = message.variableHeader().packetId();
            switch (message.fixedHeader().qosLevel()) {
                case AT_LEAST_ONCE -> ack(ctx, MqttMessageType.PUBACK, packetId);
                case EXACTLY_ONCE -> ack(ctx, MqttMessageType.PUBREC, packetId);
                default -> {}
            }
            String topic = message.variableHeader().topicName();
            ByteBuf payload = message.payload();
            if (message.fixedHeader().isRetain()) {
                if (payload.isReadable()) {
                    retained.put(topic, copy(message));
                } else {
                    retained.remove(topic);
                }
            }
            if (!payload.isReadable()) {
                return;
            }
            int times = copies.applyAsInt(payload.getLong(PublishTemplate.SEQUENCE_OFFSET));
            for (Client other : clients.values()) {
                for (int i = 0; i < times && other.wants(topic); i++) {
                    other.send(message);
                }
            }
        }

        private void ack(ChannelHandlerContext ctx, MqttMessageType type, MqttMessage message) {
            ack(ctx, type, ((MqttMessageIdVariableHeader) message.variableHeader()).messageId());
        }

        private void ack(ChannelHandlerContext ctx, MqttMessageType type, int packetId) {
            MqttQoS flags = type == MqttMessageType.PUBREL ? MqttQoS.AT_LEAST_ONCE : MqttQoS.AT_MOST_ONCE;
            ctx.write(new MqttMessage(
                    new MqttFixedHeader(type, false, flags, false, 2), MqttMessageIdVariableHeader.from(packetId)));
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            clients.values().forEach(c -> c.channel.flush());
            ctx.flush();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (clean) {
                clients.remove(id, client);
            }
        }
    }
}
