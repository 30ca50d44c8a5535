package example;

import org.ternmq.spi.StorageFactory;
import org.ternmq.testkit.StorageConformance;

class MvStorageTest extends StorageConformance {
    @Override
    protected StorageFactory factory() {
        return new MvStorageFactory();
    }

    @Override
    protected long restingBytes() {
        return 64L << 20;
    }
}
