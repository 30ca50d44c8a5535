package org.ternmq.broker.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the plugins folder: jars, folders and zips, in the order of their names. Owner: the thread that loads plugins. */
final class PluginFolder {
    private final Path folder;
    private final PluginCopies copies;

    PluginFolder(Path folder, PluginCopies copies) {
        this.folder = folder;
        this.copies = copies;
    }

    /**
     * Loads what is there.
     *
     * @param known what may be used again where nothing has changed
     * @throws IOException if the folder cannot be read
     */
    List<LoadedPlugin> load(List<LoadedPlugin> known) throws IOException {
        List<LoadedPlugin> loaded = new ArrayList<>();
        Map<String, LoadedPlugin> byId = new HashMap<>();
        for (Path path : PluginFiles.list(folder)) {
            if (PluginFiles.isMeant(path)) {
                LoadedPlugin plugin = load(path, known, byId);
                byId.putIfAbsent(plugin.id(), plugin);
                loaded.add(plugin);
            }
        }
        return loaded;
    }

    private LoadedPlugin load(Path path, List<LoadedPlugin> known, Map<String, LoadedPlugin> byId) {
        List<String> wrong = new ArrayList<>();
        PluginJar read = new PluginJar("", "", "", List.of(), List.of());
        String hash = "";
        try {
            refuseIfEverybodyMayWrite(folder);
            refuseIfEverybodyMayWrite(path);
            PluginCopies.Copy copy = isOnlyStorage(path) ? PluginCopies.inPlace(path) : copies.of(path);
            hash = copy.hash();
            Optional<PluginFiles> files = PluginFiles.of(copy.at(), wrong);
            if (files.isPresent()) {
                read = PluginJar.read(files.get());
                wrong.addAll(read.problems());
                LoadedPlugin twin = byId.get(read.id());
                if (twin != null) {
                    wrong.add(twice(read, twin));
                }
                if (wrong.isEmpty()) {
                    String content = hash;
                    Optional<LoadedPlugin> same = known.stream()
                            .filter(p -> p.isStill(content) && p.path().equals(Optional.of(path)))
                            .findFirst();
                    return same.isPresent() ? same.get() : LoadedPlugin.load(path, hash, files.get(), read);
                }
            }
        } catch (IOException e) {
            wrong.add(unreadable(path, e));
        }
        return LoadedPlugin.unusable(path, hash, read, wrong);
    }

    /** Who can write there has the broker run what they like. A group may: it is named by whoever runs the broker. */
    private static void refuseIfEverybodyMayWrite(Path path) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        if (view != null && view.readAttributes().permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException("is open to code of anybody on this machine, as everybody may write to " + path
                    + ": chmod o-w " + path);
        }
    }

    /** Storages are large, and not replaced before the broker ends: no copies of them are needed. */
    private static boolean isOnlyStorage(Path path) {
        return PluginFiles.isJar(path)
                && Files.exists(path)
                && PluginJar.offersOnly(new PluginFiles(path, List.of()), PluginKind.STORAGE);
    }

    private static String twice(PluginJar read, LoadedPlugin twin) {
        return read.version().equals(twin.version())
                ? "is plugin '" + read.id() + "' " + read.version() + " once more, which is in " + twin.file()
                        + " already: remove one of the two"
                : "is plugin '" + read.id() + "' " + read.version() + ", of which " + twin.file() + " is "
                        + twin.version() + ": remove the one that you do not want";
    }

    /** Why a plugin cannot be looked at, in words. */
    static String unreadable(Path path, IOException e) {
        if (Files.isSymbolicLink(path) && !Files.exists(path)) {
            return "is a link to nothing";
        }
        if (!Files.isReadable(path)) {
            return "cannot be read: check its owner and mode";
        }
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        if (message.startsWith("has ") || message.startsWith("is ")) {
            return message;
        }
        return PluginFiles.isZip(path)
                ? "is not a zip, or was cut off while it was copied: " + message
                : "cannot be read: " + e;
    }
}
