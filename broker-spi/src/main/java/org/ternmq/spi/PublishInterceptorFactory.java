package org.ternmq.spi;

/** Makes interceptors for the blocks of {@code interceptors} that name its type. */
public interface PublishInterceptorFactory extends PluginFactory {
    /**
     * Makes one interceptor. Called on the main thread while the broker starts, and on a thread of its own
     * for an instance that is to take the place of one in force, while that one works.
     *
     * @param context the instance's name, settings and helpers
     * @return an interceptor ready to be asked
     * @throws Exception stops the start, with exit code 2 for {@link ConfigurationException} and 3 for any other
     */
    PublishInterceptor create(PluginContext context) throws Exception;
}
