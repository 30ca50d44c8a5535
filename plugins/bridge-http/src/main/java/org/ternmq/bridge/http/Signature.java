package org.ternmq.bridge.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.ternmq.spi.ConfigurationException;

/** Signs bodies, so that who gets them knows who sent them and when. Immutable. */
final class Signature {
    private static final String ALGORITHM = "HmacSHA256";
    /** Bytes below which a secret can be guessed. */
    private static final int SHORTEST = 16;

    private final SecretKeySpec secret;

    private Signature(SecretKeySpec secret) {
        this.secret = secret;
    }

    /**
     * Reads the secret, the first line of a file.
     *
     * @throws ConfigurationException if it cannot be used
     */
    static Signature of(Path file) {
        String line;
        try {
            line = Files.readString(file).lines().findFirst().orElse("").strip();
        } catch (IOException e) {
            throw new ConfigurationException("secret-file: " + file + " cannot be read: " + e);
        }
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < SHORTEST) {
            throw new ConfigurationException("secret-file: the first line of " + file
                    + " is no secret: it needs at least " + SHORTEST + " bytes");
        }
        return new Signature(new SecretKeySpec(bytes, ALGORITHM));
    }

    /** HMAC-SHA256 over the time as it is sent, a dot, and the body, in hexadecimal digits. */
    String sign(String timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            mac.update(timestamp.getBytes(StandardCharsets.US_ASCII));
            mac.update((byte) '.');
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }
}
