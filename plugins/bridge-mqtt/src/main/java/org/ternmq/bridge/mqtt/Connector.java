package org.ternmq.bridge.mqtt;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.MessageToMessageCodec;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshakerFactory;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.ternmq.bridge.mqtt.MqttBridgeSettings.Tls;
import org.ternmq.spi.ConfigurationException;

/** Makes connections of every kind of address. Immutable. */
final class Connector {
    private static final int HANDSHAKE_BYTES = 64 << 10;
    private static final int BRIDGE_FLAG = 0x80;

    private final Optional<SslContext> tls;
    private final boolean verifyHostName;
    private final int connectMillis;
    private final int maxPacketSize;

    /**
     * Reads the certificates.
     *
     * @throws ConfigurationException if they cannot be used
     */
    Connector(MqttBridgeSettings settings) {
        boolean needed = Address.parseAll(settings.url()).stream().anyMatch(Address::tls);
        this.tls = needed ? Optional.of(context(settings.tls())) : Optional.empty();
        this.verifyHostName = settings.tls().map(Tls::verifyHostName).orElse(true);
        this.connectMillis =
                (int) Math.min(Integer.MAX_VALUE, settings.connectTimeout().toMillis());
        this.maxPacketSize =
                (int) Math.min(268_435_455, settings.maxPacketSize().bytes());
    }

    private static SslContext context(Optional<Tls> settings) {
        SslContextBuilder builder = SslContextBuilder.forClient();
        try {
            if (settings.isPresent()) {
                Tls tls = settings.get();
                if (tls.ca().isPresent()) {
                    builder.trustManager(tls.ca().get().toFile());
                }
                if (tls.certificate().isPresent() && tls.key().isPresent()) {
                    builder.keyManager(
                            tls.certificate().get().toFile(), tls.key().get().toFile());
                }
            }
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ConfigurationException("tls: " + e.getMessage() + ": " + cause.getMessage());
        }
    }

    /** Opens a connection; the handler is told when MQTT may be spoken, by {@link Remote#opened}. */
    ChannelFuture connect(EventLoop loop, Address address, boolean bridgeFlag, Remote remote) {
        return bootstrap(loop, address)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        build(channel, address, bridgeFlag, remote);
                    }
                })
                .connect();
    }

    /** Whether an address takes a connection; nothing is said on it. */
    ChannelFuture probe(EventLoop loop, Address address, ChannelHandler handler) {
        return bootstrap(loop, address).handler(handler).connect();
    }

    private Bootstrap bootstrap(EventLoop loop, Address address) {
        return new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectMillis)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(256 << 10, 1 << 20))
                .remoteAddress(address.host(), address.port());
    }

    private void build(SocketChannel channel, Address address, boolean bridgeFlag, Remote remote) {
        ChannelPipeline pipeline = channel.pipeline();
        if (address.tls()) {
            SslHandler handler = tls.orElseThrow().newHandler(channel.alloc(), address.host(), address.port());
            SSLParameters parameters = handler.engine().getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm(verifyHostName ? "HTTPS" : "");
            handler.engine().setSSLParameters(parameters);
            handler.setHandshakeTimeoutMillis(connectMillis);
            pipeline.addLast(handler);
        }
        if (address.webSocket()) {
            pipeline.addLast(new HttpClientCodec());
            pipeline.addLast(new HttpObjectAggregator(HANDSHAKE_BYTES));
            pipeline.addLast(new WebSocketClientProtocolHandler(
                    WebSocketClientHandshakerFactory.newHandshaker(
                            address.webSocketUri(),
                            WebSocketVersion.V13,
                            "mqtt", // MQTT-6.0.0-3
                            false,
                            new DefaultHttpHeaders(),
                            maxPacketSize),
                    true));
            pipeline.addLast(new Frames());
        }
        if (bridgeFlag) {
            pipeline.addLast(new BridgeFlag());
        }
        pipeline.addLast(new MqttDecoder(maxPacketSize));
        pipeline.addLast(MqttEncoder.INSTANCE);
        pipeline.addLast(remote);
    }

    /** Binary frames are a stream of bytes, whatever their bounds (MQTT-6.0.0-1, MQTT-6.0.0-2). */
    private static final class Frames extends MessageToMessageCodec<WebSocketFrame, ByteBuf> {
        @Override
        protected void encode(ChannelHandlerContext context, ByteBuf bytes, List<Object> out) {
            out.add(new BinaryWebSocketFrame(bytes.retain()));
        }

        @Override
        protected void decode(ChannelHandlerContext context, WebSocketFrame frame, List<Object> out) {
            if (frame instanceof BinaryWebSocketFrame || frame instanceof ContinuationWebSocketFrame) {
                out.add(frame.content().retain());
            } else {
                context.close();
            }
        }
    }

    /** Sets the bit of the protocol level by which Mosquitto, and those who follow it, know a 3.1.1 bridge. */
    private static final class BridgeFlag extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (message instanceof ByteBuf connect) {
                int at = connect.readerIndex() + 1;
                while ((connect.getByte(at) & 0x80) != 0) { // the Remaining Length
                    at++;
                }
                int level = at + 1 + 2 + 4; // behind the Protocol Name "MQTT" and its length
                connect.setByte(level, connect.getByte(level) | BRIDGE_FLAG);
                context.write(message, promise);
                context.pipeline().remove(this); // CONNECT is the first that is written
            } else {
                context.write(message, promise);
            }
        }
    }
}
