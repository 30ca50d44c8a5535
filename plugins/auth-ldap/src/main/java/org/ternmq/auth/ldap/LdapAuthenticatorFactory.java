package org.ternmq.auth.ldap;

import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.PluginContext;

/** {@code type: ldap}. */
@Extension
public final class LdapAuthenticatorFactory implements AuthenticatorFactory {
    /** For the plugin host. */
    public LdapAuthenticatorFactory() {}

    @Override
    public String type() {
        return "ldap";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(LdapSettings.class);
    }

    /**
     * Reads the files that the settings name. Does not connect: the directory may come up after the broker.
     *
     * @throws org.ternmq.spi.ConfigurationException if a setting or a file cannot be used
     */
    @Override
    public Authenticator create(PluginContext context) {
        return new LdapAuthenticator(context.config(LdapSettings.class), context.clock());
    }
}
