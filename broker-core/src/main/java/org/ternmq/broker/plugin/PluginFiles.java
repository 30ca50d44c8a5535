package org.ternmq.broker.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The class path of one plugin: a jar, or a folder with classes or a jar and what is in its {@code lib/}.
 *
 * @param main the jar or folder that has the manifest and the extensions
 * @param libraries jars behind it, by name
 */
record PluginFiles(Path main, List<Path> libraries) {
    private static final String CLASSES = "classes";
    private static final String LIB = "lib";
    private static final String MANIFEST = "META-INF/MANIFEST.MF";

    PluginFiles {
        libraries = List.copyOf(libraries);
    }

    /** Whether something in the plugins folder is meant to be a plugin: all but hidden files and those of other kinds. */
    static boolean isMeant(Path path) {
        return !name(path).startsWith(".") && (isJar(path) || isZip(path) || Files.isDirectory(path));
    }

    static boolean isJar(Path path) {
        return name(path).toLowerCase(Locale.ROOT).endsWith(".jar") && !Files.isDirectory(path);
    }

    static boolean isZip(Path path) {
        return name(path).toLowerCase(Locale.ROOT).endsWith(".zip") && !Files.isDirectory(path);
    }

    static String name(Path path) {
        return String.valueOf(path.getFileName());
    }

    /** All files of the class path, in order. */
    List<Path> all() {
        List<Path> all = new ArrayList<>();
        all.add(main);
        all.addAll(libraries);
        return all;
    }

    /**
     * Finds out how a plugin is laid out.
     *
     * @param at a jar, or a folder
     * @param problems takes what is wrong with the layout
     * @return empty if something is wrong
     * @throws IOException if a folder cannot be read
     */
    static Optional<PluginFiles> of(Path at, List<String> problems) throws IOException {
        if (!Files.isDirectory(at)) {
            return Optional.of(new PluginFiles(at, List.of()));
        }
        List<Path> inside = list(at);
        if (inside.size() == 1
                && Files.isDirectory(inside.get(0))
                && !List.of(CLASSES, LIB, "META-INF").contains(name(inside.get(0)))) {
            return of(inside.get(0), problems); // as archives have it: all in one folder
        }
        Path lib = at.resolve(LIB);
        List<Path> libraries = Files.isDirectory(lib)
                ? list(lib).stream().filter(PluginFiles::isJar).toList()
                : List.of();
        if (Files.exists(lib) && !Files.isDirectory(lib)) {
            problems.add("has lib, which is not a folder");
            return Optional.empty();
        }
        List<Path> mains =
                new ArrayList<>(inside.stream().filter(PluginFiles::isJar).toList());
        if (Files.isDirectory(at.resolve(CLASSES))) {
            mains.add(at.resolve(CLASSES));
        }
        if (Files.exists(at.resolve(MANIFEST)) && mains.isEmpty()) {
            mains.add(at);
        }
        if (mains.size() == 1) {
            return Optional.of(new PluginFiles(mains.get(0), libraries));
        }
        problems.add(
                mains.isEmpty()
                        ? "is a folder with neither a jar nor classes/ nor " + MANIFEST
                                + ": a plugin is one of these, its libraries in lib/"
                        : "has more than one of what a plugin has one of ("
                                + String.join(
                                        ", ",
                                        mains.stream().map(PluginFiles::name).toList())
                                + "): put libraries into lib/");
        return Optional.empty();
    }

    /** What is in a folder, by name, but for hidden files. */
    static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !name(file).startsWith(".")).sorted().toList();
        }
    }
}
