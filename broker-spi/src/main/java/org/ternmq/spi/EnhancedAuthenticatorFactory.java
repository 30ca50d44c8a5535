package org.ternmq.spi;

/** Makes enhanced authenticators (MQTT 5.0, 4.12) for the blocks of {@code authentication.use} that name its type. */
public interface EnhancedAuthenticatorFactory extends PluginFactory {
    /**
     * Makes one enhanced authenticator. Called on the main thread while the broker starts, and on a thread of its own
     * for an instance that is to take the place of one in force, while that one works.
     *
     * @param context the instance's name, settings and helpers
     * @return an authenticator ready to be asked
     * @throws Exception stops the start; on a reload the instance in force stays in force
     */
    EnhancedAuthenticator create(PluginContext context) throws Exception;
}
