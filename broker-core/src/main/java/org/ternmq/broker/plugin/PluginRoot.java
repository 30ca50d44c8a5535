package org.ternmq.broker.plugin;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/** One part of a plugin's class path, opened to be looked at: a jar or a folder. */
sealed interface PluginRoot extends Closeable {
    /** Opens it; a jar is opened as far as its list of contents. */
    static PluginRoot open(Path path) throws IOException {
        return Files.isDirectory(path) ? new OfFolder(path) : new OfJar(new JarFile(path.toFile()));
    }

    /** The names of all files in it, with slashes. */
    List<String> names() throws IOException;

    boolean has(String name);

    /** A file that is there. */
    InputStream read(String name) throws IOException;

    /** Reads a file to its end, which finds damage. */
    void check(String name) throws IOException;

    /** A jar. */
    record OfJar(JarFile jar) implements PluginRoot {
        @Override
        public List<String> names() {
            return jar.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(JarEntry::getName)
                    .toList();
        }

        @Override
        public boolean has(String name) {
            return jar.getJarEntry(name) != null;
        }

        @Override
        public InputStream read(String name) throws IOException {
            return jar.getInputStream(jar.getJarEntry(name));
        }

        @Override
        public void check(String name) throws IOException {
            JarEntry entry = jar.getJarEntry(name);
            try (CheckedInputStream in = new CheckedInputStream(jar.getInputStream(entry), new CRC32())) {
                in.transferTo(OutputStream.nullOutputStream());
                if (entry.getCrc() != -1 && entry.getCrc() != in.getChecksum().getValue()) { // JarFile does not look
                    throw new IOException("the checksum is wrong");
                }
            }
        }

        @Override
        public void close() throws IOException {
            jar.close();
        }
    }

    /** A folder. */
    record OfFolder(Path folder) implements PluginRoot {
        @Override
        public List<String> names() throws IOException {
            try (Stream<Path> all = Files.walk(folder)) {
                return all.filter(Files::isRegularFile)
                        .map(file -> folder.relativize(file).toString().replace(File.separatorChar, '/'))
                        .sorted()
                        .toList();
            }
        }

        @Override
        public boolean has(String name) {
            return Files.isRegularFile(folder.resolve(name));
        }

        @Override
        public InputStream read(String name) throws IOException {
            return Files.newInputStream(folder.resolve(name));
        }

        @Override
        public void check(String name) throws IOException {
            try (InputStream in = read(name)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
        }

        @Override
        public void close() {
            // nothing is open
        }
    }
}
