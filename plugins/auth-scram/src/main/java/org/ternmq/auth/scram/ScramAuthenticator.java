package org.ternmq.auth.scram;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.function.Supplier;
import org.ternmq.spi.Credentials;
import org.ternmq.spi.EnhancedAuthenticator;

/**
 * Knows the users of one file, and lets in who proves by SCRAM to know the password of one.
 *
 * <p>The user's name is the one in SCRAM's first message. A CONNECT need not show one beside it; if it does, it must be the
 * same, after both were brought into SASLprep's form. A password in the CONNECT is not looked at.
 *
 * <p>A name that the file does not have is challenged like one that it has, with the same salt every time, and fails at the
 * proof.
 *
 * <p>{@link #reload} reads the file anew; if it cannot be used, the users before it stay. Who was challenged before is judged by
 * the users of when the proof comes. Safe for use by all threads.
 */
final class ScramAuthenticator implements EnhancedAuthenticator {
    private static final int NONCE_BYTES = 24;

    /** Is told of each reload that went well. */
    interface Reloaded {
        void swapped(Users before, Users now);
    }

    private final Path file;
    private final Mechanism mechanism;
    private final Decoys decoys;
    private final Supplier<String> serverNonce;
    private final Reloaded reloaded;
    private volatile Users users;

    /** Reads the file. */
    ScramAuthenticator(Path file, Mechanism mechanism, Decoys decoys, Reloaded reloaded) {
        this(file, mechanism, decoys, reloaded, ScramAuthenticator.nonces(new SecureRandom()));
    }

    /** With nonces of another source, for examples that have them written out. */
    ScramAuthenticator(Path file, Mechanism mechanism, Decoys decoys, Reloaded reloaded, Supplier<String> serverNonce) {
        this.file = file;
        this.mechanism = mechanism;
        this.decoys = decoys;
        this.reloaded = reloaded;
        this.serverNonce = serverNonce;
        this.users = Users.read(file, mechanism, decoys);
    }

    private static Supplier<String> nonces(SecureRandom random) {
        return () -> {
            byte[] nonce = new byte[NONCE_BYTES];
            random.nextBytes(nonce);
            return Base64.getEncoder().encodeToString(nonce);
        };
    }

    @Override
    public String method() {
        return mechanism.saslName();
    }

    @Override
    public Exchange begin(Credentials credentials) {
        return new ScramExchange(mechanism, () -> users, serverNonce, credentials.username());
    }

    @Override
    public void reload() {
        Users before = users;
        Users now = Users.read(file, mechanism, decoys);
        users = now;
        reloaded.swapped(before, now);
    }

    @Override
    public String toString() {
        return method() + " with the users of " + file;
    }
}
