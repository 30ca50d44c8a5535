package org.ternmq.auth.scram;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import org.ternmq.spi.ConfigurationException;

/**
 * The secret of one instance, in its data folder: it must outlive the process, or else the names whose salt stays the same
 * over a restart would be those that exist.
 */
final class InstanceSecret {
    private static final int BYTES = 32;

    private InstanceSecret() {}

    /**
     * Reads the secret, or makes it if there is none.
     *
     * @throws ConfigurationException if the file is not a whole secret
     */
    static byte[] in(Path folder) throws IOException {
        Path file = folder.resolve("secret");
        if (Files.exists(file)) {
            byte[] secret = Files.readAllBytes(file);
            if (secret.length != BYTES) {
                throw new ConfigurationException(file + ": has " + secret.length + " bytes instead of " + BYTES
                        + "; remove it, and another one is made");
            }
            return secret;
        }
        byte[] secret = new byte[BYTES];
        new SecureRandom().nextBytes(secret);
        Path beside = Files.createTempFile(folder, "secret", ".tmp"); // for its owner only
        try {
            Files.write(beside, secret);
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(beside);
        }
        return secret;
    }
}
