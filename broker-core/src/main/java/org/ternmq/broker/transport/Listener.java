package org.ternmq.broker.transport;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.ListenerConfig;
import org.ternmq.broker.connection.Connection;
import org.ternmq.spi.control.ListenerView;

/** An open port or socket. Safe for use by all threads. */
public final class Listener {
    private final ListenerConfig config;
    private final Channel channel;
    private final Optional<Tls> tls;
    private final @Nullable UnixSocket socket;
    private final Set<Connection> connections;

    Listener(
            ListenerConfig config,
            Channel channel,
            Optional<Tls> tls,
            @Nullable UnixSocket socket,
            Set<Connection> connections) {
        this.config = config;
        this.channel = channel;
        this.tls = tls;
        this.socket = socket;
        this.connections = connections;
    }

    /** Its name in the configuration. */
    public String name() {
        return config.name();
    }

    /**
     * The address it has, with the port the system chose where the configuration says 0; an unresolved one if it is a Unix
     * domain socket.
     */
    public InetSocketAddress address() {
        return channel.localAddress() instanceof InetSocketAddress address
                ? address
                : InetSocketAddress.createUnresolved("unix", 0);
    }

    /**
     * Has connections to come use the certificate that its files have now; those that are open keep theirs. Files that cannot
     * be used leave the old certificate in force. Blocks.
     *
     * @return false if there are files and they cannot be used
     */
    public boolean reload() {
        return tls.map(Tls::reload).orElse(true);
    }

    /** Takes no more connections; those that are open stay. Blocks until it is closed. */
    public void close() {
        channel.close().awaitUninterruptibly();
        if (socket != null) {
            socket.remove();
        }
    }

    /** The connections that came by it and are open, as they come and go. */
    public Set<Connection> connections() {
        return Collections.unmodifiableSet(connections);
    }

    /** What operators see of it. */
    public ListenerView view() {
        String text = toString();
        return new ListenerView(
                name(),
                text.substring(name().length() + 1),
                tls.isPresent(),
                config.websocket().isPresent(),
                connections.size());
    }

    /** Its name and where it is: {@code mqtt=127.0.0.1:1883}, {@code web=wss://0.0.0.0:8884/mqtt}, {@code local=unix:/path}. */
    @Override
    public String toString() {
        String path = config.websocket().map(web -> web.path()).orElse("");
        if (socket != null) {
            return name() + "=" + config.bind();
        }
        String scheme = config.websocket().isPresent()
                ? tls.isPresent() ? "wss://" : "ws://"
                : tls.isPresent() ? "mqtts://" : "";
        String host = address().getAddress().getHostAddress();
        return name() + "=" + scheme + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":"
                + address().getPort() + path;
    }
}
