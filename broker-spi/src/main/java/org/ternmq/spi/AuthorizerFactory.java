package org.ternmq.spi;

/** Makes authorizers for the blocks of {@code authorization.use} that name its type. */
public interface AuthorizerFactory extends PluginFactory {
    /**
     * Makes one authorizer. Called on the main thread while the broker starts, and on a thread of its own
     * for an instance that is to take the place of one in force, while that one works.
     *
     * @param context the instance's name, settings and helpers
     * @param changed to be told when rules handed out earlier are no longer right
     * @return an authorizer ready to be asked
     * @throws Exception stops the start, with exit code 2 for {@link ConfigurationException} and 3 for any other; on a
     *     reload the instance in force stays in force
     */
    Authorizer create(PluginContext context, RulesChanged changed) throws Exception;
}
