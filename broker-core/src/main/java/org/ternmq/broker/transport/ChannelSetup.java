package org.ternmq.broker.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.ternmq.broker.config.ListenerConfig;
import org.ternmq.broker.connection.Connection;

/**
 * Makes the pipeline of each accepted channel: PROXY header, TLS, WebSocket, each where the listener has it, then MQTT. The
 * connection is there from the start, so that its timeout and its count hold for all that comes before the first packet.
 */
final class ChannelSetup extends ChannelInitializer<Channel> {
    /** A frame may hold many small packets, but never need be larger than the largest one. */
    private static final int MIN_FRAME = 64 << 10;

    private final ListenerConfig config;
    private final Optional<Tls> tls;
    private final int maxPacketSize;
    private final Reports reports;
    private final Function<Channel, Connection> connections;
    private final Set<Connection> open;

    ChannelSetup(
            ListenerConfig config,
            Optional<Tls> tls,
            int maxPacketSize,
            Reports reports,
            Function<Channel, Connection> connections,
            Set<Connection> open) {
        this.config = config;
        this.tls = tls;
        this.maxPacketSize = maxPacketSize;
        this.reports = reports;
        this.connections = connections;
        this.open = open;
    }

    @Override
    protected void initChannel(Channel channel) {
        Connection connection = connections.apply(channel);
        open.add(connection);
        channel.closeFuture().addListener(closed -> open.remove(connection));
        ChannelPipeline pipeline = channel.pipeline();
        config.proxyProtocol().ifPresent(proxy -> ProxyHeader.addTo(pipeline, proxy, config.name(), reports));
        tls.ifPresent(each -> {
            SslHandler handler = each.handler(channel);
            pipeline.addLast(handler, new TlsGuard(handler, each, config.name(), reports));
        });
        config.websocket().ifPresent(web -> {
            pipeline.addLast(new FrameGuard(connection));
            WebSocketUpgrade.addTo(pipeline, config, web, Math.max(MIN_FRAME, maxPacketSize), reports);
        });
        pipeline.addLast(connection);
    }
}
