package org.ternmq.broker.plugin;

import java.util.List;

/**
 * The parent of every plugin's class loader: the Java platform, and of the broker only what plugins are compiled against.
 * Everything else of the broker, Netty and the logging backend among it, is not there for them.
 */
final class SharedClasses extends ClassLoader {
    static {
        registerAsParallelCapable();
    }

    private static final List<String> PACKAGES = List.of("org.ternmq.spi.", "org.pf4j.", "org.slf4j.", "org.jspecify.");

    private final ClassLoader broker = PluginHost.class.getClassLoader();

    SharedClasses() {
        super("shared with plugins", ClassLoader.getPlatformClassLoader());
    }

    /** Whether a class comes from the broker even if a plugin's jar has it too. */
    static boolean isShared(String className) {
        return PACKAGES.stream().anyMatch(className::startsWith);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        return isShared(name) ? broker.loadClass(name) : super.loadClass(name, resolve);
    }
}
