package org.ternmq.storage.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.StorageException;

/** The column families by the names of their keyspaces; owns the handles. */
final class RocksDbFamilies implements AutoCloseable {
    private final List<ColumnFamilyHandle> handles;
    private final Map<String, ColumnFamilyHandle> byName = new HashMap<>();

    RocksDbFamilies(List<ColumnFamilyHandle> handles) throws RocksDBException {
        this.handles = List.copyOf(handles);
        for (ColumnFamilyHandle handle : handles) {
            byName.put(new String(handle.getName(), UTF_8), handle);
        }
    }

    ColumnFamilyHandle of(Keyspace<?, ?> space) {
        ColumnFamilyHandle handle = byName.get(space.name());
        if (handle == null) {
            throw new StorageException("keyspace " + space + " was not named when the store was opened");
        }
        return handle;
    }

    List<ColumnFamilyHandle> all() {
        return handles;
    }

    @Override
    public void close() {
        handles.forEach(ColumnFamilyHandle::close);
    }
}
