package org.ternmq.storage.rocksdb;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.TablePropertiesCollectorFactory;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBufferManager;

/** How the store is set up, and the owner of the native objects that say so. They must outlive the store. */
final class RocksDbOptions implements AutoCloseable {
    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;

    /** A table of which half is deletions is merged down at once; windows smaller than this are not looked at. */
    private static final int DELETION_WINDOW = 1024;

    private static final double DELETION_RATIO = 0.5;
    private static final int RANGE_DELETIONS = 256;
    private static final int BLOOM_BITS_PER_KEY = 10;

    private final Deque<AbstractNativeReference> owned = new ArrayDeque<>();
    private final LRUCache cache;
    private final DBOptions database;
    private final DBOptions strict;
    private final ColumnFamilyOptions family;

    RocksDbOptions(RocksDbSettings settings, CompressionType compression) {
        long memory = settings.memory().bytes();
        // One budget: what the write buffers take is charged to the cache, so that it gives way to them.
        cache = own(new LRUCache(memory, 2));
        WriteBufferManager writeBuffers = own(new WriteBufferManager(memory / 2, cache));
        Options options = own(new Options());
        boolean made = false;
        try {
            setUpDatabase(options, writeBuffers, memory);
            setUpFamilies(options, cache, memory, compression);
            database = own(new DBOptions(options));
            strict = own(new DBOptions(database)).setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords);
            family = own(new ColumnFamilyOptions(options));
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    private static void setUpDatabase(Options options, WriteBufferManager writeBuffers, long memory) {
        options.setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setParanoidChecks(true)
                .setWriteBufferManager(writeBuffers)
                // Off: when a write returns, write(2) has been called. It outlives the process, if not the system.
                .setManualWalFlush(false)
                // Of a torn or damaged log, what stands before that place and nothing behind it, newer logs included: a
                // prefix of the groups, never a hole. RocksDbOpener looks for damage before, by the strict options.
                .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
                // Bounds the space, and the time of a start after a crash, by writing out families that lag behind.
                .setMaxTotalWalSize(memory)
                .setMaxManifestFileSize(4 * MIB)
                .setManifestPreallocationSize(64 * KIB)
                .setMaxOpenFiles(256)
                .setMaxBackgroundJobs(2)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setMaxLogFileSize(MIB)
                .setKeepLogFileNum(3) // a start after a crash makes two
                .setStatsDumpPeriodSec(0)
                .setStatsPersistPeriodSec(0);
    }

    private void setUpFamilies(Options options, LRUCache cache, long memory, CompressionType compression) {
        long writeBuffer = Math.max(MIB, memory / 8);
        options.setWriteBufferSize(writeBuffer)
                .setArenaBlockSize(64 * KIB) // most of the families stay small
                .setTargetFileSizeBase(2 * writeBuffer)
                .setMaxBytesForLevelBase(8 * writeBuffer)
                .setLevelCompactionDynamicLevelBytes(true)
                .setCompressionType(compression)
                // RocksDbGroup says what they cost. A memtable with so many is written out.
                .setMemtableMaxRangeDeletions(RANGE_DELETIONS)
                // A queue that ran full and was drained is tables full of deletions, which hold its space and slow
                // down the next scan from its start. Such tables are merged down at once, any other after a day.
                .setTablePropertiesCollectorFactory(
                        List.of(own(TablePropertiesCollectorFactory.NewCompactOnDeletionCollectorFactory(
                                DELETION_WINDOW, (long) (DELETION_WINDOW * DELETION_RATIO), DELETION_RATIO))));
        options.setTtl(TimeUnit.DAYS.toSeconds(1));
        options.setTableFormatConfig(new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                .setFilterPolicy(own(new BloomFilter(BLOOM_BITS_PER_KEY)))
                .setOptimizeFiltersForMemory(true)
                .setFormatVersion(5));
    }

    /** What the memory is spent on. */
    LRUCache cache() {
        return cache;
    }

    /** For the store. */
    DBOptions database() {
        return database;
    }

    /** For a look at the store that accepts a log that ends too early, and no other damage. */
    DBOptions strict() {
        return strict;
    }

    /** For every keyspace. */
    ColumnFamilyOptions family() {
        return family;
    }

    private <T extends AbstractNativeReference> T own(T reference) {
        owned.push(reference);
        return reference;
    }

    @Override
    public void close() {
        while (!owned.isEmpty()) {
            owned.pop().close();
        }
    }
}
