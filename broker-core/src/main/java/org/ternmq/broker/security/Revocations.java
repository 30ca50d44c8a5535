package org.ternmq.broker.security;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Users whom an authenticator let in and knows no more. A client is measured by what was revoked since the question about it was
 * asked, so that one whose login overlaps the change does not slip through.
 *
 * <p>Safe for use by all threads; never blocks.
 */
final class Revocations {
    /** Longer than a login can take. */
    private static final Duration REMEMBERED = Duration.ofHours(1);

    private record Key(String authenticator, String username) {}

    private record Mark(long number, boolean endsSession) {}

    private final AtomicLong numbers = new AtomicLong();
    private final Cache<Key, Mark> marks =
            Caffeine.newBuilder().expireAfterWrite(REMEMBERED).build();

    /** The number of the last revocation so far. */
    long now() {
        return numbers.get();
    }

    /** Notes that an authenticator knows users no more. */
    void revoke(String authenticator, Set<String> usernames, boolean endSessions) {
        long number = numbers.incrementAndGet();
        for (String username : usernames) {
            marks.put(new Key(authenticator, username), new Mark(number, endSessions));
        }
    }

    /** Where a client stands that was let in. */
    Standing of(Client client) {
        if (!(client.info() instanceof AuthenticatedClient known)
                || known.proof().isEmpty()
                || known.username().isEmpty()) {
            return Standing.GOOD;
        }
        Proof proof = known.proof().get();
        Mark mark = marks.getIfPresent(
                new Key(proof.authenticator(), known.username().get()));
        if (mark == null || mark.number() <= proof.asked()) {
            return Standing.GOOD;
        }
        return mark.endsSession() ? Standing.SESSION_REVOKED : Standing.REVOKED;
    }
}
