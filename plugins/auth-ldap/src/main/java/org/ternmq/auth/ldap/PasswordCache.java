package org.ternmq.auth.ldap;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.ternmq.spi.AuthResult.Accepted;

/**
 * Who was accepted not long ago, and with which password: a salted hash of it. The longest unused goes first.
 *
 * <p>Safe for use by all threads.
 */
final class PasswordCache {
    private static final int SALT = 16;

    private record Remembered(byte[] salt, byte[] hash, Accepted verdict, long until) {}

    private final Clock clock;
    private final long millis;
    private final int size;
    private final SecureRandom random = new SecureRandom();
    private final LinkedHashMap<String, Remembered> users = new LinkedHashMap<>(16, 0.75f, true);
    private long flushes;

    PasswordCache(Duration time, int size, Clock clock) {
        this.millis = time.toMillis();
        this.size = size;
        this.clock = clock;
    }

    /** What was said of a user who came with this password; empty if that is not known, or too long ago. */
    Optional<Accepted> find(String username, byte[] password) {
        Remembered known;
        synchronized (this) {
            known = users.get(username);
            if (known != null && clock.millis() >= known.until()) {
                users.remove(username);
                known = null;
            }
        }
        return known != null && MessageDigest.isEqual(known.hash(), hash(known.salt(), password))
                ? Optional.of(known.verdict())
                : Optional.empty();
    }

    /** How often it was emptied so far: to be handed to {@link #put}. */
    synchronized long flushes() {
        return flushes;
    }

    /** Remembers a user, unless it was emptied since the directory was asked. */
    void put(String username, byte[] password, Accepted verdict, long flushesBefore) {
        byte[] salt = new byte[SALT];
        random.nextBytes(salt);
        Remembered remembered = new Remembered(salt, hash(salt, password), verdict, clock.millis() + millis);
        synchronized (this) {
            if (flushes == flushesBefore) {
                users.put(username, remembered);
                Iterator<Map.Entry<String, Remembered>> longestUnused =
                        users.entrySet().iterator();
                while (users.size() > size) {
                    longestUnused.next();
                    longestUnused.remove();
                }
            }
        }
    }

    /** Forgets a user. */
    synchronized void remove(String username) {
        users.remove(username);
    }

    /** Forgets everybody. */
    synchronized void flush() {
        users.clear();
        flushes++;
    }

    private static byte[] hash(byte[] salt, byte[] password) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(salt);
            return sha256.digest(password);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
