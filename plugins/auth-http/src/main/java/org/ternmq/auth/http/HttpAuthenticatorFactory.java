package org.ternmq.auth.http;

import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.PluginContext;

/** {@code type: http}. */
@Extension
public final class HttpAuthenticatorFactory implements AuthenticatorFactory {
    /** For the plugin host. */
    public HttpAuthenticatorFactory() {}

    @Override
    public String type() {
        return "http";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(HttpSettings.class);
    }

    /**
     * Reads the certificates to trust. Does not connect: the service may come up after the broker.
     *
     * @throws org.ternmq.spi.ConfigurationException if a setting or the file cannot be used
     */
    @Override
    public Authenticator create(PluginContext context) {
        return new HttpAuthenticator(context.config(HttpSettings.class), context);
    }
}
