package org.ternmq.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.ternmq.spi.PluginContext;

/**
 * The surroundings of one plugin instance in a test. Its files are below one folder, which the test owns and removes; use JUnit's
 * {@code @TempDir}.
 *
 * <p>The settings are a map as YAML would give it: keys in kebab-case; strings, numbers, booleans, lists and maps. They are
 * bound as strictly as the broker binds them.
 */
public final class TestPluginContext implements PluginContext, AutoCloseable {
    private final String name;
    private final Path folder;
    private final Map<String, ?> settings;
    private final TestClock clock = new TestClock();
    private final ScheduledExecutorService executor;
    private final Queue<Revoked> revoked = new ConcurrentLinkedQueue<>();

    /**
     * Surroundings with settings.
     *
     * @param name the instance's name
     * @param folder an existing folder: relative paths of the settings are relative to it, and the data folder is in it
     * @param settings the block of the configuration, without {@code type} and {@code name}
     */
    public TestPluginContext(String name, Path folder, Map<String, ?> settings) {
        this.name = name;
        this.folder = folder.toAbsolutePath().normalize();
        this.settings = Map.copyOf(settings);
        this.executor = Executors.newScheduledThreadPool(1, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Surroundings without settings.
     *
     * @param folder an existing folder
     */
    public TestPluginContext(Path folder) {
        this("test", folder, Map.of());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public <R extends Record> R config(Class<R> type) {
        return new SettingsBinder(this::resolve).bind(type, settings);
    }

    @Override
    public Path dataDirectory() {
        Path data = folder.resolve("data");
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] mode = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                }
                : new FileAttribute<?>[0];
        try {
            return Files.createDirectories(data, mode);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Path resolve(String path) {
        return folder.resolve(path).normalize();
    }

    @Override
    public ScheduledExecutorService executor() {
        return executor;
    }

    @Override
    public TestClock clock() {
        return clock;
    }

    /**
     * One call of {@link #revoke}.
     *
     * @param usernames the names
     * @param endSessions whether their sessions end
     */
    public record Revoked(Set<String> usernames, boolean endSessions) {
        /** Copies the names. */
        public Revoked {
            usernames = Set.copyOf(usernames);
        }
    }

    @Override
    public void revoke(Set<String> usernames, boolean endSessions) {
        revoked.add(new Revoked(usernames, endSessions));
    }

    /**
     * What the plugin has revoked so far.
     *
     * @return in the order of the calls
     */
    public List<Revoked> revoked() {
        return List.copyOf(revoked);
    }

    @Override
    public String brokerVersion() {
        return "0.0.0-test";
    }

    /** Ends the executor. */
    @Override
    public void close() {
        executor.shutdownNow();
    }
}
