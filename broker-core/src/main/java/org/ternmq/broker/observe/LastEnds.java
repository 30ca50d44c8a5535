package org.ternmq.broker.observe;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Optional;
import org.ternmq.spi.control.LastEnd;

/**
 * How the last connections of clients ended, for operators who want to know why somebody is not there. Bounded: what nobody
 * asks for goes first. Safe for use by all threads.
 */
final class LastEnds {
    private static final int REMEMBERED = 10_000;
    private static final int LONGEST_DETAIL = 200;

    private final Cache<String, LastEnd> byClient =
            Caffeine.newBuilder().maximumSize(REMEMBERED).build();

    void put(String clientId, LastEnd end) {
        String detail = end.detail();
        byClient.put(
                clientId,
                detail.length() <= LONGEST_DETAIL
                        ? end
                        : new LastEnd(end.at(), end.reasonCode(), detail.substring(0, LONGEST_DETAIL)));
    }

    Optional<LastEnd> get(String clientId) {
        return Optional.ofNullable(byClient.getIfPresent(clientId));
    }
}
