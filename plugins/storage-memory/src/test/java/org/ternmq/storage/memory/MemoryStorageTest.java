package org.ternmq.storage.memory;

import org.ternmq.spi.StorageFactory;
import org.ternmq.testkit.StorageConformance;

final class MemoryStorageTest extends StorageConformance {
    @Override
    protected StorageFactory factory() {
        return new MemoryStorageFactory();
    }

    @Override
    protected boolean storesBytes() {
        return false;
    }
}
