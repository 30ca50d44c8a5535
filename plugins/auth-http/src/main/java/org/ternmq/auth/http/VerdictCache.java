package org.ternmq.auth.http;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.ternmq.spi.AuthResult.Accepted;

/**
 * The questions that were answered with an acceptance not long ago, each as a salted hash of all of it, the password among the
 * rest. The longest unused goes first.
 *
 * <p>Safe for use by all threads.
 */
final class VerdictCache {
    private static final int SIZE = 10_000;

    private record Remembered(Accepted verdict, long until) {}

    private final byte[] salt = new byte[32];
    private final Clock clock;
    private final long millis;
    private final LinkedHashMap<ByteBuffer, Remembered> known = new LinkedHashMap<>(16, 0.75f, true);
    private long flushes;

    VerdictCache(Duration time, Clock clock) {
        this.millis = time.toMillis();
        this.clock = clock;
        new SecureRandom().nextBytes(salt);
    }

    /** What was said to this question; empty if that is not known, or too long ago. */
    Optional<Accepted> find(byte[] question) {
        ByteBuffer key = hash(question);
        synchronized (this) {
            Remembered remembered = known.get(key);
            if (remembered != null && clock.millis() >= remembered.until()) {
                known.remove(key);
                remembered = null;
            }
            return Optional.ofNullable(remembered).map(Remembered::verdict);
        }
    }

    /** How often it was emptied so far: to be handed to {@link #put}. */
    synchronized long flushes() {
        return flushes;
    }

    /** Remembers an acceptance, unless it was emptied since the service was asked. */
    void put(byte[] question, Accepted verdict, long flushesBefore) {
        ByteBuffer key = hash(question);
        synchronized (this) {
            if (flushes == flushesBefore) {
                known.put(key, new Remembered(verdict, clock.millis() + millis));
                Iterator<ByteBuffer> longestUnused = known.keySet().iterator();
                while (known.size() > SIZE) {
                    longestUnused.next();
                    longestUnused.remove();
                }
            }
        }
    }

    /** Forgets everything. */
    synchronized void flush() {
        known.clear();
        flushes++;
    }

    private ByteBuffer hash(byte[] question) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(salt);
            return ByteBuffer.wrap(sha256.digest(question));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
