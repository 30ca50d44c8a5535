package org.ternmq.broker.bench;

import com.sun.management.OperatingSystemMXBean;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What every scenario needs: event loops, connections, and the reading of the meters. Used by one thread. */
final class Rig implements AutoCloseable {
    /** Connections that may be in the making at once: brokers have short queues for new ones. */
    private static final int OPENING = 64;

    private static final int CONNECTIONS_PER_ADDRESS = 20_000;

    /** Nothing has arrived for so long: nothing more will. */
    private static final long QUIET = TimeUnit.SECONDS.toNanos(3);

    private static final long LOOK_MILLIS = 5;
    private static final long LEAVE_SECONDS = 5;

    /** A connection to be opened. */
    record Wanted(BenchLoop loop, String clientId, boolean clean, Traffic traffic) {}

    /**
     * What the meters said of one measured part.
     *
     * @param nanos from its beginning to the last arrival, or to its end where nothing arrives
     */
    record Measured(LoopStats stats, long nanos, long wholeNanos, Optional<Long> brokerCpuNanos, long ownCpuNanos) {}

    private final BenchOptions options;
    private final EventLoopGroup group;
    private final List<BenchLoop> loops = new ArrayList<>();
    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private final InetSocketAddress remote;
    private final Optional<ProcessProbe> probe;
    private final String run = Integer.toString(ThreadLocalRandom.current().nextInt(36 * 36 * 36 * 36), 36);
    private int opened;

