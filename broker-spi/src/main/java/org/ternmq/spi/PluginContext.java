package org.ternmq.spi;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;

/**
 * All that the broker hands to one configured instance of a plugin. Implemented by the broker; may gain methods.
 *
 * <p>All methods may be called from any thread, until the instance is closed.
 */
public interface PluginContext {
    /**
     * The name of this instance, unique in the broker: what the configuration calls it, or its type and position.
     *
     * @return the name, fit for log lines, metrics and file names
     */
    String name();

    /**
     * The instance's block of the configuration as a record.
     *
     * <p>Every component of the record is a key, its camel-case name written in kebab-case ({@code userDn} is
     * {@code user-dn}). A component of type {@link java.util.Optional}, or annotated {@link Default}, may be missing;
     * collections may be missing and are then empty; every other one is required. Components may be strings, booleans,
     * numbers, enums (kebab-case), {@link java.time.Duration} ({@code 500ms}, {@code 30s}, {@code 5m}, {@code 7d}),
     * {@link DataSize} ({@code 64KiB}), {@link Path} (relative to the configuration file), {@link java.net.URI}, lists
     * and string-keyed maps of these, and further records. An exception from the record's compact constructor is
     * reported at the line of the block.
     *
     * @param type the record's class
     * @param <R> the record
     * @return the bound record, always equal for the same instance
     * @throws ConfigurationException if a key is unknown, missing or of the wrong form; names every problem with file,
     *     line and column. Let it pass: it stops the start with this message
     */
    <R extends Record> R config(Class<R> type);

    /**
     * A folder of this instance's own, for what it has to remember. Created on the first call, mode 0700.
     *
     * @return an existing folder below the broker's data folder
     */
    Path dataDirectory();

    /**
     * A path of the configuration made absolute: relative ones are relative to the configuration file.
     *
     * @param path a path as written in the configuration
     * @return the absolute, normalised path, which need not exist
     */
    Path resolve(String path);

    /**
     * A small scheduled pool for this instance's own background work, shut down after the instance was closed. Its
     * threads carry the instance's name and the plugin's context class loader. A task that throws is logged and counted;
     * a repeated task goes on.
     *
     * @return the pool of this instance
     */
    ScheduledExecutorService executor();

    /**
     * The broker's clock. Use it instead of the system's, so that tests can turn it.
     *
     * @return a clock in UTC
     */
    Clock clock();

    /**
     * Says that users whom this instance let in are no longer who they were: removed, locked, or with another password. The
     * connections that this instance, and no other one, let in under these names get DISCONNECT 0x87 Not authorized; also
     * those of clients that it lets in at this moment by what it knew before. Call it when the new state is in force. Never
     * blocks; does nothing for instances that let nobody in.
     *
     * @param usernames the names that clients were let in under
     * @param endSessions whether their sessions end as well; else they wait for the user until they expire
     */
    void revoke(Set<String> usernames, boolean endSessions);

    /**
     * The MQTT broker's version, for messages and user agents.
     *
     * @return such as {@code 1.4.0}
     */
    String brokerVersion();
}
