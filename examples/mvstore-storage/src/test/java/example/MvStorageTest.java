package example;

import org.ternmq.spi.StorageFactory;
import org.ternmq.testkit.StorageConformance;

class MvStorageTest extends StorageConformance {
    @Override
    protected StorageFactory factory() {
        return new MvStorageFactory();
    }

    /**
     * MVStore uses the space of old versions again after 45 seconds. With a retention time of 0 the file stays small, but what
     * was acknowledged is lost at times by kill -9: losesNothingWhenKilled found that out.
     */
    @Override
    protected long restingBytes() {
        return 512L << 20;
    }
}
