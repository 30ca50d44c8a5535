package org.ternmq.auth.scram;

import java.security.MessageDigest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is kept of a user: enough to check a proof, too little to make one. {@code SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>},
 * the three in Base64. The arrays are never changed.
 */
record Verifier(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) {
    /** RFC 7677 4: fewer give whoever has the file an easy time. */
    static final int MIN_ITERATIONS = 4096;

    /** More would keep clients busy for ever. */
    static final int MAX_ITERATIONS = 10_000_000;

    private static final Pattern FORM = Pattern.compile("([A-Z0-9-]+)\\$([0-9]+):([^:$]+)\\$([^:$]+):([^:$]+)");

    /**
     * Reads a verifier.
     *
     * @throws IllegalArgumentException with a reason that does not repeat the text
     */
    static Verifier parse(Mechanism mechanism, String text) {
        String name = mechanism.saslName();
        Matcher fields = FORM.matcher(text);
        if (!fields.matches()) {
            throw new IllegalArgumentException(
                    "not of the form " + name + "$<iterations>:<salt>$<StoredKey>:<ServerKey> behind the name");
        }
        if (!fields.group(1).equals(name)) {
            throw new IllegalArgumentException("the entry is not for the mechanism " + name);
        }
        return new Verifier(
                iterations(fields.group(2)),
                base64("salt", fields.group(3)),
                key(mechanism, "StoredKey", fields.group(4)),
                key(mechanism, "ServerKey", fields.group(5)));
    }

    private static int iterations(String text) {
        if (text.matches("[1-9][0-9]{3,7}")) {
            int iterations = Integer.parseInt(text);
            if (iterations >= MIN_ITERATIONS && iterations <= MAX_ITERATIONS) {
                return iterations;
            }
        }
        throw new IllegalArgumentException(
                "the number of iterations is not from " + MIN_ITERATIONS + " to " + MAX_ITERATIONS);
    }

    private static byte[] key(Mechanism mechanism, String what, String text) {
        byte[] key = base64(what, text);
        if (key.length != mechanism.bytes()) {
            throw new IllegalArgumentException(
                    "the " + what + " has " + key.length + " bytes instead of " + mechanism.bytes());
        }
        return key;
    }

    private static byte[] base64(String what, String text) {
        try {
            return Syntax.base64(text);
        } catch (MalformedException e) {
            throw new IllegalArgumentException("the " + what + " is not whole Base64", e);
        }
    }

    /** Whether a password that was right for this one is right for the other. */
    boolean sameAs(Verifier other) {
        return MessageDigest.isEqual(storedKey, other.storedKey) && MessageDigest.isEqual(salt, other.salt);
    }

    /** Without salt and keys. */
    @Override
    public String toString() {
        return iterations + " iterations";
    }
}
