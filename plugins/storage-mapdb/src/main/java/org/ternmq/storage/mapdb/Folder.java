package org.ternmq.storage.mapdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of a store: {@code generation.N}, {@code table.N.db} and {@code redo.N.log}. */
final class Folder {
    private static final Pattern GENERATION = Pattern.compile("generation\\.(\\d{1,18})");
    private static final Pattern TABLE = Pattern.compile("table\\.(\\d{1,18})\\.db");
    private static final Pattern LOG = Pattern.compile("redo\\.(\\d{1,18})\\.log");

    private final Path path;

    Folder(Path path) {
        this.path = path;
    }

    Path path() {
        return path;
    }

    Path generation(long number) {
        return path.resolve("generation." + number);
    }

    Path log(long number) {
        return path.resolve("redo." + number + ".log");
    }

    NavigableMap<Long, Path> generations() throws IOException {
        return list(GENERATION);
    }

    NavigableMap<Long, Path> tables() throws IOException {
        return list(TABLE);
    }

    NavigableMap<Long, Path> logs() throws IOException {
        return list(LOG);
    }

    private NavigableMap<Long, Path> list(Pattern names) throws IOException {
        NavigableMap<Long, Path> found = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
            for (Path file : files) {
                Matcher matcher = names.matcher(file.getFileName().toString());
                if (matcher.matches()) {
                    found.put(Long.parseLong(matcher.group(1)), file);
                }
            }
        }
        return found;
    }

    /** Makes a file that is there as a whole, on the disk, or not at all. */
    void create(Path file, byte[] content) throws IOException {
        Path unfinished = path.resolve("unfinished.tmp");
        try (FileChannel channel = FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync();
    }

    /** Has the disk keep the names of the files. */
    private void sync() {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows opens no folders, and keeps names by itself
        }
    }

    /** Removes what generation {@code number} does not need. A table that it does not name goes with its last reader. */
    void removeOlderThan(long number) throws IOException {
        remove(generations().headMap(number));
        remove(logs().headMap(number));
    }

    /** Removes some files. */
    static void remove(SortedMap<Long, Path> files) throws IOException {
        for (Path file : files.values()) {
            Files.deleteIfExists(file);
        }
    }
}
