package org.ternmq.storage.rocksdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.ternmq.spi.StorageFactory;
import org.ternmq.testkit.StorageConformance;

final class RocksDbStorageTest extends StorageConformance {
    @Override
    protected StorageFactory factory() {
        return new RocksDbStorageFactory();
    }

    /** So little that tables are written in tests that write much. */
    @Override
    protected Map<String, Object> config() {
        return Map.of("memory", "8MiB");
    }

    @Override
    protected Optional<Path> newestFile(Path data) throws IOException {
        try (Stream<Path> files = Files.list(data)) {
            return files.filter(file -> file.toString().endsWith(".log")).max(Comparator.naturalOrder());
        }
    }

    @Override
    protected boolean makeForeign(Path data) throws IOException {
        Path format = data.resolve("FORMAT");
        Files.writeString(format, Files.readString(format).replace("format 1", "format 2"));
        return true;
    }

    @Override
    protected long restingBytes() {
        return 48L << 20; // 17 MB of them are the native library
    }
}
