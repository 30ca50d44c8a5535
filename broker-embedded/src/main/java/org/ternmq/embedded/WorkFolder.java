package org.ternmq.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A temporary folder of one embedded broker. Used by one thread at a time. */
final class WorkFolder implements AutoCloseable {
    private final Path folder;

    WorkFolder() {
        try {
            folder = Files.createTempDirectory("ternmq-embedded-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For the data of a broker that was given no folder. */
    Path data() {
        return folder.resolve("data");
    }

    /** A plugins folder with these jars, and nothing else. */
    Path plugins(List<Path> jars) throws IOException {
        Path plugins = folder.resolve("plugins");
        delete(plugins);
        Files.createDirectories(plugins);
        for (int i = 0; i < jars.size(); i++) {
            // Two jars of the same name are two plugins.
            Files.copy(jars.get(i), plugins.resolve(i + "-" + jars.get(i).getFileName()));
        }
        return plugins;
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    /** Removes it with all that is in it. */
    @Override
    public void close() {
        try {
            delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("the temporary folder " + folder + " cannot be removed", e);
        }
    }
}
