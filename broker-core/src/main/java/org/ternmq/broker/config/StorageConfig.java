package org.ternmq.broker.config;

import java.time.Duration;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;
import org.ternmq.spi.Storage;

/**
 * Where sessions and messages are kept.
 *
 * @param plugin the block as its plugin sees it
 * @param durability what an acknowledged message outlives
 * @param onCorrupt what happens to a record that cannot be read
 * @param minFree bytes of its disk that are to stay free; with less, messages that would be stored are refused; 0 to go on
 * @param diskCheck how often the disk is looked at
 * @param place where it is written
 */
public record StorageConfig(
        @Rules.Rest(type = "rocksdb") PluginBlock plugin,
        @Default("process") Storage.Durability durability,
        @Default("quarantine") OnCorrupt onCorrupt,
        @Default("256MiB") @Rules.Range DataSize minFree,

        @Default("1s") @Rules.Range(min = 10, max = 3_600_000)
        Duration diskCheck,

        Place place) {
    /** What happens to a record that cannot be read. */
    public enum OnCorrupt {
        /** The broker does not start. */
        FAIL,
        /** It is written to a side file and reported, and the broker starts with the rest. */
        QUARANTINE
    }
}
