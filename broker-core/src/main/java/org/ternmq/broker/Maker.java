package org.ternmq.broker;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.plugin.InstanceContext;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.PluginFactory;

/** Makes what one block of the configuration asks for, and remembers what it was handed. Owner: the thread that makes it. */
final class Maker {
    /** Where factories are found: what is installed, or what a look through the plugins folder has found. */
    interface Factories {
        <F extends PluginFactory> Optional<F> find(Class<F> kind, String type);
    }

    /** What a factory is asked to make. */
    interface Making<F, T> {
        T make(F factory, InstanceContext context) throws Exception;
    }

    /** Is told what happens on the way. */
    interface Watching {
        /** Has nobody told. */
        Watching NOBODY = new Watching() {
            @Override
            public void used(PluginFactory factory) {}

            @Override
            public void handed(InstanceContext context) {}
        };

        /** This factory is asked. */
        void used(PluginFactory factory);

        /** It is handed this, before it makes anything. */
        void handed(InstanceContext context);
    }

    private final PluginHost plugins;
    private final Factories factories;
    private final Path data;
    private final Clock clock;
    private final PluginBlock block;
    private final List<InstanceContext> contexts = new CopyOnWriteArrayList<>();
    private final Watching watching;
    private volatile ClassLoader loader = Maker.class.getClassLoader();

    Maker(PluginHost plugins, Factories factories, Path data, Clock clock, PluginBlock block, Watching watching) {
        this.plugins = plugins;
        this.factories = factories;
        this.data = data;
        this.clock = clock;
        this.block = block;
        this.watching = watching;
    }

    /** What was handed to what it has made. */
    List<InstanceContext> contexts() {
        return List.copyOf(contexts);
    }

    PluginBlock block() {
        return block;
    }

    /** Whether the block's type is offered of that kind. */
    boolean offers(Class<? extends PluginFactory> kind) {
        return factories.find(kind, block.type()).isPresent();
    }

    <F extends PluginFactory, T> T make(Class<F> kind, Making<F, T> making) throws StartException {
        return make(kind, ExitCode.PLUGIN, making);
    }

    /**
     * Has the factory make an instance.
     *
     * @param otherwise how the process ends if it throws anything but what is wrong with its configuration
     */
    <F extends PluginFactory, T> T make(Class<F> kind, ExitCode otherwise, Making<F, T> making) throws StartException {
        F factory = factories
                .find(kind, block.type())
                .orElseThrow(() -> new StartException(
                        ExitCode.PLUGIN,
                        "no installed plugin is a " + kind.getSimpleName() + " of type '" + block.type() + "'"));
        watching.used(factory);
        loader = PluginHost.loaderOf(factory);
        InstanceContext context = plugins.contextFor(block, factory, data, clock);
        contexts.add(context);
        watching.handed(context);
        T made;
        try {
            made = PluginHost.callIn(PluginHost.loaderOf(factory), () -> making.make(factory, context));
        } catch (ConfigurationException e) {
            throw new StartException(ExitCode.CONFIGURATION, String.join("\n", e.problems()), e);
        } catch (Throwable e) { // whatever it throws, the operator is to read whose fault it is
            throw new StartException(otherwise, block.name() + " cannot start: " + Broker.message(e), e);
        }
        if (made == null) {
            throw new StartException(otherwise, block.name() + " cannot start: its factory made nothing (null)");
        }
        return made;
    }

    /** Calls into what was made, with the context class loader of its plugin. */
    <T> T in(Callable<T> call) throws Exception {
        return PluginHost.callIn(loader, call);
    }

    /** Ends what instances were handed; after they were closed. Gives the names of threads that they have left behind. */
    List<String> end() {
        List<String> left = new ArrayList<>();
        contexts.forEach(context -> left.addAll(context.end()));
        return left;
    }
}
