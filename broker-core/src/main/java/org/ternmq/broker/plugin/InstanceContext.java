package org.ternmq.broker.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Version;
import org.ternmq.spi.PluginContext;

/** What one configured instance of a plugin is handed. Safe for use by several threads; closed after the instance. */
public final class InstanceContext implements PluginContext, AutoCloseable {
    private final PluginBlock block;
    private final Path data;
    private final Clock clock;
    private final InstanceExecutor executor;
    private final String version;
    private volatile Revocation revocation = (usernames, endSessions) -> {};

    /** Takes what {@link #revoke} is told. */
    public interface Revocation {
        /** Never blocks; any thread. */
        void revoke(Set<String> usernames, boolean endSessions);
    }

    InstanceContext(PluginBlock block, Path data, Clock clock, ClassLoader loader) {
        this.block = block;
        this.data = data;
        this.clock = clock;
        this.executor = new InstanceExecutor(block.name(), loader);
        this.version = Version.current().broker();
    }

    @Override
    public String name() {
        return block.name();
    }

    @Override
    public <R extends Record> R config(Class<R> type) {
        return block.bind(type);
    }

    @Override
    public Path dataDirectory() {
        Path folder = data.toAbsolutePath().resolve(block.folder());
        try {
            if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + folder, e);
        }
        return folder;
    }

    @Override
    public Path resolve(String path) {
        return block.resolve(path);
    }

    @Override
    public ScheduledExecutorService executor() {
        return executor;
    }

    @Override
    public Clock clock() {
        return clock;
    }

    /** From now on users are revoked there; before, nobody can be connected. */
    public void onRevoke(Revocation there) {
        revocation = there;
    }

    @Override
    public void revoke(Set<String> usernames, boolean endSessions) {
        revocation.revoke(Set.copyOf(usernames), endSessions);
    }

    @Override
    public String brokerVersion() {
        return version;
    }

    /** Tasks of its executor that threw, so far. */
    public long failedTasks() {
        return executor.failures();
    }

    /** Shuts the executor down. */
    @Override
    public void close() {
        executor.end();
    }
}
