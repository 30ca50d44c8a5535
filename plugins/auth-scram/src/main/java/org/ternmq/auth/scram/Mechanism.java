package org.ternmq.auth.scram;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A member of the SCRAM family: which hash it is built on. */
enum Mechanism {
    /** RFC 7677. */
    SHA_256("SHA-256", "HmacSHA256", 32),
    /** As RFC 7677, with SHA-512. */
    SHA_512("SHA-512", "HmacSHA512", 64);

    private final String digest;
    private final String mac;
    private final int bytes;

    Mechanism(String digest, String mac, int bytes) {
        this.digest = digest;
        this.mac = mac;
        this.bytes = bytes;
    }

    /**
     * The mechanism of a name such as {@code SCRAM-SHA-256}.
     *
     * @throws IllegalArgumentException if there is none, with the names there are
     */
    static Mechanism of(String name) {
        for (Mechanism each : values()) {
            if (each.saslName().equals(name)) {
                return each;
            }
        }
        throw new IllegalArgumentException("mechanism: '" + name + "' is not one of "
                + Arrays.stream(values()).map(Mechanism::saslName).collect(Collectors.joining(", ")));
    }

    /** The name in SASL, and the Authentication Method in MQTT. */
    String saslName() {
        return "SCRAM-" + digest;
    }

    /** How many bytes a hash has, and so a key and a proof. */
    int bytes() {
        return bytes;
    }

    /** HMAC(key, data). */
    byte[] hmac(byte[] key, byte[] data) {
        try {
            Mac hmac = Mac.getInstance(mac);
            hmac.init(new SecretKeySpec(key, mac));
            return hmac.doFinal(data);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(mac + " is part of every Java", e);
        }
    }

    /** H(data). */
    byte[] hash(byte[] data) {
        try {
            return MessageDigest.getInstance(digest).digest(data);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(digest + " is part of every Java", e);
        }
    }
}
