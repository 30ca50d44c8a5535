package org.ternmq.broker.control;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.ternmq.broker.bridge.BridgeStatus;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.connection.Guard;
import org.ternmq.broker.journal.DumpException;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.plugin.InstanceContext;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.security.Bans;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.broker.shard.Shards;
import org.ternmq.broker.transport.Listener;
import org.ternmq.spi.control.ReloadView;

/**
 * The parts of a broker that has started.
 *
 * @param config what it was told
 * @param plugins the installed plugins
 * @param contexts of the instances that run
 * @param data the data folder
 * @param clock tells the time
 * @param metrics the counters
 * @param events takes what has happened
 * @param journal writes to it
 * @param router has subscriptions and retained messages
 * @param shards the loops
 * @param registry the sessions
 * @param bans who is banned
 * @param guard holds off floods
 * @param listeners the open ports
 * @param ready whether clients are taken
 * @param stalled what does not go on, for too long
 * @param reload re-reads files, as SIGHUP has it done; blocks
 * @param renew replaces an instance of a plugin; blocks
 * @param bridges how the bridges are
 * @param backup copies the store; blocks
 */
public record Parts(
        BrokerConfig config,
        PluginHost plugins,
        Supplier<List<InstanceContext>> contexts,
        Path data,
        Clock clock,
        Metrics metrics,
        Events events,
        Journal journal,
        Router router,
        Shards shards,
        SessionRegistry registry,
        Bans bans,
        Guard guard,
        List<Listener> listeners,
        BooleanSupplier ready,
        Supplier<List<String>> stalled,
        BooleanSupplier reload,
        Function<String, ReloadView> renew,
        Supplier<List<BridgeStatus>> bridges,
        Backup backup) {
    /** Copies the store. */
    public interface Backup {
        /**
         * Into a new folder.
         *
         * @throws DumpException if it cannot be made, in words
         */
        void to(Path folder) throws DumpException;
    }
}