    Rig(BenchOptions options) {
        this.options = options;
        this.remote = new InetSocketAddress(options.host(), options.port());
        if (remote.isUnresolved()) {
            throw new BenchException("unknown host " + options.host());
        }
        this.probe = options.pid().isPresent()
                ? Optional.of(ProcessProbe.of(options.pid().getAsLong()))
                : Optional.empty();
        boolean epoll = Epoll.isAvailable();
        this.group = new MultiThreadIoEventLoopGroup(
                options.threads(),
                new DefaultThreadFactory("bench", true),
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        for (int i = 0; i < options.threads(); i++) {
            EventLoop loop = group.next();
            loops.add(new BenchLoop(loop, epoll, failure));
        }
    }

    /** The loop for the connection with this number. */
    BenchLoop loop(int number) {
        return loops.get(number % loops.size());
    }

    /** A topic of this run and of no other. */
    String topic(String name) {
        return "bench/" + run + "/" + name;
    }

    /** A client id of this run, no longer than the 23 characters that every broker takes (MQTT-3.1.3-5). */
    String clientId(String name) {
        return "bench-" + run + "-" + name;
    }

    CompletableFuture<Link> open(Wanted wanted) {
        byte[] connect = Packets.connect(
                options.protocol(), wanted.clientId, wanted.clean, options.username(), options.password());
        return Link.open(
                wanted.loop,
                remote,
                localAddress(opened++),
                options.protocol(),
                wanted.clientId,
                connect,
                wanted.traffic);
    }

    /** A loopback address has some 28000 ports to connect from; more connections take more addresses. */
    private @Nullable InetSocketAddress localAddress(int number) {
        int block = number / CONNECTIONS_PER_ADDRESS;
        byte[] address = remote.getAddress().getAddress();
        if (block == 0 || !remote.getAddress().isLoopbackAddress() || address.length != 4) {
            return null;
        }
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(new byte[] {127, 0, (byte) (block >> 8), (byte) (block + 1)}), 0);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Opens all of these, some at a time, and waits for them. */
    List<Link> open(List<Wanted> wanted) {
        List<CompletableFuture<Link>> opening = new ArrayList<>();
        throttled(OPENING, wanted.size(), i -> {
            CompletableFuture<Link> link = open(wanted.get(i));
            opening.add(link);
            return link;
        });
        await(BenchLoop.all(opening));
        return opening.stream().map(CompletableFuture::join).toList();
    }

    /** Something that is begun for the item with this number, and is done some time later. */
    interface Begin {
        CompletableFuture<?> begin(int number);
    }

    /** Begins all in order, with so many at a time; does not wait for the last. */
    void throttled(int atOnce, int number, Begin what) {
        Semaphore free = new Semaphore(atOnce);
        for (int i = 0; i < number; i++) {
            try {
                if (!free.tryAcquire(60, TimeUnit.SECONDS)) {
                    throw new BenchException("the broker has not answered for 60 s");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted", e);
            }
            what.begin(i).whenComplete((done, thrown) -> free.release());
        }
    }

    /** Subscribes each of the links to its filter, and waits. */
    void subscribe(List<Link> links, List<String> topicFilters) {
        List<CompletableFuture<Void>> subscribing = new ArrayList<>();
        throttled(OPENING, links.size(), i -> {
            CompletableFuture<Void> subscribed =
                    links.get(i).subscribe(options.protocol(), topicFilters.get(i), options.qos());
            subscribing.add(subscribed);
            return subscribed;
        });
        await(BenchLoop.all(subscribing));
    }

    void close(List<Link> links) {
        await(BenchLoop.all(links.stream().map(Link::close).toList()));
    }

    /** Waits until this is done, or a connection fails. */
    void await(CompletableFuture<?> future) {
        try {
            CompletableFuture.anyOf(future, failure).join();
        } catch (CompletionException e) {
            throw BenchLoop.unwrapped(e);
        }
    }

    /** Runs a part from its beginning to its end, and reads all meters before and after. */
    Measured measure(Supplier<CompletableFuture<?>> part) {
        for (BenchLoop loop : loops) {
            await(loop.call(stats -> {
                stats.reset();
                return stats;
            }));
        }
        Optional<Long> brokerBefore = probe.map(ProcessProbe::cpuNanos);
        long ownBefore = ownCpuNanos();
        long start = System.nanoTime();
        await(part.get());
        long whole = System.nanoTime() - start;
        long own = ownCpuNanos() - ownBefore;
        Optional<Long> broker = brokerBefore.flatMap(before -> probe.map(now -> now.cpuNanos() - before));
        LoopStats sum = new LoopStats();
        for (BenchLoop loop : loops) {
            await(loop.call(stats -> {
                sum.add(stats);
                return stats;
            }));
        }
        long nanos = sum.lastArrival == 0 ? whole : sum.lastArrival - start;
        return new Measured(sum, Math.max(1, nanos), whole, broker, own);
    }

    /** Complete when so many messages have arrived since the meters were reset, or no more of them for some seconds. */
    CompletableFuture<Void> untilQuiet(long expected) {
        CompletableFuture<Void> quiet = new CompletableFuture<>();
        look(expected, quiet, -1, System.nanoTime());
        return quiet;
    }

    private void look(long expected, CompletableFuture<Void> quiet, long before, long since) {
        List<CompletableFuture<Long>> counts =
                loops.stream().map(loop -> loop.call(stats -> stats.delivered)).toList();
        BenchLoop.all(counts).thenRun(() -> {
            long now = counts.stream().mapToLong(CompletableFuture::join).sum();
            boolean same = now == before;
            if (now >= expected || same && System.nanoTime() - since > QUIET) {
                quiet.complete(null);
            } else {
                group.schedule(
                        () -> look(expected, quiet, now, same ? since : System.nanoTime()),
                        LOOK_MILLIS,
                        TimeUnit.MILLISECONDS);
            }
        });
    }

    /** Removes the retained messages r0, r1, … of this run. */
    void clear(Link link, int number) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        link.loop().execute(() -> {
            for (int i = 0; i < number; i++) {
                link.out().writeBytes(Packets.clearRetained(options.protocol(), topic("r" + i)));
            }
            link.flush();
            written.complete(null);
        });
        await(written);
        close(List.of(link));
    }

    Optional<Long> brokerResidentBytes() {
        return probe.map(ProcessProbe::residentBytes);
    }

    private static long ownCpuNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    @Override
    public void close() {
        BenchLoop.all(loops.stream().map(BenchLoop::closeAll).toList())
                .completeOnTimeout(null, LEAVE_SECONDS, TimeUnit.SECONDS)
                .join();
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
