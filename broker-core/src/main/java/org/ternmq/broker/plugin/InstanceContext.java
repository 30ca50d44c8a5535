package org.ternmq.broker.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
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
    /** Called once, after the end; gives the names of threads that were left behind. */
    private final Function<InstanceContext, List<String>> closed;

    private final AtomicBoolean open = new AtomicBoolean(true);

    InstanceContext(
            PluginBlock block,
            Path data,
            Clock clock,
            ClassLoader loader,
            Function<InstanceContext, List<String>> closed) {
        this.closed = closed;
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
            return PluginCopies.privateFolder(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + folder, e);
        }
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

    /** Shuts the executor down, and takes the plugin out of memory if this was the last instance of one that was replaced. */
    @Override
    public void close() {
        end();
    }

    /**
     * As {@link #close}.
     *
     * @return the names of threads that the plugin has left behind
     */
    public List<String> end() {
        if (!open.compareAndSet(true, false)) {
            return List.of();
        }
        executor.end();
        return closed.apply(this);
    }
}
