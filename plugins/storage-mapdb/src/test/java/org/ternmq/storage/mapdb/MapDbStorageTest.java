package org.ternmq.storage.mapdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
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
        return Map.of("memory", "4MiB");
    }

    @Override
    protected Optional<Path> newestFile(Path data) throws IOException {
        return Optional.of(new Folder(data).logs().lastEntry().getValue());
    }

    @Override
    protected boolean makeForeign(Path data) throws IOException {
        Path generation = new Folder(data).generations().lastEntry().getValue();
        Files.writeString(generation, Files.readString(generation).replace("format 1", "format 2"));
        return true;
    }

    @Override
    protected long restingBytes() {
        return 24L << 20; // two generations of tables at times, and a log of 4 MiB
    }
}
