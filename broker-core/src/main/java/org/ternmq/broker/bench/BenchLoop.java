package org.ternmq.broker.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One event loop of the generator, with the connections on it, what they counted, and the clock that publishers with a
 * fixed rate go by. Belongs to its loop, but for what returns a future.
 */
final class BenchLoop {
    /** With a fixed rate, how much earlier than its turn no message is sent: publishers due within it go together. */
    private static final long PACE = TimeUnit.MICROSECONDS.toNanos(50);

    private static final long TICK_MILLIS = 100;
    private static final long PING_SECONDS = Packets.KEEP_ALIVE / 3;

    private final EventLoop loop;
    private final Class<? extends SocketChannel> channelType;
    private final CompletableFuture<Void> failure;
    private final LoopStats stats = new LoopStats();
    private final Set<Link> links = new HashSet<>();
    private final List<Publisher> publishers = new ArrayList<>();
    private boolean pacing;

    /** @param failure completed exceptionally when a connection is lost while it is in use */
    BenchLoop(EventLoop loop, boolean epoll, CompletableFuture<Void> failure) {
        this.loop = loop;
        this.channelType = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
        this.failure = failure;
        loop.scheduleAtFixedRate(
                () -> publishers.forEach(Publisher::tick), TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        loop.scheduleAtFixedRate(() -> links.forEach(Link::ping), PING_SECONDS, PING_SECONDS, TimeUnit.SECONDS);
    }

    Bootstrap bootstrap() {
        return new Bootstrap()
                .group(loop)
                .channel(channelType)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 30_000)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(512, 4096, 256 * 1024))
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(256 * 1024, 1024 * 1024));
    }

    void execute(Runnable task) {
        loop.execute(task);
    }

    /** Runs on the loop; complete with what it returned. */
    <T> CompletableFuture<T> call(Function<LoopStats, T> task) {
        return CompletableFuture.supplyAsync(() -> task.apply(stats), loop);
    }

    LoopStats stats() {
        assert loop.inEventLoop();
        return stats;
    }

    void add(Link link) {
        links.add(link);
    }

    void remove(Link link) {
        links.remove(link);
    }

    /** Takes leave of the broker on all connections. */
    CompletableFuture<Void> closeAll() {
        return call(stats -> all(List.copyOf(links).stream().map(Link::close).toList()))
                .thenCompose(closed -> closed);
    }

    void add(Publisher publisher) {
        publishers.add(publisher);
    }

    void fail(BenchException why) {
        failure.completeExceptionally(why);
    }

    /** Starts the clock of the publishers that have a fixed rate, when it does not run. */
    void pace() {
        if (!pacing) {
            pacing = true;
            loop.execute(this::paceNow);
        }
    }

    private void paceNow() {
        long now = System.nanoTime();
        long earliest = Long.MAX_VALUE;
        for (Publisher publisher : publishers) {
            earliest = Math.min(earliest, publisher.pumpPaced(now));
        }
        pacing = earliest != Long.MAX_VALUE;
        if (pacing) {
            loop.schedule(this::paceNow, Math.max(PACE, earliest), TimeUnit.NANOSECONDS);
        }
    }

    /** A future that is complete when all of these are. */
    static <T> CompletableFuture<Void> all(List<CompletableFuture<T>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new));
    }

    /** The cause of a failed future, without the wrapping. */
    static BenchException unwrapped(Throwable thrown) {
        @Nullable Throwable cause = thrown;
        while (cause != null && !(cause instanceof BenchException)) {
            cause = cause.getCause();
        }
        return cause instanceof BenchException known ? known : new BenchException(thrown.toString(), thrown);
    }
}
