package org.ternmq.broker;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.journal.DumpException;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.journal.StoreCare;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.broker.plugin.PluginStorage;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageFactory;

/** The store of a broker that does not run, for what is done with it meanwhile. Used by one thread. */
public final class StoppedStore implements AutoCloseable {
    private final Maker maker;
    private final Storage storage;
    private final StoreCare care;

    private StoppedStore(Maker maker, Storage storage, StoreCare care) {
        this.maker = maker;
        this.storage = storage;
        this.care = care;
    }

    /**
     * Opens it, as a start of the broker would.
     *
     * @param config a configuration without problems
     * @param plugins the installed plugins; not closed
     * @param data the data folder
     * @param create whether to begin a new store where there is none
     * @throws StartException if it cannot be opened, also because a broker uses it
     */
    public static StoppedStore open(BrokerConfig config, PluginHost plugins, Path data, boolean create)
            throws StartException {
        PluginBlock block = config.storage().plugin();
        Maker maker = new Maker(plugins, plugins::find, data, Clock.systemUTC(), block, Maker.Watching.NOBODY);
        if (plugins.find(StorageFactory.class, block.type())
                .filter(StorageFactory::isVolatile)
                .isPresent()) {
            throw new StartException(
                    ExitCode.CONFIGURATION, "storage '" + block.type() + "' keeps nothing over the end of the broker");
        }
        Path folder = data.resolve(block.folder());
        if (create) {
            DataFolder.make(data);
        } else if (!Files.isDirectory(folder)) {
            throw new StartException(
                    ExitCode.STORAGE, "there is no store of storage '" + block.type() + "': no folder " + folder);
        }
        boolean opened = false;
        try {
            Storage storage = PluginStorage.of(maker.make(
                    StorageFactory.class,
                    ExitCode.STORAGE,
                    (factory, context) -> factory.open(context, Keyspaces.ALL)));
            opened = true;
            return new StoppedStore(
                    maker, storage, new StoreCare(storage, block.type(), block.folder(), new Metrics()));
        } finally {
            if (!opened) {
                maker.end();
            }
        }
    }

    /** The open store. */
    public Storage storage() {
        return storage;
    }

    /**
     * Copies it: see {@link Broker#backup}.
     *
     * @param target a folder that is not there yet
     */
    public void backup(Path target) throws DumpException {
        care.backup(target);
    }

    @Override
    public void close() {
        care.close();
        maker.end();
    }
}
