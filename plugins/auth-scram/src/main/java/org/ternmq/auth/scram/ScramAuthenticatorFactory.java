package org.ternmq.auth.scram;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Default;
import org.ternmq.spi.EnhancedAuthenticator;
import org.ternmq.spi.EnhancedAuthenticatorFactory;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.WhenRevoked;

/** {@code type: scram}. */
@Extension
public final class ScramAuthenticatorFactory implements EnhancedAuthenticatorFactory {
    /**
     * The settings.
     *
     * @param path the file of users, relative to the configuration file
     * @param mechanism {@code SCRAM-SHA-256} or {@code SCRAM-SHA-512}
     * @param removedUsers what becomes of clients whose user is not in the file any more
     * @param changedPasswords what becomes of clients whose user has another verifier in the file
     */
    record Settings(
            Path path,
            @Default("SCRAM-SHA-256") String mechanism,
            @Default("disconnect") WhenRevoked removedUsers,
            @Default("keep") WhenRevoked changedPasswords) {
        Settings {
            Mechanism.of(mechanism);
        }
    }

    /** For the plugin host. */
    public ScramAuthenticatorFactory() {}

    @Override
    public String type() {
        return "scram";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public void check(PluginContext context) {
        Settings settings = context.config(Settings.class);
        Users.read(settings.path(), Mechanism.of(settings.mechanism()), Decoys.NONE);
    }

    /**
     * Reads the file.
     *
     * @throws org.ternmq.spi.ConfigurationException if the file cannot be read, or one of its lines is no user
     * @throws IOException if the secret for unknown names can be neither read nor kept
     */
    @Override
    public EnhancedAuthenticator create(PluginContext context) throws IOException {
        Settings settings = context.config(Settings.class);
        Decoys decoys = new Decoys(InstanceSecret.in(context.dataDirectory()));
        return new ScramAuthenticator(settings.path(), Mechanism.of(settings.mechanism()), decoys, (before, now) -> {
            settings.removedUsers().apply(context, before.missingIn(now));
            settings.changedPasswords().apply(context, before.changedIn(now));
        });
    }
}
