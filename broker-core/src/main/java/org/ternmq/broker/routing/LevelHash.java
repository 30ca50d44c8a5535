package org.ternmq.broker.routing;

import java.security.SecureRandom;

/** Hashes a level of a topic, with a secret, so that nobody can choose levels that fall together. Immutable. */
final class LevelHash {
    private final long seed;
    private final long factor;

    LevelHash() {
        SecureRandom random = new SecureRandom();
        seed = random.nextLong();
        factor = random.nextLong() | 1;
    }

    /** The hash of the level that begins at {@code start} and ends before the next {@code /} or at the end; not 0. */
    int hash(byte[] path, int start) {
        long h = seed;
        for (int i = start; i < path.length && path[i] != '/'; i++) {
            h = (h ^ path[i]) * factor;
            h ^= h >>> 32;
        }
        int folded = (int) (h ^ (h >>> 15));
        return folded == 0 ? 1 : folded;
    }
}
