package org.ternmq.storage.mapdb;

import java.util.Map;
import org.ternmq.spi.StorageFactory;
import org.ternmq.testkit.StorageConformance;

final class MapDbStorageTest extends StorageConformance {
    @Override
    protected StorageFactory factory() {
        return new MapDbStorageFactory();
    }

    /** So little that tables are written in every test that writes much. */
    @Override
    protected Map<String, Object> config() {
        return Map.of("memory", "1MiB");
    }
}
