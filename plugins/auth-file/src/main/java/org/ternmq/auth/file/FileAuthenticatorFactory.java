package org.ternmq.auth.file;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.Default;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.WhenRevoked;

/** {@code type: file}. */
@Extension
public final class FileAuthenticatorFactory implements AuthenticatorFactory {
    /**
     * The settings.
     *
     * @param path the file of users, relative to the configuration file
     * @param watch how often to look whether the file has changed; if left out, only a reload reads it again
     * @param removedUsers what becomes of clients whose user is not in the file any more
     * @param changedPasswords what becomes of clients whose user has another hash in the file
     * @param rememberPasswords whether a password that was right is known again without the work of its hash
     */
    record Settings(
            Path path,
            Optional<Duration> watch,
            @Default("disconnect") WhenRevoked removedUsers,
            @Default("keep") WhenRevoked changedPasswords,
            @Default("true") boolean rememberPasswords) {
        Settings {
            if (watch.filter(every -> every.toMillis() <= 0).isPresent()) {
                throw new IllegalArgumentException("watch must be longer than 0; without it the file is not watched");
            }
        }
    }

    /** For the plugin host. */
    public FileAuthenticatorFactory() {}

    @Override
    public String type() {
        return "file";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public void check(PluginContext context) {
        Users.read(context.config(Settings.class).path());
    }

    /**
     * Reads the file.
     *
     * @throws org.ternmq.spi.ConfigurationException if the file cannot be read, or one of its lines is no user
     */
    @Override
    public Authenticator create(PluginContext context) {
        return new FileAuthenticator(context, context.config(Settings.class));
    }
}
