package org.ternmq.embedded;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.ternmq.broker.config.BindAddress;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.ConfigSource;
import org.ternmq.broker.config.ListenerConfig;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.transport.Listener;

/**
 * Reads what the builder was told, with the defaults of an embedded broker: a port that the system chooses, and a storage in
 * memory unless there is a folder to keep data in. Used by one thread at a time.
 */
final class EmbeddedConfig {
    private static final String DEFAULT = "default";

    private final EmbeddedBroker.Builder told;
    /** The ports that the system chose, by the number of the listener: a broker that is started again keeps them. */
    private final TreeMap<Integer, String> chosen = new TreeMap<>();

    EmbeddedConfig(EmbeddedBroker.Builder told) {
        this.told = told;
    }

    /** As {@link BrokerConfig#load}. */
    BrokerConfig read(Problems problems) {
        List<String> sets = new ArrayList<>();
        ConfigSource written = source(told.settings, new Problems());
        if (written.place().at("listeners").origin().source().equals(DEFAULT)) {
            sets.add("listeners[0].bind=127.0.0.1:" + told.port);
        }
        if (told.data.isEmpty() && !written.place().at("storage").has("type")) {
            sets.add("storage.type=memory");
        }
        sets.addAll(told.settings);
        sets.addAll(chosen.values());
        return BrokerConfig.load(source(sets, problems), problems);
    }

    private ConfigSource source(List<String> sets, Problems problems) {
        return ConfigSource.of("yaml", told.yaml, Path.of(""), sets, System.getenv(), problems);
    }

    /** Keeps the ports that the system chose for these. */
    void keepPorts(BrokerConfig config, List<Listener> open) {
        for (int i = 0; i < open.size(); i++) {
            ListenerConfig listener = config.listeners().get(i);
            if (listener.bind() instanceof BindAddress bind && bind.port() == 0) {
                int port = open.get(i).address().getPort();
                chosen.put(i, "listeners[" + i + "].bind=" + new BindAddress(bind.host(), port));
            }
        }
    }
}
