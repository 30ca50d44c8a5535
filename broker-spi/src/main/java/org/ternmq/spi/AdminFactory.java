package org.ternmq.spi;

import org.ternmq.spi.control.BrokerControl;

/** Makes the interface for operators that the block {@code admin} asks for. */
public interface AdminFactory extends PluginFactory {
    /**
     * Makes it. Called once, on the main thread, after the listeners have opened.
     *
     * @param context the instance's settings and helpers
     * @param control the broker
     * @return an interface that takes requests
     * @throws Exception stops the start, with exit code 2 for {@link ConfigurationException} and 5 for any other
     */
    Admin create(PluginContext context, BrokerControl control) throws Exception;
}
