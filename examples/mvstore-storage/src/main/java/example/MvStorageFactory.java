package example;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.pf4j.Extension;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.StorageFactory;

/** Keeps sessions and messages in one file of H2's MVStore. */
@Extension
public final class MvStorageFactory implements StorageFactory {
    /** The block in the YAML: {type: mvstore}. */
    public record Settings() {}

    @Override
    public String type() {
        return "mvstore";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public Storage open(PluginContext context, List<Keyspace<?, ?>> keyspaces) {
        context.config(Settings.class);
        Path file = context.dataDirectory().resolve("store.mv");
        try {
            // A group is committed as one, by write() alone.
            MVStore store = new MVStore.Builder().fileName(file.toString()).autoCommitDisabled().open();
            store.setVersionsToKeep(0);
            if (store.isReadOnly()) {
                store.closeImmediately();
                throw new StorageException(file + " is read-only");
            }
            return MvStorage.of(store, keyspaces);
        } catch (MVStoreException e) {
            boolean locked = e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED;
            throw new StorageException(locked ? "another broker uses " + file : MvStorage.message(e), e);
        }
    }
}
