package org.ternmq.spi;

/** Makes bridges for the blocks of {@code bridges} that name its type. */
public interface BridgeFactory extends PluginFactory {
    /**
     * Makes one bridge; must not connect yet. Called on the main thread while the broker starts, and on a worker when a bridge
     * that failed is made anew.
     *
     * @param context the instance's name, settings and helpers
     * @return a bridge ready to be started
     * @throws Exception stops the start, with exit code 2 for {@link ConfigurationException} and 3 for any other
     */
    Bridge create(PluginContext context) throws Exception;
}
