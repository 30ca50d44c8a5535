package org.ternmq.broker.transport;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.ternmq.broker.config.BindAddress;
import org.ternmq.broker.config.ListenerConfig;
import org.ternmq.broker.config.SocketMode;
import org.ternmq.broker.config.SocketPath;
import org.ternmq.broker.connection.Connection;

/** The event loops and the kind of sockets they serve: epoll where its native library loads, NIO elsewhere. */
public final class Transport {
    /** Bytes a socket may hold back before its client counts as slow, and below which it no longer does. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(256 << 10, 1 << 20);

    private static final int BACKLOG = 4_096;

    private final boolean epoll;
    private final EventLoopGroup group;

    /** Starts the loops; 0 for one per core. */
    public Transport(int eventLoops) {
        this.epoll = Epoll.isAvailable();
        IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        int threads = eventLoops > 0 ? eventLoops : Runtime.getRuntime().availableProcessors();
        this.group = new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("loop"), handlers);
    }

    /** The loops. */
    public EventLoopGroup group() {
        return group;
    }

    /** Has the memory of network buffers measured. */
    public static void measure(MeterRegistry registry) {
        if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider allocator) {
            new NettyAllocatorMetrics(allocator).bindTo(registry);
        }
    }

    /** What they use, for the log. */
    public String name() {
        return epoll ? "epoll" : "nio";
    }

    /**
     * Opens a port or a Unix domain socket; blocks until it is open.
     *
     * @param maxPacketSize bytes of the largest packet
     * @param connections makes the handler of each accepted channel
     * @throws IOException if it cannot be opened, or its certificate cannot be used
     */
    public Listener listen(
            ListenerConfig config, int maxPacketSize, Reports reports, Function<Channel, Connection> connections)
            throws IOException {
        Set<Connection> open = ConcurrentHashMap.newKeySet();
        Optional<Tls> tls = config.tls().isEmpty()
                ? Optional.empty()
                : Optional.of(new Tls(config.name(), config.tls().get(), reports.clock()));
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ChannelSetup(config, tls, maxPacketSize, reports, connections, open));
        Listener listener;
        try {
            listener = config.bind() instanceof SocketPath path
                    ? openSocket(config, bootstrap, path, tls, open)
                    : new Listener(config, bind(bootstrap, (BindAddress) config.bind()), tls, null, open);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while opening listener '" + config.name() + "'", e);
        } catch (Exception e) { // sync() rethrows what bind failed with, checked or not
            throw new IOException(
                    "listener '" + config.name() + "' cannot open " + config.bind() + ": " + e.getMessage(), e);
        }
        tls.ifPresent(each -> group.scheduleAtFixedRate(each::warnOfExpiry, 1, 1, TimeUnit.DAYS));
        return listener;
    }

    private Channel bind(ServerBootstrap bootstrap, BindAddress address) throws InterruptedException {
        return bootstrap
                .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .bind(new InetSocketAddress(address.host(), address.port()))
                .sync()
                .channel();
    }

    private Listener openSocket(
            ListenerConfig config, ServerBootstrap bootstrap, SocketPath path, Optional<Tls> tls, Set<Connection> open)
            throws IOException, InterruptedException {
        UnixSocket socket = new UnixSocket(path.path(), config.mode().orElse(SocketMode.DEFAULT));
        try {
            Channel channel = bootstrap
                    .channel(epoll ? EpollServerDomainSocketChannel.class : NioServerDomainSocketChannel.class)
                    .bind(
                            epoll
                                    ? new DomainSocketAddress(socket.bindAt().toString())
                                    : UnixDomainSocketAddress.of(socket.bindAt()))
                    .sync()
                    .channel();
            socket.bound();
            return new Listener(config, channel, tls, socket, open);
        } catch (IOException | InterruptedException | RuntimeException e) {
            socket.remove();
            throw e;
        }
    }

    /** Ends the loops after what they have to do now; blocks for at most this long. */
    public void shutDown(long timeoutMillis) {
        group.shutdownGracefully(0, timeoutMillis, TimeUnit.MILLISECONDS).awaitUninterruptibly(timeoutMillis);
    }
}
