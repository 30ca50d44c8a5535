package org.ternmq.spi;

/** Makes authenticators for the blocks of {@code authentication.use} that name its type. */
public interface AuthenticatorFactory extends PluginFactory {
    /**
     * Makes one authenticator. Called on the main thread while the broker starts, and on a thread of its own
     * for an instance that is to take the place of one in force, while that one works.
     *
     * @param context the instance's name, settings and helpers
     * @return an authenticator ready to be asked
     * @throws Exception stops the start, with exit code 2 for {@link ConfigurationException} and 3 for any other; on a
     *     reload the instance in force stays in force
     */
    Authenticator create(PluginContext context) throws Exception;
}
