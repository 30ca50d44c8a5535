package org.ternmq.broker.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts how often clients take over one client identifier from each other: two that both come back at once would go on for
 * ever. Outlives the sessions. Safe for use by all threads.
 */
final class TakeOvers {
    private static final int REMEMBERED = 100_000;

    private final int perMinute;
    private final Cache<String, AtomicInteger> counts = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .expireAfterWrite(Duration.ofMinutes(1))
            .build();

    /** Allows so many; 0 for no limit. */
    TakeOvers(int perMinute) {
        this.perMinute = perMinute;
    }

    /** Counts one. False if it is one too many, so that who is there stays. */
    boolean allows(String clientId) {
        return perMinute == 0 || counts.get(clientId, id -> new AtomicInteger()).incrementAndGet() <= perMinute;
    }
}
