package org.ternmq.broker.cli;

import com.ongres.saslprep.SASLprep;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes what a file of the authenticator {@code scram} keeps of passwords (RFC 5802 3, in the form of PostgreSQL):
 * {@code SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>}. Immutable.
 */
final class ScramHash {
    static final String DEFAULT_MECHANISM = "SCRAM-SHA-256";
    static final int DEFAULT_ITERATIONS = 100_000;

    private static final int MIN_ITERATIONS = 10_000;
    private static final int MAX_ITERATIONS = 10_000_000;
    private static final int SALT_BYTES = 16;
    private static final SASLprep SASLPREP = new SASLprep();

    private final String mechanism;
    private final int iterations;
    private final int bytes;

    /**
     * For hashes of one kind.
     *
     * @throws IllegalArgumentException if there is no such mechanism, or the iterations are too few or too many
     */
    ScramHash(String mechanism, int iterations) {
        if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
            throw new IllegalArgumentException(
                    "the number of iterations is not from " + MIN_ITERATIONS + " to " + MAX_ITERATIONS);
        }
        this.mechanism = mechanism;
        this.iterations = iterations;
        this.bytes = switch (mechanism) {
            case "SCRAM-SHA-256" -> 32;
            case "SCRAM-SHA-512" -> 64;
            default -> throw new IllegalArgumentException("'" + mechanism + "' is not SCRAM-SHA-256 or SCRAM-SHA-512");
        };
    }

    /**
     * The name in the form in which the authenticator looks for it: SASLprep's (RFC 4013).
     *
     * @throws IllegalArgumentException if there is none
     */
    static String prepareName(String name) {
        return new String(prepare("name", name.toCharArray()));
    }

    private static char[] prepare(String what, char[] text) {
        char[] prepared;
        try {
            prepared = SASLPREP.prepareStored(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the " + what + " has characters that SCRAM does not allow", e);
        } catch (IndexOutOfBoundsException e) {
            prepared = new char[0]; // the library stumbles where it maps all of a text to nothing
        }
        if (prepared.length == 0) {
            throw new IllegalArgumentException("SCRAM leaves nothing of this " + what);
        }
        return prepared;
    }

    /**
     * Hashes a password with a salt of its own.
     *
     * @param password overwritten with zeros
     * @throws IllegalArgumentException if it has characters that a client would refuse to send
     */
    String of(char[] password) {
        byte[] salt = new byte[SALT_BYTES];
        new SecureRandom().nextBytes(salt);
        try {
            char[] prepared = prepare("password", password);
            byte[] salted = saltedPassword(prepared, salt);
            byte[] storedKey = MessageDigest.getInstance(mechanism.substring(6)).digest(hmac(salted, "Client Key"));
            Base64.Encoder base64 = Base64.getEncoder();
            return mechanism + "$" + iterations + ":" + base64.encodeToString(salt) + "$"
                    + base64.encodeToString(storedKey) + ":" + base64.encodeToString(hmac(salted, "Server Key"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(mechanism + " is made of parts that every Java has", e);
        } finally {
            Arrays.fill(password, '\0');
        }
    }

    private byte[] saltedPassword(char[] prepared, byte[] salt) throws GeneralSecurityException {
        PBEKeySpec spec = new PBEKeySpec(prepared, salt, iterations, bytes * 8);
        try {
            return SecretKeyFactory.getInstance("PBKDF2With" + macName())
                    .generateSecret(spec)
                    .getEncoded();
        } finally {
            spec.clearPassword();
            Arrays.fill(prepared, '\0');
        }
    }

    private byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance(macName());
        mac.init(new SecretKeySpec(key, macName()));
        return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
    }

    private String macName() {
        return "HmacSHA" + bytes * 8;
    }
}
