package org.ternmq.embedded;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.plugin.PluginDescription;
import org.ternmq.broker.plugin.PluginDescription.Offer;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.spi.PluginFactory;

/** The plugins of one run: those of the class path and those of jars, before the broker as one host. */
final class EmbeddedPlugins implements AutoCloseable {
    private final PluginHost host;
    private final @Nullable PluginHost jars;

    private EmbeddedPlugins(PluginHost host, @Nullable PluginHost jars) {
        this.host = host;
        this.jars = jars;
    }

    /**
     * Makes and loads them.
     *
     * @param given factories that the program has made itself
     * @param folder of plugin jars
     * @param problems takes what is wrong with any of them
     */
    static EmbeddedPlugins load(List<PluginFactory> given, Optional<Path> folder, Problems problems) {
        List<PluginFactory> all = new ArrayList<>(ClassPathPlugins.with(given, loader(), problems));
        PluginHost jars = folder.map(path -> PluginHost.load(path, problems)).orElse(null);
        if (jars != null) {
            for (PluginDescription plugin : jars.plugins()) {
                for (Offer offer : plugin.offers()) {
                    jars.find(offer.kind().factory(), offer.type())
                            .filter(factory -> !all.contains(factory)) // one that offers two kinds
                            .ifPresent(all::add);
                }
            }
        }
        return new EmbeddedPlugins(PluginHost.of(all, problems), jars);
    }

    private static ClassLoader loader() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        return context == null ? EmbeddedPlugins.class.getClassLoader() : context;
    }

    PluginHost host() {
        return host;
    }

    /** Ends what the instances left running, then unloads the jars. May be called after the broker has closed the host. */
    @Override
    public void close() {
        host.close();
        if (jars != null) {
            jars.close();
        }
    }
}
