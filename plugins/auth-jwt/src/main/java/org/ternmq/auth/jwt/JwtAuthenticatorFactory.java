package org.ternmq.auth.jwt;

import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.PluginContext;

/** {@code type: jwt}. */
@Extension
public final class JwtAuthenticatorFactory implements AuthenticatorFactory {
    /** For the plugin host. */
    public JwtAuthenticatorFactory() {}

    @Override
    public String type() {
        return "jwt";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(JwtSettings.class);
    }

    /**
     * Reads the keys.
     *
     * @throws org.ternmq.spi.ConfigurationException if a setting or a file of keys cannot be used
     */
    @Override
    public Authenticator create(PluginContext context) {
        return new JwtAuthenticator(context.config(JwtSettings.class), context.clock());
    }
}
