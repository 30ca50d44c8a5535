package org.ternmq.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Folders with all that is in them. */
final class Trees {
    private Trees() {}

    static void delete(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    /** The same files in another folder of the same file system, without copying their contents. */
    static void link(Path from, Path to) throws IOException {
        for (Path path : walk(from)) {
            Path copy = to.resolve(from.relativize(path));
            if (Files.isDirectory(path)) {
                Files.createDirectories(copy);
            } else {
                Files.createLink(copy, path);
            }
        }
    }

    /** Every path with its size and the time of its last change. */
    static Map<String, String> snapshot(Path tree) throws IOException {
        Map<String, String> found = new TreeMap<>();
        for (Path path : walk(tree)) {
            String state =
                    Files.isDirectory(path) ? "folder" : Files.size(path) + " " + Files.getLastModifiedTime(path);
            found.put(tree.relativize(path).toString(), state);
        }
        return found;
    }

    /** All but the data folder at its top, which is whoever's runs the tree. */
    private static List<Path> walk(Path tree) {
        Path data = tree.resolve("data");
        try (Stream<Path> all = Files.walk(tree)) {
            return all.filter(p -> !p.startsWith(data)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
