package org.ternmq.broker.plugin;

import java.nio.file.Path;
import org.pf4j.ClassLoadingStrategy;
import org.pf4j.DefaultPluginManager;
import org.pf4j.ManifestPluginDescriptorFinder;
import org.pf4j.PluginClassLoader;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginDescriptorFinder;
import org.pf4j.PluginLoader;
import org.pf4j.PluginStatusProvider;
import org.pf4j.RuntimeMode;
import org.ternmq.spi.Spi;

/** PF4J as this broker wants it: jars with a manifest, each with a class loader that prefers its own classes. */
final class PluginManager extends DefaultPluginManager {
    private static final ClassLoader SHARED = new SharedClasses();

    PluginManager(Path folder) {
        super(folder);
        setSystemVersion(Spi.VERSION);
    }

    @Override
    public RuntimeMode getRuntimeMode() {
        return RuntimeMode.DEPLOYMENT; // not what the system property pf4j.mode says
    }

    @Override
    protected PluginDescriptorFinder createPluginDescriptorFinder() {
        return new ManifestPluginDescriptorFinder();
    }

    @Override
    protected PluginLoader createPluginLoader() {
        return new PluginLoader() {
            @Override
            public boolean isApplicable(Path path) {
                return PluginHost.isJar(path);
            }

            @Override
            public ClassLoader loadPlugin(Path path, PluginDescriptor descriptor) {
                OwnFirst loader = new OwnFirst(PluginManager.this, descriptor);
                loader.addFile(path.toFile());
                return loader;
            }
        };
    }

    /** A jar in the folder is installed; enabled.txt and disabled.txt of PF4J mean nothing here. */
    @Override
    protected PluginStatusProvider createPluginStatusProvider() {
        return new PluginStatusProvider() {
            @Override
            public boolean isPluginDisabled(String pluginId) {
                return false;
            }

            @Override
            public void disablePlugin(String pluginId) {
                throw new UnsupportedOperationException("remove the jar instead");
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

    private static final class OwnFirst extends PluginClassLoader {
        OwnFirst(org.pf4j.PluginManager manager, PluginDescriptor descriptor) {
            super(manager, descriptor, SHARED, ClassLoadingStrategy.PDA);
        }

        @Override
        protected boolean shouldDelegateToParent(String className) {
            return SharedClasses.isShared(className);
        }
    }
}
