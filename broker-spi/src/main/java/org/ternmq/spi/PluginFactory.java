package org.ternmq.spi;

import java.util.Optional;
import org.pf4j.ExtensionPoint;

/**
 * What every plugin jar offers: something with a name that the configuration can ask for.
 *
 * <p>Implement one of the sub-interfaces, never this one alone; annotate the class with {@code org.pf4j.Extension}, make
 * it public with a public no-argument constructor that does nothing. The broker creates it once, on the main thread,
 * with the context class loader set to the plugin's. A constructor that throws stops the start of the broker.
 *
 * <p>Two installed plugins that offer the same type in the same kind stop the start: the broker never guesses.
 */
public interface PluginFactory extends ExtensionPoint {
    /**
     * The word after {@code type:} in the configuration, such as {@code ldap}.
     *
     * <p>Called on the main thread while the broker starts; an exception stops the start.
     *
     * @return lower-case letters, digits and hyphens, always the same
     */
    String type();

    /**
     * The record that {@link PluginContext#config} is going to be asked for, so that {@code ternmq check}, and a start, can
     * say what is wrong with the block together with all other problems. Called on the main thread while the broker starts.
     *
     * @return the record's class; empty if the settings are looked at in {@code create} or {@code open} alone
     */
    default Optional<Class<? extends Record>> settings() {
        return Optional.empty();
    }

    /**
     * Looks at what the settings name, such as files, and begins nothing: for {@code ternmq check}, which makes no instance. Called
     * on the main thread with a block that can be bound to {@link #settings}; it must not use the data folder.
     *
     * @param context the instance's name, settings and helpers
     * @throws ConfigurationException with each problem found, such as {@code file:line: message}
     * @throws Exception if it cannot tell: the message is reported
     */
    default void check(PluginContext context) throws Exception {}
}
