package org.ternmq.broker.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What plugins are run from: a copy of each under the hash of its content, so that a file in the plugins folder can be
 * replaced while its classes are in use. Zips are unpacked there. Owner: the thread that loads plugins.
 */
final class PluginCopies implements AutoCloseable {
    private static final long MOST_BYTES = 1L << 30;
    private static final int MOST_FILES = 50_000;
    private static final String PARTIAL = "new-";

    /**
     * A plugin as it is run.
     *
     * @param at a jar or a folder
     * @param hash of the content, in hexadecimal digits; or what else it is known again by
     */
    record Copy(Path at, String hash) {}

    private interface Source {
        InputStream open() throws IOException;
    }

    private record Piece(String name, long size, long crc, Source source) {}

    private final Path folder;
    private final boolean temporary;
    private final boolean isFirst;

    private PluginCopies(Path folder, boolean temporary, boolean isFirst) {
        this.folder = folder;
        this.temporary = temporary;
        this.isFirst = isFirst;
    }

    /** Copies that stay, below the data folder. */
    static PluginCopies below(Path data) throws IOException {
        boolean isFirst = !Files.exists(data);
        privateFolder(data.toAbsolutePath());
        return new PluginCopies(privateFolder(data.toAbsolutePath().resolve("plugins")), false, isFirst);
    }

    /** For a look: zips are unpacked into a folder that goes when this is closed, all else is used where it is. */
    static PluginCopies temporary() throws IOException {
        return new PluginCopies(Files.createTempDirectory("ternmq-plugins"), true, false);
    }

    /** Makes a folder, and those above it, that nobody but the owner of the process may look into. */
    static Path privateFolder(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        return Files.createDirectories(folder);
    }

    /**
     * The copy of a jar, folder or zip; made if it is not there or not whole.
     *
     * @throws IOException if it cannot be read or written, or is a zip that must not be unpacked; the message is for people
     */
    Copy of(Path installed) throws IOException {
        if (temporary && !PluginFiles.isZip(installed)) {
            if (Files.isDirectory(installed)) {
                tree(installed); // what stops a copy is to be said here too
            }
            return inPlace(installed);
        }
        if (!PluginFiles.isZip(installed)) {
            boolean isFolder = Files.isDirectory(installed);
            List<Piece> pieces = isFolder ? tree(installed) : List.of(file(installed, "plugin.jar"));
            String hash = hash(pieces);
            Path copy = copy(pieces, hash);
            return new Copy(isFolder ? copy : copy.resolve("plugin.jar"), hash);
        }
        String hash = hash(List.of(file(installed, "plugin.zip")));
        try (ZipFile zip = new ZipFile(installed.toFile())) {
            return new Copy(copy(entries(zip), hash), hash);
        }
    }

    /** What is run from where it lies: known again by size and time, as a hash of it would take too long. */
    static Copy inPlace(Path installed) throws IOException {
        long time = Files.getLastModifiedTime(installed).toMillis();
        return new Copy(installed, "in place, " + Files.size(installed) + " bytes, " + time);
    }

    private static Piece file(Path path, String name) throws IOException {
        return new Piece(name, Files.size(path), -1, () -> Files.newInputStream(path));
    }

    private static List<Piece> tree(Path root) throws IOException {
        List<Piece> pieces = new ArrayList<>();
        try (Stream<Path> all = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
            for (Path path : all.filter(Files::isRegularFile).sorted().toList()) {
                pieces.add(file(path, root.relativize(path).toString()));
            }
        } catch (java.io.UncheckedIOException e) {
            if (e.getCause() instanceof FileSystemLoopException loop) {
                throw new IOException("has the link " + loop.getMessage() + ", which leads in a circle", e);
            }
            throw e.getCause();
        }
        return pieces;
    }

    private static List<Piece> entries(ZipFile zip) throws IOException {
        List<Piece> pieces = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>();
        long bytes = 0;
        for (ZipEntry entry : zip.stream().toList()) {
            String name = entry.getName();
            if (leadsOut(name)) {
                throw new IOException(
                        "has the entry '" + name + "', which would be written outside the plugin's folder");
            }
            if (entry.isDirectory()) {
                continue;
            }
            if (!names.add(name)) {
                throw new IOException("has the entry '" + name + "' twice");
            }
            bytes += Math.max(0, entry.getSize());
            pieces.add(new Piece(name, entry.getSize(), entry.getCrc(), () -> zip.getInputStream(entry)));
        }
        if (bytes > MOST_BYTES || pieces.size() > MOST_FILES) {
            throw new IOException("is too large: " + pieces.size() + " files, " + (bytes >> 20) + " MiB unpacked");
        }
        return pieces;
    }

    private static boolean leadsOut(String name) {
        return name.startsWith("/")
                || name.indexOf('\\') >= 0
                || name.indexOf(':') >= 0
                || name.indexOf('\0') >= 0
                || List.of(name.split("/", -1)).contains("..");
    }

    private static String hash(List<Piece> pieces) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        for (Piece piece : pieces) {
            digest.update((piece.name() + '\0' + piece.size() + '\0').getBytes(StandardCharsets.UTF_8));
            try (InputStream in = new DigestInputStream(piece.source().open(), digest)) {
                in.transferTo(java.io.OutputStream.nullOutputStream());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private Path copy(List<Piece> pieces, String hash) throws IOException {
        Path whole = folder.resolve(hash);
        if (isWhole(whole, pieces)) {
            return whole;
        }
        Path partial = Files.createTempDirectory(folder, PARTIAL);
        try {
            for (Piece piece : pieces) {
                write(piece, partial.resolve(piece.name()));
            }
            delete(whole);
            Files.move(partial, whole, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            delete(partial);
            throw e;
        }
        return whole;
    }

    private static boolean isWhole(Path copy, List<Piece> pieces) throws IOException {
        for (Piece piece : pieces) {
            Path file = copy.resolve(piece.name());
            if (!Files.isRegularFile(file) || Files.size(file) != piece.size()) {
                return false;
            }
        }
        return Files.isDirectory(copy);
    }

    private static void write(Piece piece, Path to) throws IOException {
        Path parent = to.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        try (CheckedInputStream in = new CheckedInputStream(piece.source().open(), new CRC32())) {
            Files.copy(in, to);
            if (piece.crc() != -1 && piece.crc() != in.getChecksum().getValue()) {
                throw new IOException("is damaged at " + piece.name() + ": the checksum is wrong");
            }
        }
    }

    /** Removes the copies of what is installed no more. To be called when no other broker can have the data folder. */
    void removeAllBut(Set<String> hashes) throws IOException {
        for (Path each : PluginFiles.list(folder)) {
            String name = PluginFiles.name(each);
            if (!hashes.contains(name) && (name.startsWith(PARTIAL) || name.matches("[0-9a-f]{64}"))) {
                delete(each);
            }
        }
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

    /** Removes the data folder again, if it was made for these copies and nothing else has come into it. */
    void forget() throws IOException {
        Path data = folder.getParent();
        if (isFirst && data != null) {
            delete(folder);
            if (PluginFiles.list(data).isEmpty()) {
                Files.deleteIfExists(data);
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (temporary) {
            delete(folder);
        }
    }
}
