package org.ternmq.broker.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/**
 * One listener.
 *
 * @param name unique; in logs, metrics and {@code ClientInfo.listener}
 * @param bind where it listens
 * @param mode who may use it, if it is a Unix domain socket
 * @param tls if it speaks TLS
 * @param websocket if it speaks WebSocket
 * @param proxyProtocol if it stands behind proxies that tell where clients are
 * @param maxConnections connections of this listener at once; 0 for no limit of its own
 * @param versions the protocol versions it speaks, at least one
 * @param maxPacketSize in place of that of {@link Limits}
 * @param connectTimeout in place of that of {@link Limits}
 * @param place where it is written
 */
public record ListenerConfig(
        String name,
        ListenAddress bind,
        Optional<SocketMode> mode,
        Optional<TlsConfig> tls,
        Optional<WebSocketConfig> websocket,
        Optional<ProxyProtocolConfig> proxyProtocol,
        @Default("0") @Rules.Range(max = Integer.MAX_VALUE) int maxConnections,
        @Default("[3.1, 3.1.1, 5.0]") List<MqttVersion> versions,

        @Rules.Range(min = 64, max = 268_435_460) Optional<DataSize> maxPacketSize,

        @Rules.Range(min = 1, max = 3_600_000) Optional<Duration> connectTimeout,
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
        if (mode.isPresent() && bind instanceof BindAddress) {
            throw new ConfigurationException("mode is for Unix domain sockets (bind: \"unix:/path\") only");
        }
        if (proxyProtocol.isPresent() && bind instanceof SocketPath) {
            throw new ConfigurationException("proxy-protocol is not for Unix domain sockets");
        }
        versions = List.copyOf(versions);
    }

    /**
     * Whether clients on other machines can come in by it: directly, or through a proxy on this machine that says where they
     * are.
     */
    public boolean isReachableFromElsewhere() {
        return !bind.isLoopback() || proxyProtocol.isPresent();
    }

    /** Whether certificates of clients say who they are. */
    public boolean takesUsersFromCertificates() {
        return tls.isPresent() && tls.get().userName() != TlsConfig.UserName.NONE;
    }
}
