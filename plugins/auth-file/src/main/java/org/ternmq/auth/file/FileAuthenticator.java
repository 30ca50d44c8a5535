package org.ternmq.auth.file;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.auth.file.FileAuthenticatorFactory.Settings;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Credentials;
import org.ternmq.spi.FileWatch;
import org.ternmq.spi.PluginContext;

/**
 * Knows the users of one file.
 *
 * <p>A client without user name is not its client, nor is one whose name the file does not have: both are left to the next
 * authenticator, the second after the same work as for a known name, so that the time of an answer does not tell which names
 * exist. A wrong password is a rejection. A right one is remembered ({@link Remembered}) unless the settings say otherwise.
 *
 * <p>{@link #reload} reads the file anew; if it cannot be used, the users before it stay, else those who are not in it any more,
 * or have another password, are revoked as the settings say.
 */
final class FileAuthenticator implements Authenticator {
    private static final byte[] NO_PASSWORD = {};

    private static final Logger LOG = LoggerFactory.getLogger(FileAuthenticator.class);

    private final PluginContext context;
    private final Settings settings;
    private final Path file;
    private final Future<?> watching;
    private final Optional<Remembered> remembered;
    private volatile Users users;

    /** Reads the file, and begins to watch it if that is asked for. */
    FileAuthenticator(PluginContext context, Settings settings) {
        this.context = context;
        this.settings = settings;
        this.file = settings.path();
        FileWatch watch = new FileWatch(file, this::fileChanged);
        this.remembered = settings.rememberPasswords() ? Optional.of(new Remembered()) : Optional.empty();
        this.users = Users.read(file);
        this.watching = settings.watch()
                .<Future<?>>map(every -> watch.start(context.executor(), every))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    @Override
    public AuthResult authenticate(Credentials credentials) {
        if (credentials.username().isEmpty()) {
            return AuthResult.abstained();
        }
        Users known = users;
        PasswordHash hash = known.find(credentials.username().get());
        byte[] password = credentials.password().map(FileAuthenticator::bytes).orElse(NO_PASSWORD);
        try {
            if (hash == null) {
                known.decoy().matches(password);
                return AuthResult.abstained();
            }
            // No password at all is not an empty one.
            boolean matches = isOf(hash, password) && credentials.password().isPresent();
            return matches ? AuthResult.accepted() : AuthResult.rejected("wrong password");
        } finally {
            Arrays.fill(password, (byte) 0);
        }
    }

    private boolean isOf(PasswordHash hash, byte[] password) {
        return remembered.map(memory -> memory.matches(hash, password)).orElseGet(() -> hash.matches(password));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    @Override
    public synchronized void reload() {
        Users before = users;
        Users now = Users.read(file);
        users = now;
        remembered.ifPresent(memory -> memory.retain(now.hashes()));
        settings.removedUsers().apply(context, before.missingIn(now));
        settings.changedPasswords().apply(context, before.changedIn(now));
    }

    private void fileChanged() {
        try {
            reload();
            LOG.info("{}: {} has changed and was read again", context.name(), file);
        } catch (ConfigurationException e) {
            LOG.error("{}: the file has changed, but the old users stay: {}", context.name(), e.getMessage());
        }
    }

    @Override
    public void close() {
        watching.cancel(false);
    }

    @Override
    public String toString() {
        return "users of " + file;
    }
}
