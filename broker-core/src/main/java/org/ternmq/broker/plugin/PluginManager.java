package org.ternmq.broker.plugin;

import java.nio.file.Path;
import org.pf4j.DefaultPluginDescriptor;
import org.pf4j.DefaultPluginManager;
import org.pf4j.Plugin;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginDescriptorFinder;
import org.pf4j.PluginLoader;
import org.pf4j.PluginStatusProvider;
import org.pf4j.RuntimeMode;
import org.ternmq.spi.Spi;

/** PF4J as this broker wants it: for one plugin, whose class loader prefers its own classes. */
final class PluginManager extends DefaultPluginManager {
    private static final ClassLoader SHARED = new SharedClasses();

    private final PluginFiles files;
    private final PluginJar read;

    PluginManager(PluginFiles files, PluginJar read) {
        super(files.main());
        this.files = files;
        this.read = read;
        setSystemVersion(Spi.VERSION);
    }

    @Override
    public RuntimeMode getRuntimeMode() {
        return RuntimeMode.DEPLOYMENT; // not what the system property pf4j.mode says
    }

    /** What was read already, and that one plugin is all there is. */
    @Override
    protected PluginDescriptorFinder createPluginDescriptorFinder() {
        return new PluginDescriptorFinder() {
            @Override
            public boolean isApplicable(Path path) {
                return true;
            }

            @Override
            public PluginDescriptor find(Path path) {
                return new DefaultPluginDescriptor(
                        read.id(), "", Plugin.class.getName(), read.version(), read.requires(), "", "");
            }
        };
    }

    @Override
    protected PluginLoader createPluginLoader() {
        return new PluginLoader() {
            @Override
            public boolean isApplicable(Path path) {
                return true;
            }

            @Override
            public ClassLoader loadPlugin(Path path, PluginDescriptor descriptor) {
                OwnFirst loader = new OwnFirst(PluginManager.this, descriptor);
                files.all().forEach(file -> loader.addFile(file.toFile()));
                return loader;
            }
        };
    }

    /** What is in the plugins folder is installed; enabled.txt and disabled.txt of PF4J mean nothing here. */
    @Override
    protected PluginStatusProvider createPluginStatusProvider() {
        return new PluginStatusProvider() {
            @Override
            public boolean isPluginDisabled(String pluginId) {
                return false;
            }

            @Override
            public void disablePlugin(String pluginId) {
                throw new UnsupportedOperationException("remove the file instead");
            }

            @Override
            public void enablePlugin(String pluginId) {
                // it is
            }
        };
    }

    /** For a look into a jar that is not installed. */
    static ClassLoader sharedClasses() {
        return SHARED;
    }
}
