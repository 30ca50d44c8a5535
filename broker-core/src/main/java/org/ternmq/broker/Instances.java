package org.ternmq.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.plugin.InstanceContext;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.PluginFactory;

/** Makes what the blocks of a configuration ask of plugins, each with a context of its own. Used by one thread. */
final class Instances implements AutoCloseable {
    /** How one is made of its factory. */
    interface Making<F, T> {
        T make(F factory, InstanceContext context) throws Exception;
    }

    private final PluginHost plugins;
    private final Path data;
    private final Clock clock;
    private final List<InstanceContext> contexts = new ArrayList<>();

    Instances(PluginHost plugins, Path data, Clock clock) {
        this.plugins = plugins;
        this.data = data;
        this.clock = clock;
    }

    /** Makes the data folder if it is not there, for its owner only. */
    void makeDataFolder() throws StartException {
        try {
            if (Files.isDirectory(data)) {
                return;
            }
            if (data.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createDirectories(
                        data, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectories(data);
            }
        } catch (IOException e) {
            throw new StartException(ExitCode.STORAGE, "cannot make the data folder " + data + ": " + e, e);
        }
    }

    <F extends PluginFactory> F factory(Class<F> kind, PluginBlock block) throws StartException {
        return plugins.find(kind, block.type())
                .orElseThrow(() -> new StartException(
                        ExitCode.PLUGIN,
                        "no installed plugin is a " + kind.getSimpleName() + " of type '" + block.type() + "'"));
    }

    /**
     * Makes one.
     *
     * @param otherwise how the process ends if the plugin fails
     */
    <F extends PluginFactory, T> T make(Class<F> kind, PluginBlock block, ExitCode otherwise, Making<F, T> making)
            throws StartException {
        F factory = factory(kind, block);
        InstanceContext context = plugins.contextFor(block, factory, data, clock);
        contexts.add(context);
        try {
            return PluginHost.callIn(PluginHost.loaderOf(factory), () -> making.make(factory, context));
        } catch (ConfigurationException e) {
            throw new StartException(ExitCode.CONFIGURATION, String.join("\n", e.problems()), e);
        } catch (Exception | LinkageError e) {
            throw new StartException(otherwise, block.name() + " cannot start: " + message(e), e);
        }
    }

    static String message(Throwable e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /** The contexts of what was made so far; read only, and grows no more when the broker has started. */
    List<InstanceContext> contexts() {
        return Collections.unmodifiableList(contexts);
    }

    /** Ends the contexts, after the instances. */
    @Override
    public void close() {
        contexts.forEach(InstanceContext::close);
    }
}
