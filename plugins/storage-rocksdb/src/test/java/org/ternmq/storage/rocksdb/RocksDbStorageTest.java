package org.ternmq.storage.rocksdb;

import org.ternmq.spi.StorageFactory;
import org.ternmq.testkit.StorageConformance;

final class RocksDbStorageTest extends StorageConformance {
    @Override
    protected StorageFactory factory() {
        return new RocksDbStorageFactory();
    }
}
