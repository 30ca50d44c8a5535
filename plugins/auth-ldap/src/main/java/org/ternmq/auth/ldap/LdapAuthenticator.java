package org.ternmq.auth.ldap;

import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.Credentials;

/**
 * Lets in who can bind to the directory.
 *
 * <p>A client without user name is not its client. One without a password, or with an empty one, is refused before anybody is
 * asked: a bind without a password is no login, but succeeds (RFC 4513, 5.1.2).
 *
 * <p>{@link #reload} reads the files again, forgets remembered passwords and begins with new connections; if a file cannot be
 * used, the connections before it stay.
 */
final class LdapAuthenticator implements Authenticator {
    private static final Logger LOG = LoggerFactory.getLogger(LdapAuthenticator.class);
    private static final int LONGEST_NAME = 256;
    private static final byte[] NO_PASSWORD = {};

    private final LdapSettings settings;
    private final Optional<PasswordCache> cache;
    /** Those before the last {@link #reload}: somebody may still be asking them. */
    private final List<Directory> retired = new CopyOnWriteArrayList<>();

    private volatile Directory directory;

    LdapAuthenticator(LdapSettings settings, Clock clock) {
        this.settings = settings;
        this.cache = settings.cache().map(c -> new PasswordCache(c.time(), c.size(), clock));
        this.directory = new Directory(settings);
        if (!settings.verifyHostName()) {
            LOG.warn(
                    "{}: verify-host-name is off: whoever has any certificate that is trusted can read passwords",
                    this);
        }
        if (settings.allowPlainText() && !settings.startTls()) {
            LOG.warn("{}: allow-plain-text is on: passwords may cross the network unencrypted", this);
        }
    }

    @Override
    public AuthResult authenticate(Credentials credentials) throws Exception {
        return authenticate(credentials, step -> {});
    }

    @Override
    public AuthResult authenticate(Credentials credentials, Consumer<String> trace) throws Exception {
        if (credentials.username().isEmpty()) {
            return AuthResult.abstained();
        }
        String username = credentials.username().get();
        if (username.isEmpty()) {
            return AuthResult.rejected("the user name is empty");
        }
        if (username.length() > LONGEST_NAME) {
            return AuthResult.rejected("the user name is longer than " + LONGEST_NAME + " characters");
        }
        if (username.chars().anyMatch(Character::isISOControl)) {
            return AuthResult.rejected("the user name has a control character");
        }
        byte[] password = credentials.password().map(LdapAuthenticator::bytes).orElse(NO_PASSWORD);
        if (password.length == 0) {
            return AuthResult.rejected("no password");
        }
        try {
            return cache.isPresent()
                    ? remembered(cache.get(), username, password, trace)
                    : directory.login(username, password, trace);
        } finally {
            Arrays.fill(password, (byte) 0);
        }
    }

    private AuthResult remembered(PasswordCache known, String username, byte[] password, Consumer<String> trace)
            throws DirectoryException, InterruptedException {
        Optional<AuthResult.Accepted> before = known.find(username, password);
        if (before.isPresent()) {
            trace.accept("remembered from an earlier login");
            return before.get();
        }
        long flushes = known.flushes();
        AuthResult result = directory.login(username, password, trace);
        if (result instanceof AuthResult.Accepted accepted) {
            known.put(username, password, accepted, flushes);
        }
        return result;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    @Override
    public void reload() {
        Directory fresh = new Directory(settings);
        retired.forEach(Directory::close);
        retired.clear();
        retired.add(directory);
        directory = fresh;
        cache.ifPresent(PasswordCache::flush);
    }

    @Override
    public void close() {
        retired.forEach(Directory::close);
        directory.close();
    }

    @Override
    public String toString() {
        return "users of the directory at " + directory;
    }
}
