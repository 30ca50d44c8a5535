package org.ternmq.broker.plugin;

import org.pf4j.ClassLoadingStrategy;
import org.pf4j.PluginClassLoader;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginManager;

/** The class loader of one plugin: its own classes first, but for what the broker gives to all plugins. */
final class OwnFirst extends PluginClassLoader {
    private final String plugin;
    private final LogBudget budget = new LogBudget();

    OwnFirst(PluginManager manager, PluginDescriptor descriptor) {
        super(manager, descriptor, org.ternmq.broker.plugin.PluginManager.sharedClasses(), ClassLoadingStrategy.PDA);
        this.plugin = descriptor.getPluginId();
    }

    @Override
    protected boolean shouldDelegateToParent(String className) {
        return SharedClasses.isShared(className);
    }

    /** The id of the plugin. */
    String plugin() {
        return plugin;
    }

    /** How much the plugin may still log. */
    LogBudget budget() {
        return budget;
    }
}
