package org.ternmq.broker.config;

import org.ternmq.spi.Default;
import org.ternmq.spi.Storage;

/**
 * Where sessions and messages are kept.
 *
 * @param plugin the block as its plugin sees it
 * @param durability what an acknowledged message outlives
 * @param onCorrupt what happens to a record that cannot be read
 * @param place where it is written
 */
public record StorageConfig(
        @Rules.Rest(type = "rocksdb") PluginBlock plugin,
        @Default("process") Storage.Durability durability,
        @Default("quarantine") OnCorrupt onCorrupt,
        Place place) {
    /** What happens to a record that cannot be read. */
    public enum OnCorrupt {
        /** The broker does not start. */
        FAIL,
        /** It is written to a side file and reported, and the broker starts with the rest. */
        QUARANTINE
    }
}
