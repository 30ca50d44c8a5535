package org.ternmq.broker.observe;

import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One instance of a plugin as the guards around its calls see it: its name, its class loader, its failures. Safe for use by
 * all threads.
 */
public final class PluginScope {
    private static final Logger LOG = LoggerFactory.getLogger(PluginScope.class);

    private final String name;
    private final ClassLoader loader;
    private final Metrics metrics;
    private final LoopWatch watch;
    private final AtomicLong failures = new AtomicLong();

    /**
     * Of an instance.
     *
     * @param name as the configuration calls it
     * @param plugin the instance, or anything else of its plugin
     */
    public PluginScope(String name, Object plugin, Metrics metrics, LoopWatch watch) {
        this.name = name;
        this.loader = loaderOf(plugin);
        this.metrics = metrics;
        this.watch = watch;
    }

    /** The class loader of the plugin that something comes from. */
    public static ClassLoader loaderOf(Object ofPlugin) {
        ClassLoader loader = ofPlugin.getClass().getClassLoader();
        return loader == null ? ClassLoader.getPlatformClassLoader() : loader;
    }

    /**
     * Calls into a plugin with the context class loader set to the plugin's.
     *
     * @throws Exception whatever the call throws
     */
    public static <T> T callIn(ClassLoader loader, Callable<T> call) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return call.call();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** The name of the instance. */
    public String name() {
        return name;
    }

    /** The class loader of its plugin. */
    public ClassLoader loader() {
        return loader;
    }

    /** A call on an event loop begins; what it gives back is for {@link #end}. */
    public ClassLoader begin() {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        watch.begin(name);
        return before;
    }

    /** The call has come back. */
    public void end(ClassLoader before) {
        watch.end();
        Thread.currentThread().setContextClassLoader(before);
    }

    /** Counts what an instance threw on an event loop, and logs the 1st, 2nd, 4th, 8th …: each message may bring one. */
    public void failed(String consequence, Throwable e) {
        metrics.pluginFailed(name);
        long count = failures.incrementAndGet();
        if (Long.bitCount(count) == 1) {
            LOG.error("{} failed ({} so far): {}", name, count, consequence, e);
        }
    }
}
