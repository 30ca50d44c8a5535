package org.ternmq.broker.config;

import java.util.List;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.spi.Default;

/**
 * One listener.
 *
 * @param name unique; in logs, metrics and {@code ClientInfo.listener}
 * @param bind where it listens
 * @param maxConnections connections of this listener at once; 0 for no limit of its own
 * @param versions the protocol versions it speaks, at least one
 * @param place where it is written
 */
@Rules.Unavailable({"tls", "websocket"})
public record ListenerConfig(
        String name,
        BindAddress bind,
        @Default("0") @Rules.Range(max = Integer.MAX_VALUE) int maxConnections,
        @Default("[3.1, 3.1.1, 5.0]") List<MqttVersion> versions,
        Place place) {
    /** Checks what a key alone cannot. */
    public ListenerConfig {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
            throw new IllegalArgumentException(
                    "a name has letters, digits, '.', '_' and '-' and begins with a letter or digit, found '" + name
                            + "'");
        }
        if (versions.isEmpty()) {
            throw new IllegalArgumentException("versions must name at least one of 3.1, 3.1.1 and 5.0");
        }
        versions = List.copyOf(versions);
    }
}
