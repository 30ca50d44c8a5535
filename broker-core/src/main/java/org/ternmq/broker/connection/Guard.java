package org.ternmq.broker.connection;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.security.Bans;
import org.ternmq.spi.control.GuardView;

/**
 * Holds off floods: how many clients come in a second, how many connections one address has, and how much memory those take
 * that are not let in yet. One for all listeners. Safe for use by all threads; never blocks.
 */
public final class Guard {
    private static final long SECOND = 1_000_000_000L;

    private final long intervalNanos;
    private final int perAddress;
    private final long unauthenticatedBytes;
    private final LongSupplier nanoTime;
    /** When the next CONNECT would be due if they came evenly (a leaky bucket as deep as a second). */
    private final AtomicLong due;

    private final ConcurrentHashMap<InetAddress, Integer> addresses = new ConcurrentHashMap<>();
    private final AtomicLong held = new AtomicLong();

    /**
     * A guard; 0 for no limit.
     *
     * @param connectsPerSecond CONNECTs that are taken
     * @param perAddress connections at once from one address
     * @param unauthenticatedBytes what all connections that are not let in yet may have sent
     * @param nanoTime the clock
     */
    public Guard(int connectsPerSecond, int perAddress, long unauthenticatedBytes, LongSupplier nanoTime) {
        this.intervalNanos = connectsPerSecond == 0 ? 0 : SECOND / connectsPerSecond;
        this.perAddress = perAddress;
        this.unauthenticatedBytes = unauthenticatedBytes;
        this.nanoTime = nanoTime;
        this.due = new AtomicLong(nanoTime.getAsLong());
    }

    /** Takes a place among the CONNECTs of this second. False if there is none. */
    boolean connects() {
        if (intervalNanos == 0) {
            return true;
        }
        long now = nanoTime.getAsLong();
        while (true) {
            long next = due.get();
            long begin = next - now < 0 ? now : next;
            if (begin - now > SECOND - intervalNanos) {
                return false;
            }
            if (due.compareAndSet(next, begin + intervalNanos)) {
                return true;
            }
        }
    }

    /** Counts a connection from an address. False, and not counted, if that has as many as it may have. */
    boolean enters(InetSocketAddress from) {
        InetAddress address = key(from);
        if (perAddress == 0 || address == null) {
            return true;
        }
        boolean[] entered = new boolean[1];
        addresses.compute(address, (key, there) -> {
            int count = there == null ? 0 : there;
            entered[0] = count < perAddress;
            return entered[0] ? Integer.valueOf(count + 1) : there;
        });
        return entered[0];
    }

    /** A connection that {@linkplain #enters entered} is gone. */
    void leaves(InetSocketAddress from) {
        InetAddress address = key(from);
        if (perAddress != 0 && address != null) {
            addresses.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
        }
    }

    private static @Nullable InetAddress key(InetSocketAddress from) {
        InetAddress address = from.getAddress();
        return address == null ? null : Bans.network(address);
    }

    /** What it holds now; bans are not its own. */
    public GuardView view(int bans) {
        return new GuardView(held.get(), addresses.size(), bans);
    }

    /** A connection that is not let in yet holds so many bytes more, or less. False if all together hold too many. */
    boolean holds(int bytes) {
        return held.addAndGet(bytes) <= unauthenticatedBytes || unauthenticatedBytes == 0;
    }
}
