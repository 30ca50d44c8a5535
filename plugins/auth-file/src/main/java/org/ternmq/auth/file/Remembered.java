package org.ternmq.auth.file;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The passwords that were right before, so that a client that comes back costs microseconds and not the work of its hash: of each
 * an HMAC under a key that was made at the start and is nowhere but in memory. It only ever says yes: whatever is not
 * remembered, a wrong password above all, takes all the work of the hash.
 *
 * <p>There is one entry at most for each hash of the file. Safe for use by all threads.
 */
final class Remembered {
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;
    private final Map<PasswordHash, byte[]> tags = new ConcurrentHashMap<>();

    Remembered() {
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        key = new SecretKeySpec(secret, ALGORITHM);
    }

    /** Whether this is the password of the hash: by memory, else by the hash, and then it is remembered. */
    boolean matches(PasswordHash hash, byte[] password) {
        byte[] tag = tag(password);
        byte[] known = tags.get(hash);
        if (known != null && MessageDigest.isEqual(known, tag)) {
            return true;
        }
        if (!hash.matches(password)) {
            return false;
        }
        tags.put(hash, tag);
        return true;
    }

    /** Forgets all hashes but these. */
    void retain(Collection<PasswordHash> hashes) {
        tags.keySet().retainAll(hashes);
    }

    int size() {
        return tags.size();
    }

    private byte[] tag(byte[] password) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(password);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(ALGORITHM + " is part of every Java", e);
        }
    }
}
