package org.ternmq.spi;

/** Makes listeners of events for the blocks of {@code events} that name its type. */
public interface BrokerListenerFactory extends PluginFactory {
    /**
     * Makes one listener. Called on the main thread while the broker starts, and on a thread of its own
     * for an instance that is to take the place of one in force, while that one works.
     *
     * @param context the instance's name, settings and helpers
     * @return a listener ready to be told
     * @throws Exception stops the start, with exit code 2 for {@link ConfigurationException} and 3 for any other
     */
    BrokerListener create(PluginContext context) throws Exception;
}
