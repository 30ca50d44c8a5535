package org.ternmq.broker.transport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
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

    /** What they use, for the log. */
    public String name() {
        return epoll ? "epoll" : "nio";
    }

    /**
     * Opens a TCP port; blocks until it is open.
     *
     * @param connections makes the handler of each accepted channel
     * @throws IOException if it cannot be opened
     */
    public Listener listen(String name, InetSocketAddress address, Function<Channel, Connection> connections)
            throws IOException {
        Class<? extends ServerSocketChannel> type =
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        Set<Connection> open = ConcurrentHashMap.newKeySet();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(type)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        Connection connection = connections.apply(channel);
                        open.add(connection);
                        channel.closeFuture().addListener(closed -> open.remove(connection));
                        channel.pipeline().addLast(connection);
                    }
                });
        try {
            return new Listener(name, bootstrap.bind(address).sync().channel(), open);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while opening listener '" + name + "'", e);
        } catch (Exception e) { // sync() rethrows what bind failed with, checked or not
            throw new IOException(
                    "listener '" + name + "' cannot open " + address.getHostString() + ":" + address.getPort() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /** Ends the loops after what they have to do now; blocks for at most this long. */
    public void shutDown(long timeoutMillis) {
        group.shutdownGracefully(0, timeoutMillis, TimeUnit.MILLISECONDS).awaitUninterruptibly(timeoutMillis);
    }
}
