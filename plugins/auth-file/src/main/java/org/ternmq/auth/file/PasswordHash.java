package org.ternmq.auth.file;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A salted hash of a password, of one of the kinds that files hold. Immutable. */
interface PasswordHash {
    /** SHA-512 gives 64 bytes. */
    int SHA512_BYTES = 64;

    /** More than this would be a hash made to keep the broker busy. */
    int MAX_ITERATIONS = 10_000_000;

    /** Whether this is the password; in a time that does not depend on how much of it is right. */
    boolean matches(byte[] password);

    /** What to compare with for an unknown user to take as long. */
    PasswordHash likeness();

    /**
     * Reads a hash.
     *
     * @throws IllegalArgumentException with a reason that does not repeat the text
     */
    static PasswordHash parse(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("no hash behind the ':'");
        }
        if (text.startsWith("$7$")) {
            String[] fields = fields(text, 5);
            return new Pbkdf2(iterations(fields[2]), salt(fields[3]), digest(fields[4]));
        }
        if (text.startsWith("$6$")) {
            String[] fields = fields(text, 4);
            return new Sha512(salt(fields[2]), digest(fields[3]));
        }
        if (Bcrypt.FORM.matcher(text).matches()) {
            return new Bcrypt(text);
        }
        throw new IllegalArgumentException("not a hash of a kind known here ($7$, $6$, $2a$, $2b$, $2y$)");
    }

    private static String[] fields(String text, int count) {
        String[] fields = text.split("\\$", -1);
        if (fields.length != count) {
            throw new IllegalArgumentException(
                    "the hash has " + (fields.length - 1) + " fields instead of " + (count - 1));
        }
        return fields;
    }

    private static int iterations(String text) {
        if (!text.matches("[1-9][0-9]{0,8}") || Integer.parseInt(text) > MAX_ITERATIONS) {
            throw new IllegalArgumentException("the number of iterations is not from 1 to " + MAX_ITERATIONS);
        }
        return Integer.parseInt(text);
    }

    private static byte[] salt(String text) {
        byte[] salt = base64(text);
        if (salt.length == 0) {
            throw new IllegalArgumentException("the salt is empty");
        }
        return salt;
    }

    private static byte[] digest(String text) {
        byte[] digest = base64(text);
        if (digest.length != SHA512_BYTES) {
            throw new IllegalArgumentException("the hash has " + digest.length + " bytes instead of " + SHA512_BYTES);
        }
        return digest;
    }

    private static byte[] base64(String text) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("salt or hash is not Base64", e);
        }
        // The decoder lets missing padding and stray bits pass: a hash that was cut off must not.
        if (!Base64.getEncoder().encodeToString(bytes).equals(text)) {
            throw new IllegalArgumentException("salt or hash is not whole Base64");
        }
        return bytes;
    }

    /** One that costs as much as most of these; PBKDF2 if there are none. */
    static PasswordHash decoy(Collection<PasswordHash> hashes) {
        Map<PasswordHash, Long> likenesses = hashes.stream()
                .map(PasswordHash::likeness)
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        return likenesses.entrySet().stream()
                .max(Comparator.comparingLong(Map.Entry::getValue))
                .map(Map.Entry::getKey)
                .orElseGet(() -> new Pbkdf2(210_000, new byte[16], new byte[SHA512_BYTES]));
    }

    /** {@code $7$iterations$salt$hash}: PBKDF2 with HMAC-SHA-512, over the password's bytes. */
    final class Pbkdf2 implements PasswordHash {
        private final int iterations;
        private final byte[] salt;
        private final byte[] hash;

        Pbkdf2(int iterations, byte[] salt, byte[] hash) {
            this.iterations = iterations;
            this.salt = salt;
            this.hash = hash;
        }

        @Override
        public boolean matches(byte[] password) {
            boolean same = MessageDigest.isEqual(derive(password, salt, iterations), hash);
            // HMAC fills a key with zero bytes, so that a password would open with any number of them behind it.
            boolean padded = password.length > 0 && password[password.length - 1] == 0;
            return same && !padded;
        }

        /** RFC 8018 5.2 for one block. Java's own takes characters, and a password of MQTT is any bytes. */
        private static byte[] derive(byte[] password, byte[] salt, int iterations) {
            try {
                Mac mac = Mac.getInstance("HmacSHA512");
                // HMAC fills a short key with zeros, so that a zero byte is the same key as none, which Java refuses.
                mac.init(new SecretKeySpec(password.length == 0 ? new byte[1] : password, "HmacSHA512"));
                mac.update(salt);
                byte[] u = mac.doFinal(ByteBuffer.allocate(4).putInt(1).array());
                byte[] result = u.clone();
                for (int i = 1; i < iterations; i++) {
                    mac.update(u);
                    mac.doFinal(u, 0);
                    for (int k = 0; k < result.length; k++) {
                        result[k] ^= u[k];
                    }
                }
                return result;
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("HmacSHA512 is part of every Java", e);
            }
        }

        @Override
        public PasswordHash likeness() {
            return new Pbkdf2(iterations, new byte[salt.length], new byte[SHA512_BYTES]);
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof Pbkdf2 p
                    && iterations == p.iterations
                    && Arrays.equals(salt, p.salt)
                    && Arrays.equals(hash, p.hash);
        }

        @Override
        public int hashCode() {
            return 31 * iterations + Arrays.hashCode(hash);
        }

        @Override
        public String toString() {
            return "PBKDF2, " + iterations + " iterations";
        }
    }

    /** {@code $6$salt$hash}: SHA-512 of password and salt, once; only for files that have such. */
    final class Sha512 implements PasswordHash {
        private final byte[] salt;
        private final byte[] hash;

        Sha512(byte[] salt, byte[] hash) {
            this.salt = salt;
            this.hash = hash;
        }

        @Override
        public boolean matches(byte[] password) {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-512");
                digest.update(password);
                return MessageDigest.isEqual(digest.digest(salt), hash);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("SHA-512 is part of every Java", e);
            }
        }

        @Override
        public PasswordHash likeness() {
            return new Sha512(new byte[salt.length], new byte[SHA512_BYTES]);
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof Sha512 s && Arrays.equals(salt, s.salt) && Arrays.equals(hash, s.hash);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(hash);
        }

        @Override
        public String toString() {
            return "SHA-512";
        }
    }

    /** {@code $2a$}, {@code $2b$} and {@code $2y$}: bcrypt, which looks at the first 72 bytes of a password. */
    final class Bcrypt implements PasswordHash {
        /**
         * A cost of 16 is some seconds; more would not answer within any timeout. The last character of salt and of hash has
         * bits that are not used: they are 0, so that a hash has one spelling.
         */
        static final Pattern FORM = Pattern.compile(
                "\\$2[aby]\\$(0[4-9]|1[0-6])\\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]");

        /** The salt and hash of a likeness: 22 and 31 characters that no password is known for. */
        private static final String NOBODY = ".".repeat(53);

        private final String text;

        Bcrypt(String text) {
            this.text = text;
        }

        @Override
        public boolean matches(byte[] password) {
            BCrypt.Version version = version();
            return BCrypt.verifyer(version, LongPasswordStrategies.truncate(version))
                    .verify(password, text.getBytes(StandardCharsets.US_ASCII))
                    .verified;
        }

        private BCrypt.Version version() {
            return switch (text.charAt(2)) {
                case 'a' -> BCrypt.Version.VERSION_2A;
                case 'b' -> BCrypt.Version.VERSION_2B;
                default -> BCrypt.Version.VERSION_2Y;
            };
        }

        @Override
        public PasswordHash likeness() {
            return new Bcrypt(text.substring(0, 7) + NOBODY);
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof Bcrypt b && text.equals(b.text);
        }

        @Override
        public int hashCode() {
            return text.hashCode();
        }

        @Override
        public String toString() {
            return "bcrypt, cost " + text.substring(4, 6);
        }
    }
}
