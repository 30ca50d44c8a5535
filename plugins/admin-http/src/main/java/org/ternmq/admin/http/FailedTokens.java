package org.ternmq.admin.http;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Clock;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Holds off who tries one token after the other: an address with ten wrong ones waits, six seconds for each further try. An
 * address of IPv6 counts as its /64. Bounded; safe for use by all threads.
 */
final class FailedTokens {
    private static final int BURST = 10;
    private static final long REFILL_MILLIS = 6_000;
    private static final int REMEMBERED = 10_000;

    /** When an address has no failures left; moves on with each. */
    private final Map<String, Long> clearAt = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > REMEMBERED;
        }
    };

    private final Clock clock;

    FailedTokens(Clock clock) {
        this.clock = clock;
    }

    /** Seconds to wait before a token from this address is looked at; 0 for none. */
    synchronized long secondsToWait(InetAddress address) {
        long ahead = clearAt.getOrDefault(key(address), 0L) - clock.millis();
        long tooMuch = ahead - (BURST - 1) * REFILL_MILLIS;
        return tooMuch <= 0 ? 0 : tooMuch / 1000 + 1;
    }

    /** A wrong token came from there. */
    synchronized void failed(InetAddress address) {
        long now = clock.millis();
        clearAt.merge(key(address), now + REFILL_MILLIS, (old, fresh) -> Math.max(old, now) + REFILL_MILLIS);
    }

    private static String key(InetAddress address) {
        byte[] bytes = address.getAddress();
        return Arrays.toString(address instanceof Inet6Address ? Arrays.copyOf(bytes, 8) : bytes);
    }
}
